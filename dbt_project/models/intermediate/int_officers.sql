-- One row per area and month: police officers, full-time equivalent, from the preferred source.
with officers as (
    select
        source,
        area_id,
        period_month,
        sum(fte) as fte
    from {{ ref('stg_workforce') }}
    where role = 'officer'
    group by source, area_id, period_month
)

select
    officers.area_id,
    officers.period_month,
    officers.fte
from officers
inner join {{ ref('source_preference') }} as preference
    on preference.extract = 'workforce'
    and preference.measure_id is null
    and officers.source = preference.source
qualify row_number() over (partition by officers.area_id, officers.period_month order by preference.rank) = 1
