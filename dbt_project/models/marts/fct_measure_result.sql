-- One row per measure, period basis, month, area and population group: the figure from the preferred source.
select
    results.measure_id,
    results.period_basis,
    results.period_month,
    results.area_id,
    results.population_group,
    results.window_from,
    results.numerator,
    results.denominator,
    results.value,
    results.respondents,
    results.value_same_period_last_year,
    results.numerator_same_period_last_year,
    results.value - results.value_same_period_last_year as change,
    100 * (results.value / nullif(results.value_same_period_last_year, 0) - 1) as change_percent,
    100 * (results.numerator / nullif(results.numerator_same_period_last_year, 0) - 1) as numerator_change_percent,
    results.source,
    results.is_complete,
    results.is_settled,
    results.is_published_value,
    results.rows_quarantined,
    results.reason
from (
    select
        * exclude (value_same_period_last_year, numerator_same_period_last_year),
        case when reason_no_change is null then value_same_period_last_year end as value_same_period_last_year,
        case when reason_no_change is null then numerator_same_period_last_year end as numerator_same_period_last_year
    from {{ ref('res_result') }}
) as results
