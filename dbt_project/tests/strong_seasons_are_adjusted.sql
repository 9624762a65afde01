{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'res_season'}}}) }}
-- A measure of the force whose season is strong (over three years) and whose chart is not adjusted for it: the chart
-- would call every summer a change. Adjust it, or say why not: seeds/measures.csv, control_seasonal_adjustment and
-- _reason.
select distinct
    season.measure_id,
    season.seasonal_strength
from {{ ref('res_season') }} as season
inner join {{ ref('measures') }} as measures on season.measure_id = measures.measure_id
where season.area_id = 'force'
    and season.population_group = 'all'
    and season.years >= 3
    and season.seasonal_strength >= 0.64
    and measures.control_seasonal_adjustment = 'none'
    and coalesce(measures.control_seasonal_adjustment_reason, '') = ''
