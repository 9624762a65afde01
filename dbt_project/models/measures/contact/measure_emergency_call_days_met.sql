-- One row per source, period and area: days on which at least 90 % of emergency calls were answered within 10 seconds,
-- over days. A month that lacks a day has no row.
select
    source,
    period_month,
    months_covered,
    area_id,
    count(*) filter (where within_standard >= 0.9 * demand) as numerator,
    count(*) as denominator
from {{ ref('stg_service_levels') }}
where service = 'emergency_calls' and service_date is not null
group by source, period_month, months_covered, area_id
having count(*) = day(last_day(period_month))
