-- One row per source, period and area: arrests for domestic violence made in the period, over domestic-violence
-- offences recorded in it.
with recorded as (
    select
        source,
        period_month,
        area_id,
        {{ count_where('is_domestic') }} as offences
    from {{ ref('int_recorded_crime') }}
    where months_covered = 1
    group by source, period_month, area_id
),

made as (
    select
        source,
        area_id,
        arrest_month as period_month,
        {{ count_where('is_domestic') }} as arrests
    from {{ ref('stg_crime_arrest') }}
    group by source, area_id, arrest_month
)

select
    event_month.source,
    event_month.period_month,
    event_month.area_id,
    coalesce(made.arrests, 0) as numerator,
    case when recorded.source is null then 0 else recorded.offences end as denominator
from {{ ref('int_event_month') }} as event_month
left join recorded using (source, area_id, period_month)
left join made using (source, area_id, period_month)
