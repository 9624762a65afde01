-- One row per extract, source and month with quarantined rows. Rows whose own month could not be read count in every
-- month of their delivery, since they could belong to any.
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
        rows_quarantined
    from {{ source('landing', 'delivery_period') }}
    where rows_quarantined > 0
)

select
    current_months.extract,
    current_months.source,
    current_months.period_month,
    sum(periods.rows_quarantined)::bigint as rows_quarantined
from current_months
inner join periods
    on current_months.delivery_id = periods.delivery_id
    and (periods.period_month = current_months.period_month or periods.period_month is null)
group by current_months.extract, current_months.source, current_months.period_month
