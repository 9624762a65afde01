-- One row per source, period and area: police officers who are women over all police officers, headcount at month end.
select
    source,
    period_month,
    months_covered,
    area_id,
    {{ count_where("role = 'officer' and gender = 'female'", 'headcount') }} as numerator,
    {{ count_where("role = 'officer'", 'headcount') }} as denominator
from {{ ref('stg_workforce') }}
group by source, period_month, months_covered, area_id
