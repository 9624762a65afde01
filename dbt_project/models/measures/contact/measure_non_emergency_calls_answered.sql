-- One row per source, period and area: non-emergency calls answered within 30 seconds over those received.
select
    source,
    period_month,
    months_covered,
    area_id,
    sum(within_standard) as numerator,
    sum(demand) as denominator
from {{ ref('stg_service_levels') }}
where service = 'non_emergency_calls'
group by source, period_month, months_covered, area_id
