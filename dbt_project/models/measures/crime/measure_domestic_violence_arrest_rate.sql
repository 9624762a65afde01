-- One row per source, period and area: domestic-violence offences that led to an arrest, whenever it came, over all.
select
    source,
    period_month,
    months_covered,
    area_id,
    {{ count_where('is_domestic', 'arrests') }} as numerator,
    {{ count_where('is_domestic', 'arrests_by_now') }} as numerator_by_now,
    {{ count_where('is_domestic', 'arrests_by_then') }} as numerator_by_then,
    {{ count_where('is_domestic') }} as denominator
from {{ ref('int_recorded_crime') }}
group by source, period_month, months_covered, area_id
