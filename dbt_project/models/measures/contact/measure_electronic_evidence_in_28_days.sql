-- One row per source, period and area: submissions completed within 28 days over those whose 28 days have elapsed.
select
    source,
    period_month,
    months_covered,
    area_id,
    sum(within_standard) as numerator,
    sum(demand) as denominator
from {{ ref('stg_service_levels') }}
where service = 'electronic_evidence'
group by source, period_month, months_covered, area_id
