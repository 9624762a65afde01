-- One row per measure, basis, month, area and population group held against another: the gap between the two, how sure
-- it is, and whether it has widened or narrowed since the same period last year.
with chosen as (
    select
        gaps.*,
        figures.is_settled
    from {{ ref('res_group_gap') }} as gaps
    inner join {{ ref('res_result') }} as figures
        on gaps.measure_id = figures.measure_id
        and gaps.source = figures.source
        and gaps.area_id = figures.area_id
        and gaps.population_group = figures.population_group
        and gaps.period_basis = figures.period_basis
        and gaps.period_month = figures.period_month
),

with_last_year as (
    select
        chosen.*,
        a_year_ago.value as value_last_year,
        {{ breaks_between('chosen', add_months('chosen.window_from', '-12'), 'chosen.period_month') }} as has_break,
        case
            when chosen.variance is not null
                then {{ z_95() }} * sqrt(chosen.variance + a_year_ago.variance)
        end as reach_of_change,
        {{ difference_limit(
            '-', 'chosen.value', 'chosen.lower_95', 'chosen.upper_95',
            'a_year_ago.value', 'a_year_ago.lower_95', 'a_year_ago.upper_95',
        ) }} as lower_of_limits,
        {{ difference_limit(
            '+', 'chosen.value', 'chosen.lower_95', 'chosen.upper_95',
            'a_year_ago.value', 'a_year_ago.lower_95', 'a_year_ago.upper_95',
        ) }} as upper_of_limits
    from chosen
    left join chosen as a_year_ago
        on chosen.measure_id = a_year_ago.measure_id
        and chosen.source = a_year_ago.source
        and chosen.area_id = a_year_ago.area_id
        and chosen.population_group = a_year_ago.population_group
        and chosen.period_basis = a_year_ago.period_basis
        and a_year_ago.period_month = {{ add_months('chosen.period_month', '-12') }}
),

changed as (
    select
        *,
        case when not has_break then value - value_last_year end as change,
        case when not has_break then coalesce(change - reach_of_change, lower_of_limits) end as change_lower_95,
        case when not has_break then coalesce(change + reach_of_change, upper_of_limits) end as change_upper_95
    from with_last_year
)

select
    measure_id,
    period_basis,
    period_month,
    area_id,
    population_group,
    compared_with,
    source,
    value_of_group,
    value_compared_with,
    value as gap,
    lower_95,
    upper_95,
    change,
    change_lower_95,
    change_upper_95,
    case
        when change is null or change_lower_95 is null then null
        when change_lower_95 <= 0 and change_upper_95 >= 0 then 'no_clear_change'
        -- Below zero the gap is reversed: there it widens as it falls.
        when abs(value) > abs(value_last_year) then 'widening'
        else 'narrowing'
    end as trend,
    respondents as fewest_respondents,
    is_small_base,
    is_settled,
    reason
from changed
