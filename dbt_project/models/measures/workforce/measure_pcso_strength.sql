-- One row per source, period and area: police community support officers, full-time equivalent, at month end.
select
    source,
    period_month,
    months_covered,
    area_id,
    {{ count_where("role = 'pcso'", 'fte') }} as numerator
from {{ ref('stg_workforce') }}
group by source, period_month, months_covered, area_id
