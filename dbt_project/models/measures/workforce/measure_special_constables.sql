-- One row per source, period and area: special constables, headcount at month end.
select
    source,
    period_month,
    months_covered,
    area_id,
    {{ count_where("role = 'special'", 'headcount') }} as numerator
from {{ ref('stg_workforce') }}
group by source, period_month, months_covered, area_id
