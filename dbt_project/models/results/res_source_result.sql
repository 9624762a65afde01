-- One row per measure, source, area, population group and window: every source's figure, declared gaps between groups
-- among them, with the same window a year earlier from the same source and the change from it.
with windows as (
    select * from {{ ref('res_estimate') }}
    union all by name
    select
        gap.measure_id,
        between_groups.* exclude (
            measure_id, population_group, compared_with, value_of_group, value_compared_with
        ),
        'all' as population_group,
        false as is_published_value
    from {{ ref('measures') }} as gap
    inner join {{ ref('res_group_gap') }} as between_groups
        on gap.base_measure = between_groups.measure_id
        and gap.group_a = between_groups.compared_with
        and gap.group_b = between_groups.population_group
    where gap.measure_type = 'survey_gap'
),

aged as (
    select
        windows.*,
        measures.interval_method,
        measures.multiplier,
        -- A window is settled once late facts no longer move its last month.
        measures.settles_after is null
        or {{ add_months('windows.period_month', 'measures.settles_after') }} <= reporting.reporting_month as is_settled
    from windows
    inner join {{ ref('measures') }} as measures on windows.measure_id = measures.measure_id
    cross join {{ source('landing', 'reporting_month') }} as reporting
),

with_last_year as (
    select
        windows.*,
        a_year_ago.value as value_same_period_last_year,
        a_year_ago.numerator as numerator_same_period_last_year,
        a_year_ago.denominator as denominator_same_period_last_year,
        a_year_ago.variance as variance_same_period_last_year,
        a_year_ago.lower_95 as lower_95_same_period_last_year,
        a_year_ago.upper_95 as upper_95_same_period_last_year,
        a_year_ago.value_by_then as value_by_then_last_year,
        case
            when windows.value is null then windows.reason
            when {{ breaks_between('windows', add_months('windows.window_from', '-12'), 'windows.period_month') }}
                then 'series break'
            when a_year_ago.value is null then coalesce(a_year_ago.reason, 'not delivered')
        end as reason_no_change,
        -- What a change from last year rests on. Figures that late facts may still move are held against last year's as
        -- they stood at the same age, where the dates of the facts allow it.
        case
            when windows.is_settled then 'settled'
            when windows.value_by_now is not null and a_year_ago.value_by_then is not null then 'same_age'
            else 'unsettled'
        end as comparison
    from aged as windows
    left join aged as a_year_ago
        on windows.measure_id = a_year_ago.measure_id
        and windows.source = a_year_ago.source
        and windows.area_id = a_year_ago.area_id
        and windows.population_group = a_year_ago.population_group
        and windows.period_basis = a_year_ago.period_basis
        and a_year_ago.period_month = {{ add_months('windows.period_month', '-12') }}
),

-- The two shares that a change of percentages is between, at the age they are compared at.
with_shares as (
    select
        *,
        case
            when reason_no_change is not null or interval_method <> 'wilson' or is_published_value then null
            when comparison = 'same_age' then value_by_now / multiplier
            else value / multiplier
        end as share_now,
        case
            when comparison = 'same_age' then value_by_then_last_year / multiplier
            else value_same_period_last_year / multiplier
        end as share_last_year
    from with_last_year
)

{% set share_limits = [
    'share_now', wilson_limit('-', 'share_now', 'windows.denominator', z_95()),
    wilson_limit('+', 'share_now', 'windows.denominator', z_95()),
    'share_last_year',
    wilson_limit('-', 'share_last_year', 'windows.denominator_same_period_last_year', z_95()),
    wilson_limit('+', 'share_last_year', 'windows.denominator_same_period_last_year', z_95()),
] %}
select
    windows.* exclude (
        share_now, share_last_year, interval_method, multiplier, lower_95_same_period_last_year,
        upper_95_same_period_last_year
    ),
    -- A change in points of a survey or a gap: no month is in both windows, so the variances add up.
    {% for side, name in [('-', 'lower'), ('+', 'upper')] %}
    case
        when windows.reason_no_change is not null then null
        when windows.variance is not null
            then windows.value - windows.value_same_period_last_year
                {{ side }} {{ z_95() }} * sqrt(windows.variance + windows.variance_same_period_last_year)
        when windows.share_now is not null
            then windows.multiplier * {{ difference_limit(side, *share_limits) }}
    end as change_{{ name }}_95,
    case
        when windows.reason_no_change is null and windows.interval_method = 'poisson'
            then 100 * ({{ ratio_limit(
                side, 'windows.numerator', 'coalesce(windows.denominator, 1)',
                'windows.numerator_same_period_last_year', 'coalesce(windows.denominator_same_period_last_year, 1)',
                z_95(),
            ) }} - 1)
    end as change_percent_{{ name }}_95,
    {% endfor %}
    coalesce(quarantined.rows_quarantined, 0) as rows_quarantined
from with_shares as windows
left join {{ ref('res_quarantined') }} as quarantined
    on windows.measure_id = quarantined.measure_id
    and windows.source = quarantined.source
    and windows.period_basis = quarantined.period_basis
    and windows.period_month = quarantined.period_month
