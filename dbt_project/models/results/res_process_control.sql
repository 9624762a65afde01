{{ config(materialized='view') }}
-- One row per measure, area, population group and period of a measure's control chart (XmR, METHODS §1; as
-- NHSRplotthedots 0.2): limits, which rules a point breaks, and what the chart says. A chart begins anew after a gap,
-- at a change of source, at a series break and where its limits are re-based (seeds/series_breaks.csv).
{% set limit_factor = 2.66 %}
{% set screen_factor = 3.267 %}
{% set points_of_trend = 7 %}
{% set points_of_shift = 7 %}
{% set fewest_points = 13 %}
with charted as (
    select
        results.measure_id,
        results.area_id,
        results.population_group,
        results.source,
        results.period_month,
        results.value,
        measures.control_basis,
        measures.control_limits_from_first,
        measures.screen_moving_ranges,
        measures.control_seasonal_adjustment = 'monthly' as is_seasonally_adjusted,
        measures.better,
        case measures.control_basis when 'quarter' then 3 else 1 end as months_a_point
    from {{ ref('res_result') }} as results
    inner join {{ ref('measures') }} as measures
        on results.measure_id = measures.measure_id and results.period_basis = measures.control_basis
    where results.value is not null
),

-- Windows over a number sort several times faster than over the three names of a chart.
chart_ids as (
    select
        *,
        row_number() over () as series_id
    from (
        select distinct
            measure_id,
            area_id,
            population_group
        from charted
    ) as charts
),

-- The seasonal index of the series' latest complete years, for all of its months; the chart shows its figures as they
-- are, and centre line and limits with the season.
adjusted as (
    select
        charted.*,
        chart_ids.series_id,
        coalesce(seasons.month_index, 1) as month_index,
        charted.value / coalesce(seasons.month_index, 1) as y
    from charted
    inner join chart_ids using (measure_id, area_id, population_group)
    left join {{ ref('res_season') }} as seasons
        on charted.is_seasonally_adjusted
        and charted.measure_id = seasons.measure_id
        and charted.source = seasons.source
        and charted.area_id = seasons.area_id
        and charted.population_group = seasons.population_group
        and month(charted.period_month) = seasons.month_of_year
),

followed as (
    select
        *,
        lag(period_month) over series as previous_month,
        lag(source) over series as previous_source
    from adjusted
    window series as (partition by series_id order by period_month)
),

begun as (
    select
        followed.*,
        coalesce(
            followed.previous_month <> {{ add_months('followed.period_month', '-followed.months_a_point') }}
            or followed.previous_source <> followed.source
            or exists (
                select 1
                from {{ ref('series_breaks') }} as breaks
                where breaks.measure_id = followed.measure_id
                    and (breaks.source is null or breaks.source = followed.source)
                    and breaks.break_month > followed.previous_month
                    and breaks.break_month <= followed.period_month
            ),
            false
        ) as begins_anew
    from followed
),

grouped as (
    select
        *,
        count(*) filter (where begins_anew) over (
            partition by series_id order by period_month
            rows between unbounded preceding and current row
        ) as limit_group
    from begun
),

numbered as (
    select
        *,
        row_number() over in_order as point,
        count(*) over limits_of_group as points_in_group,
        y - lag(y) over in_order as step,
        coalesce(control_limits_from_first, points_in_group) as limits_from
    from grouped
    window
        limits_of_group as (partition by series_id, limit_group),
        in_order as (partition by series_id, limit_group order by period_month)
),

centred as (
    select
        *,
        avg({{ exact('y', 15) }}) filter (where point <= limits_from) over limits_of_group as centre,
        avg({{ exact('abs(step)', 15) }}) filter (where point <= limits_from) over limits_of_group as mean_range
    from numbered
    window limits_of_group as (partition by series_id, limit_group)
),

-- One pass of screening: an extreme moving range does not widen the limits; its point stays in the mean.
ranged as (
    select
        *,
        case
            when screen_moving_ranges
                then
                    avg({{ exact('abs(step)', 15) }})
                        filter (where point <= limits_from and abs(step) < {{ screen_factor }} * mean_range)
                    over limits_of_group
            else mean_range
        end as screened_range
    from centred
    window limits_of_group as (partition by series_id, limit_group)
),

-- Where all moving ranges are 0 none is below the screen, and the limits lie on the centre.
limited as (
    select
        *,
        coalesce(screened_range, mean_range, 0) as average_range,
        {{ limit_factor }} * average_range as reach,
        {{ sign_of('y - centre', 'centre') }} as side,
        {{ sign_of('step', 'y') }} as direction,
        {{ sign_of('abs(y - centre) - reach', 'centre') }} > 0 as is_outside,
        {{ sign_of('abs(y - centre) - reach * 2 / 3', 'centre') }} > 0 as is_beyond_near_limit,
        is_beyond_near_limit and not is_outside as is_close
    from ranged
),

-- Runs that end at a point: of steps in one direction, of points on one side, of three points of which two are close.
ending as (
    select
        *,
        abs(sum(direction) over steps_of_trend) = {{ points_of_trend - 1 }} as ends_trend,
        abs(sum(side) over points_of_shift) = {{ points_of_shift }} as ends_shift,
        abs(sum(side) over three) = 3 and count(*) filter (where is_close) over three >= 2 as ends_two_of_three
    from limited
    window
        steps_of_trend as (
            partition by series_id, limit_group order by period_month
            rows between {{ points_of_trend - 2 }} preceding and current row
        ),
        points_of_shift as (
            partition by series_id, limit_group order by period_month
            rows between {{ points_of_shift - 1 }} preceding and current row
        ),
        three as (
            partition by series_id, limit_group order by period_month
            rows between 2 preceding and current row
        )
),

-- Every point of such a run is flagged; of two in three only those that are close.
flagged as (
    select
        *,
        bool_or(ends_trend) over until_trend as is_trend,
        bool_or(ends_shift) over until_shift as is_shift,
        is_close and bool_or(ends_two_of_three) over until_three as is_two_of_three
    from ending
    window
        until_trend as (
            partition by series_id, limit_group order by period_month
            rows between current row and {{ points_of_trend - 1 }} following
        ),
        until_shift as (
            partition by series_id, limit_group order by period_month
            rows between current row and {{ points_of_shift - 1 }} following
        ),
        until_three as (
            partition by series_id, limit_group order by period_month
            rows between current row and 2 following
        )
),

signalled as (
    select
        *,
        case
            when is_outside then 'outside'
            when is_trend then 'trend'
            when is_two_of_three then 'two_of_three'
            when is_shift then 'shift'
            else 'none'
        end as signal,
        -- Which way the signal points: a trend by the step after this point while it goes on, else by the one before.
        case
            when signal = 'trend' then coalesce(
                case when lead(is_trend) over in_order then lead(direction) over in_order end, direction
            )
            else side
        end as points_to,
        bool_and(average_range = 0 and side = 0) over limits_of_group as is_flat
    from flagged
    window
        limits_of_group as (partition by series_id, limit_group),
        in_order as (partition by series_id, limit_group order by period_month)
),

with_target as (
    select
        signalled.*,
        levels.target_id,
        case
            when measures.measure_type in ('count', 'money', 'rate') and measures.numerator_kind = 'flow'
                then levels.level * signalled.months_a_point / 12 * signalled.month_index
            when measures.measure_type <> 'milestone' then levels.level
        end as target_line
    from signalled
    inner join {{ ref('measures') }} as measures on signalled.measure_id = measures.measure_id
    left join {{ ref('res_target_level') }} as levels
        on signalled.measure_id = levels.measure_id
        and signalled.area_id = levels.area_id
        and signalled.population_group = levels.population_group
        and {{ financial_year_start('signalled.period_month') }} = levels.financial_year_start
        and levels.is_line_of_chart
)

select
    measure_id,
    area_id,
    population_group,
    period_month,
    control_basis as period_basis,
    source,
    value,
    is_seasonally_adjusted,
    limit_group,
    points_in_group,
    centre * month_index as centre_line,
    (centre - reach) * month_index as lower_limit,
    (centre + reach) * month_index as upper_limit,
    (centre - reach * 2 / 3) * month_index as lower_near_limit,
    (centre + reach * 2 / 3) * month_index as upper_near_limit,
    is_outside,
    is_trend,
    is_shift,
    is_two_of_three,
    signal,
    case
        when is_flat then 'not_assessable'
        when signal = 'none' then 'common_cause'
        when better = 'neither' and points_to = 1 then 'high'
        when better = 'neither' then 'low'
        when (better = 'higher') = (points_to = 1) then 'improvement'
        else 'concern'
    end as variation,
    target_id,
    target_line,
    case
        when target_line is null or better = 'neither' then null
        when is_flat then 'not_assessable'
        when {{ sign_of('target_line - upper_limit', 'target_line') }} > 0
            then case better when 'higher' then 'consistently_fails' else 'consistently_passes' end
        when {{ sign_of('target_line - lower_limit', 'target_line') }} < 0
            then case better when 'higher' then 'consistently_passes' else 'consistently_fails' end
        else 'inconsistent'
    end as assurance,
    nullif(concat_ws(
        '; ',
        case
            when points_in_group = 1 then 'one point'
            when is_flat then 'every point is the same'
        end,
        case
            when points_in_group < {{ fewest_points }}
                then 'provisional limits: ' || points_in_group || ' of {{ fewest_points }} points'
        end,
        case
            when control_limits_from_first < points_in_group
                then 'limits from the first ' || control_limits_from_first || ' points'
        end,
        case when is_seasonally_adjusted then 'seasonally adjusted' end
    ), '') as note
from with_target
