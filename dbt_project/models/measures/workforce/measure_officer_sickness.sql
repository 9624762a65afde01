-- One row per source, period and area: officers' contracted hours lost to sickness, over hours contracted.
select
    source,
    period_month,
    months_covered,
    area_id,
    sum(sickness_hours) as numerator,
    sum(contracted_hours) as denominator
from {{ ref('stg_workforce') }}
where role = 'officer'
group by source, period_month, months_covered, area_id
