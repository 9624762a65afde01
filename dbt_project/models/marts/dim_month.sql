-- One row per month, up to the reporting month.
select
    period_month,
    financial_year,
    financial_year_start,
    month_of_financial_year::integer as month_of_financial_year,
    ((month_of_financial_year + 2) // 3)::integer as quarter_of_financial_year
from {{ ref('int_month') }}
