-- One row per source, period and area: emergency calls answered within 10 seconds over those received.
select
    source,
    period_month,
    months_covered,
    area_id,
    sum(within_standard) as numerator,
    sum(demand) as denominator
from {{ ref('stg_service_levels') }}
where service = 'emergency_calls'
group by source, period_month, months_covered, area_id
