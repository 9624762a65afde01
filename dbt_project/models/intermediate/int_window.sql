-- One row per period basis and month it ends with: the months the window holds.
-- A quarter is shown once, when it ends; the other bases have a window for every month.
select
    'month' as period_basis,
    period_month,
    period_month as window_from,
    1 as window_months
from {{ ref('int_month') }}
union all
select
    'quarter' as period_basis,
    period_month,
    {{ add_months('period_month', '-2') }} as window_from,
    3 as window_months
from {{ ref('int_month') }}
where month_of_financial_year % 3 = 0
union all
select
    'financial_year_to_date' as period_basis,
    period_month,
    financial_year_start as window_from,
    month_of_financial_year as window_months
from {{ ref('int_month') }}
union all
select
    'rolling_12_months' as period_basis,
    period_month,
    {{ add_months('period_month', '-11') }} as window_from,
    12 as window_months
from {{ ref('int_month') }}
