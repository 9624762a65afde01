{{ config(severity='warn', meta={
    'dagster': {'ref': {'name': 'res_season'}},
    'remedy': 'A control chart can allow for the season, or the catalogue say why not: control_seasonal_adjustment and '
        ~ 'its reason in seeds/measures.csv.',
}) }}
-- A measure of the force whose season is strong over three years and more (0.64, as forecast::nsdiffs takes it), and
-- whose chart neither allows for it nor says why not: the chart would call every summer a change.
select distinct
    season.measure_id,
    season.seasonal_strength,
    season.measure_id || ': ' || round(100 * season.seasonal_strength)::integer || ' % of what is not trend is season'
        as finding
from {{ ref('res_season') }} as season
inner join {{ ref('measures') }} as measures on season.measure_id = measures.measure_id
where season.area_id = 'force'
    and season.population_group = 'all'
    and season.years_without_trend >= 3
    and season.seasonal_strength >= 0.64
    and measures.control_seasonal_adjustment = 'none'
    and coalesce(measures.control_seasonal_adjustment_reason, '') = ''
