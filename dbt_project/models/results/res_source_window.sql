{{ config(materialized='view') }}
-- One row per measure, source, area, population group and window: the window filled from that source, or the reason
-- it is not. A figure that covers exactly the window beats tiles of one equal length that cover it without overlap.
with measures as (
    select * from {{ ref('measures') }}
),

parts as (
    select
        parts.*,
        measures.numerator_kind = 'stock' as is_stock
    from {{ ref('res_area_part') }} as parts
    inner join measures on parts.measure_id = measures.measure_id
),

-- A flow fills each window it lies in on the window's own grid; a stock fills the windows that end with it.
placed as (
    select
        parts.*,
        ending.period_basis,
        ending.period_month as window_month,
        ending.window_from,
        ending.window_months
    from parts
    cross join unnest(generate_series(0, 11)) as later(months)
    inner join {{ ref('int_window') }} as ending
        on ending.period_month = {{ add_months('parts.period_month', 'later.months') }}
    where (parts.is_stock and later.months = 0)
        or (
            not parts.is_stock
            and later.months % parts.months_covered = 0
            and later.months + parts.months_covered <= ending.window_months
        )
),

tiled as (
    select
        measure_id,
        source,
        area_id,
        population_group,
        period_basis,
        window_month as period_month,
        window_from,
        window_months,
        months_covered as tile_months,
        is_stock,
        count(*) as tiles,
        sum(numerator) as numerator,
        sum(numerator_by_now) as numerator_by_now,
        sum(numerator_by_then) as numerator_by_then,
        sum(denominator) as denominator_sum,
        avg(denominator) as denominator_mean,
        count(denominator) as denominators,
        sum(respondents) as respondents,
        sum(sum_weight_squared) as sum_weight_squared,
        sum(sum_weight_squared_numerator) as sum_weight_squared_numerator,
        any_value(published_value) as published_value,
        max(areas_missing) as areas_missing,
        max(areas_without_base) as areas_without_base
    from placed
    group by all
),

judged as (
    select
        tiled.*,
        measures.measure_type,
        measures.multiplier,
        measures.denominator_kind is not null as has_denominator,
        case measures.denominator_kind
            when 'flow' then tiled.denominator_sum
            when 'stock' then case when tiled.denominators = tiled.tiles then tiled.denominator_mean end
        end as denominator,
        tiled.is_stock or tiled.tiles * tiled.tile_months = tiled.window_months as is_covered,
        not tiled.is_stock and {{ breaks_between('tiled', 'tiled.window_from', 'tiled.period_month') }} as spans_break
    from tiled
    inner join measures on tiled.measure_id = measures.measure_id
    qualify row_number() over (
        partition by tiled.measure_id, tiled.source, tiled.area_id, tiled.population_group, tiled.period_basis,
            tiled.period_month
        order by is_covered desc, tiled.tile_months desc
    ) = 1
),

reasoned as (
    select
        *,
        areas_missing = 0 and is_covered and not spans_break as is_whole,
        case
            when areas_missing > 0 and areas_missing = areas_without_base
                then 'no denominator: ' || areas_without_base || ' boroughs without one'
            when areas_missing > 0
                then 'incomplete: ' || areas_missing
                    || case
                        when area_id = 'force' and areas_missing = 1 then ' borough missing'
                        when area_id = 'force' then ' boroughs missing'
                        else ' of its boroughs and the City missing'
                    end
            when not is_covered
                then 'incomplete: ' || tiles * tile_months || ' of ' || window_months || ' months'
            when spans_break then 'series break'
            when published_value is not null and tile_months = window_months then null
            when published_value is not null then 'published percentages cannot be added up'
            when has_denominator and denominator is null then 'no denominator'
            when has_denominator and denominator = 0 then 'denominator is zero'
        end as reason
    from judged
)

select
    measure_id,
    source,
    area_id,
    population_group,
    period_basis,
    period_month,
    window_from,
    tile_months,
    case when is_whole and published_value is null then numerator::double end as numerator,
    case when is_whole and published_value is null then denominator::double end as denominator,
    case
        when reason is not null then null
        when published_value is not null then published_value
        when has_denominator then multiplier * numerator::double / denominator::double
        else multiplier * numerator::double
    end as value,
    -- The same figure made of late facts known by the end of the reporting month, and by the same day a year before.
    case
        when reason is null and published_value is null and has_denominator
            then multiplier * numerator_by_now::double / denominator::double
    end as value_by_now,
    case
        when reason is null and published_value is null and has_denominator
            then multiplier * numerator_by_then::double / denominator::double
    end as value_by_then,
    case when is_whole then respondents::double end as respondents,
    case when is_whole and published_value is null then sum_weight_squared::double end as sum_weight_squared,
    case when is_whole and published_value is null then sum_weight_squared_numerator::double end
        as sum_weight_squared_numerator,
    published_value is not null as is_published_value,
    is_whole as is_complete,
    reason
from reasoned
