-- One row per measure, period basis, month, area and population group: the figure from the preferred source.
with results as (
    select
        *,
        reason_no_change is null as is_comparable,
        comparison = 'same_age' as is_same_age
    from {{ ref('res_result') }}
)

select
    measure_id,
    period_basis,
    period_month,
    area_id,
    population_group,
    window_from,
    numerator,
    denominator,
    value,
    lower_95,
    upper_95,
    respondents,
    is_small_base,
    case when is_comparable then value_same_period_last_year end as value_same_period_last_year,
    case when is_comparable then numerator_same_period_last_year end as numerator_same_period_last_year,
    case when is_comparable then comparison end as comparison,
    case when is_comparable and is_same_age then value_by_now end as value_at_same_age,
    case when is_comparable and is_same_age then value_by_then_last_year end as value_last_year_at_same_age,
    case
        when is_comparable and is_same_age then value_by_now - value_by_then_last_year
        when is_comparable then value - value_same_period_last_year
    end as change,
    change_lower_95,
    change_upper_95,
    case
        when is_comparable and is_same_age then 100 * (value_by_now / nullif(value_by_then_last_year, 0) - 1)
        when is_comparable then 100 * (value / nullif(value_same_period_last_year, 0) - 1)
    end as change_percent,
    change_percent_lower_95,
    change_percent_upper_95,
    case
        when is_comparable and not is_same_age then 100 * (numerator / nullif(numerator_same_period_last_year, 0) - 1)
    end as numerator_change_percent,
    source,
    is_complete,
    is_settled,
    is_published_value,
    rows_quarantined,
    reason
from results
