-- One row per source, period and area: police officers, full-time equivalent, over those budgeted, at month end. The
-- budget stands in one row for each unit and role.
select
    source,
    period_month,
    months_covered,
    area_id,
    sum(fte) as numerator,
    sum(budgeted_fte) as denominator
from {{ ref('stg_workforce') }}
where role = 'officer'
group by source, period_month, months_covered, area_id
