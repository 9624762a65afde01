-- One row per month, from the first one any monthly extract covers to the reporting month.
with bounds as (
    select
        min({{ add_months('coverage.period_month', '1 - coverage.months_covered') }}) as first_month,
        max(reporting.reporting_month) as reporting_month
    from {{ source('landing', 'reporting_month') }} as reporting
    left join {{ ref('int_coverage') }} as coverage on coverage.extract <> 'population'
),

months as (
    select unnest(generate_series(
        least({{ financial_year_start('first_month') }}, {{ financial_year_start('reporting_month') }}),
        reporting_month,
        interval 1 month
    ))::date as period_month
    from bounds
)

select
    period_month,
    {{ financial_year_start('period_month') }} as financial_year_start,
    {{ financial_year_name('period_month') }} as financial_year,
    (month(period_month) + 8) % 12 + 1 as month_of_financial_year
from months
