-- One row per source, period and area: Tier 1 offences with a sanction detection, whenever it came, over all Tier 1
-- offences recorded.
select
    source,
    period_month,
    months_covered,
    area_id,
    {{ count_where('is_tier_1', 'detections') }} as numerator,
    {{ count_where('is_tier_1') }} as denominator
from {{ ref('int_recorded_crime') }}
group by source, period_month, months_covered, area_id
