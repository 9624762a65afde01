-- One row per extract, source, period and months covered: the current delivery that the checks look at, up to the
-- reporting month, and how they speak of it.
select
    current_delivery.extract,
    current_delivery.source,
    current_delivery.period_month,
    current_delivery.months_covered,
    current_delivery.delivery_id,
    current_delivery.revision,
    current_delivery.areas,
    current_delivery.is_partial,
    current_delivery.confirmed_because,
    periods.rows_accepted,
    extracts.cadence,
    {{ period_in_words('current_delivery') }} as period_in_words,
    'revision ' || (current_delivery.revision + 1) as next_revision
from {{ ref('stg_current_delivery') }} as current_delivery
inner join {{ source('landing', 'delivery_period') }} as periods
    on current_delivery.delivery_id = periods.delivery_id
    and current_delivery.period_month = periods.period_month
    and current_delivery.months_covered = periods.months_covered
inner join {{ source('landing', 'extract') }} as extracts
    on current_delivery.extract = extracts.extract
cross join {{ source('landing', 'reporting_month') }} as reporting
where current_delivery.period_month <= reporting.reporting_month
