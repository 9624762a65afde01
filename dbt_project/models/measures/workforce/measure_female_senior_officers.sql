-- One row per source, period and area: officers of inspector rank and above who are women over all of those ranks,
-- headcount at month end.
select
    source,
    period_month,
    months_covered,
    area_id,
    {{ count_where(
        "role = 'officer' and rank not in ('constable', 'sergeant') and gender = 'female'", 'headcount'
    ) }} as numerator,
    {{ count_where("role = 'officer' and rank not in ('constable', 'sergeant')", 'headcount') }} as denominator
from {{ ref('stg_workforce') }}
group by source, period_month, months_covered, area_id
