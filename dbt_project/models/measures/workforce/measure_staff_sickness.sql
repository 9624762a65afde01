-- One row per source, period and area: contracted hours lost to sickness by police staff, over hours contracted.
select
    source,
    period_month,
    months_covered,
    area_id,
    sum(sickness_hours) as numerator,
    sum(contracted_hours) as denominator
from {{ ref('stg_workforce') }}
where role = 'staff'
group by source, period_month, months_covered, area_id
