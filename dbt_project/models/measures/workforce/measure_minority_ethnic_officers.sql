-- One row per source, period and area: police officers from minority ethnic groups over all police officers, headcount
-- at month end.
select
    source,
    period_month,
    months_covered,
    area_id,
    {{ count_where(
        "role = 'officer' and ethnic_group in ('mixed', 'asian', 'black', 'chinese_or_other')", 'headcount'
    ) }} as numerator,
    {{ count_where("role = 'officer'", 'headcount') }} as denominator
from {{ ref('stg_workforce') }}
group by source, period_month, months_covered, area_id
