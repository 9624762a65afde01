{{ config(materialized='view') }}
-- One row per measure, peer group, area, basis and month: the area beside the others of its group (METHODS §6), with
-- funnel limits around the group's pooled value, with and without over-dispersion. Counts are held against residents.
with groups as (
    select
        peer_group,
        area_id,
        valid_from,
        valid_to
    from {{ ref('peer_groups') }}
),

residents as (
    select
        windows.period_basis,
        windows.period_month,
        population.area_id,
        avg(population.population) as residents
    from {{ ref('int_window') }} as windows
    inner join {{ ref('int_population') }} as population
        on population.months_covered = 1
        and population.period_month between windows.window_from and windows.period_month
    where windows.period_basis = 'rolling_12_months'
    group by windows.period_basis, windows.period_month, population.area_id, windows.window_months
    having count(*) = windows.window_months
),

-- What can be compared: shares and rates as they are, counts of events per 1,000 residents.
compared as (
    select
        results.measure_id,
        groups.peer_group,
        results.area_id,
        results.period_basis,
        results.period_month,
        results.source,
        ranks.rank as source_rank,
        measures.better,
        measures.interval_method in ('wilson', 'survey') as is_share,
        measures.interval_method <> 'none' as has_funnel,
        case when measures.denominator_kind is null then 1000 else measures.multiplier end as multiplier,
        case
            when measures.interval_method = 'survey'
                then results.value / measures.multiplier * results.share_of
            else results.numerator
        end as numerator,
        case
            when measures.interval_method = 'survey' then results.share_of
            when measures.denominator_kind is null then residents.residents
            else results.denominator
        end as denominator
    from {{ ref('res_source_result') }} as results
    inner join {{ ref('measures') }} as measures on results.measure_id = measures.measure_id
    inner join {{ ref('res_source_rank') }} as ranks
        on results.measure_id = ranks.measure_id and results.source = ranks.source
    inner join groups
        on results.area_id = groups.area_id
        and results.period_month >= groups.valid_from
        and results.period_month <= coalesce(groups.valid_to, results.period_month)
    left join residents
        on results.area_id = residents.area_id
        and results.period_basis = residents.period_basis
        and results.period_month = residents.period_month
    cross join {{ source('landing', 'reporting_month') }} as reporting
    where results.population_group = 'all'
        and results.period_basis = 'rolling_12_months'
        and (month(results.period_month) % 3 = 0 or results.period_month = reporting.reporting_month)
        and results.value is not null
        and not results.is_published_value
        and (measures.denominator_kind is not null or measures.interval_method = 'poisson')
),

by_source as (
    select
        *,
        count(*) over (partition by measure_id, source, peer_group, period_basis, period_month) as units
    from compared
    where denominator > 0
),

-- Figures of several sources are never held against each other: a group takes the source that has most of its areas.
of_one_source as (
    select *
    from by_source
    qualify rank() over (
        partition by measure_id, peer_group, period_basis, period_month order by units desc, source_rank
    ) = 1
),

pooled as (
    select
        *,
        multiplier * numerator / denominator as value,
        (sum({{ exact('numerator') }}) over of_group)::double as group_numerator,
        (sum({{ exact('denominator') }}) over of_group)::double as group_denominator,
        group_numerator / group_denominator as pooled,
        has_funnel and pooled > 0 and units > 2 as is_charted
    from of_one_source
    window of_group as (partition by measure_id, peer_group, period_basis, period_month)
),

placed as (
    select
        *,
        case when is_charted then {{ funnel_value('is_share', 'numerator', 'denominator', 'pooled') }} end as y,
        case when is_charted then {{ funnel_target('is_share', 'pooled') }} end as target,
        case when is_charted then {{ funnel_deviation('is_share', 'denominator', 'pooled') }} end as deviation,
        (y - target) / deviation as z
    from pooled
),

-- Extreme units do not make the scatter of all: z is winsorised at its 10th and 90th percentiles for φ alone.
winsorised as (
    select
        *,
        least(
            greatest(z, quantile_cont(z, 0.1) over of_group), quantile_cont(z, 0.9) over of_group
        ) as z_winsorised
    from placed
    window of_group as (partition by measure_id, peer_group, period_basis, period_month)
),

scattered as (
    select
        *,
        avg({{ exact('pow(z_winsorised, 2)', 20) }}) over of_group as phi,
        (sum({{ exact('1 / pow(deviation, 2)') }}) over of_group)::double as sum_weight,
        (sum({{ exact('1 / pow(deviation, 4)') }}) over of_group)::double as sum_weight_squared,
        {{ between_variance('units', 'phi', 'sum_weight', 'sum_weight_squared') }} as tau_squared,
        sqrt(pow(deviation, 2) + tau_squared) as deviation_dispersed,
        (y - target) / deviation_dispersed as z_dispersed
    from winsorised
    window of_group as (partition by measure_id, peer_group, period_basis, period_month)
)

select
    measure_id,
    peer_group,
    area_id,
    period_basis,
    period_month,
    source,
    numerator,
    denominator,
    value,
    units,
    multiplier * pooled as group_value,
    -- One that is alone has no others: what is left of its own figure is the noise of fractions.
    case when units > 1 then multiplier * (group_numerator - numerator) / (group_denominator - denominator) end
        as rest_of_group_value,
    -- 1 is the best, or the highest where neither direction is better; units that are alike share a rank.
    rank() over (
        partition by measure_id, peer_group, period_basis, period_month
        order by round(case when better = 'lower' then value else -value end, 9)
    ) as rank_in_group,
    phi,
    tau_squared,
    z,
    z_dispersed,
    {% for name, z in [('95', z_95()), ('998', z_998())] %}
    {% for side, end in [('-', 'lower'), ('+', 'upper')] %}
    case
        when is_charted
            then multiplier * {{ funnel_limit(side, 'is_share', 'target', 'deviation_dispersed', z, 'pooled') }}
    end as {{ end }}_limit_{{ name }},
    {% endfor %}
    {% endfor %}
    {{ funnel_flag('z_dispersed') }} as funnel_flag,
    {{ funnel_flag('z') }} as funnel_flag_without_dispersion
from scattered
