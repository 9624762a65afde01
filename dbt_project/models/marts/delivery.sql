-- One row per delivery received: what became of it.
with rules as (
    select
        delivery_id,
        string_agg(rule || ' ' || rows_quarantined, '; ' order by rule) as rules_broken
    from {{ source('landing', 'delivery_rule') }}
    group by delivery_id
),

current_periods as (
    select
        delivery_id,
        count(*) as periods_current
    from {{ ref('stg_current_delivery') }}
    group by delivery_id
),

periods as (
    select
        delivery_id,
        min(period_month) as first_month,
        max(period_month) as last_month,
        count(*) as periods
    from {{ source('landing', 'delivery_period') }}
    where period_month is not null
    group by delivery_id
)

select
    delivery.delivery_id,
    delivery.extract,
    delivery.source,
    delivery.file_name,
    periods.first_month,
    periods.last_month,
    coalesce(periods.periods, 0)::integer as periods,
    coalesce(current_periods.periods_current, 0)::integer as periods_current,
    delivery.revision::integer as revision,
    delivery.sha256,
    delivery.received_at,
    delivery.rows_received,
    delivery.rows_accepted,
    delivery.rows_quarantined,
    rules.rules_broken,
    delivery.is_partial,
    delivery.is_synthetic,
    delivery.confirmed_because,
    case
        when delivery.status in ('refused', 'withdrawn') then delivery.status
        when coalesce(current_periods.periods_current, 0) = 0 then 'superseded'
        when current_periods.periods_current < periods.periods then 'partly superseded'
        else 'current'
    end as status,
    delivery.reason,
    delivery.withdrawn_at
from {{ source('landing', 'delivery') }} as delivery
left join periods on delivery.delivery_id = periods.delivery_id
left join current_periods on delivery.delivery_id = current_periods.delivery_id
left join rules on delivery.delivery_id = rules.delivery_id
cross join {{ source('landing', 'reporting_month') }} as reporting
where periods.first_month is null
    or delivery.extract = 'population'
    or periods.first_month <= reporting.reporting_month
