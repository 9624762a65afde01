-- One row per extract, source, period and months covered: the delivery that is current for it.
-- Newest means the highest revision, never the time of arrival.
with periods as (
    select distinct
        delivery_id,
        period_month,
        months_covered
    from {{ source('landing', 'delivery_period') }}
    where period_month is not null
),

layouts as (
    select distinct
        source,
        areas
    from {{ source('landing', 'layout_column') }}
)

select
    delivery.extract,
    delivery.source,
    periods.period_month,
    periods.months_covered,
    delivery.delivery_id,
    delivery.revision,
    delivery.is_partial,
    delivery.confirmed_because,
    layouts.areas
from {{ source('landing', 'delivery') }} as delivery
inner join periods on delivery.delivery_id = periods.delivery_id
inner join layouts on delivery.source = layouts.source
where delivery.status = 'landed'
qualify row_number() over (
    partition by delivery.extract, delivery.source, periods.period_month, periods.months_covered
    order by delivery.revision desc, delivery.sha256
) = 1
