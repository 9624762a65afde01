-- One row per delivery and period of its quarantined rows: how many, and the first and last month whose figures they
-- could be in. Rows whose own month could not be read could be of any month the delivery is current for.
with current_months as (
    select distinct
        extract,
        source,
        delivery_id,
        period_month
    from {{ ref('stg_current_delivery') }}
),

periods as (
    select
        delivery_id,
        period_month,
        months_covered,
        rows_quarantined
    from {{ source('landing', 'delivery_period') }}
    where rows_quarantined > 0
),

dated as (
    select
        current_months.extract,
        current_months.source,
        periods.rows_quarantined,
        min(current_months.period_month) as first_month,
        max(current_months.period_month) as last_month
    from current_months
    inner join periods
        on current_months.delivery_id = periods.delivery_id
        and (periods.period_month = current_months.period_month or periods.period_month is null)
    group by
        current_months.extract, current_months.source, periods.delivery_id, periods.period_month,
        periods.months_covered, periods.rows_quarantined
)

select
    extract,
    source,
    rows_quarantined,
    -- A year's residents divide the months of the financial year that begins in it (int_population).
    case when extract = 'population' then make_date(year(first_month), 4, 1) else first_month end as first_month,
    case when extract = 'population' then make_date(year(last_month) + 1, 3, 1) else last_month end as last_month
from dated
