-- One row per source, period and area: police staff, full-time equivalent, at month end.
select
    source,
    period_month,
    months_covered,
    area_id,
    {{ count_where("role = 'staff'", 'fte') }} as numerator
from {{ ref('stg_workforce') }}
group by source, period_month, months_covered, area_id
