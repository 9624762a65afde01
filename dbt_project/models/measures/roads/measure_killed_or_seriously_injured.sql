-- One row per source, period and area: people killed within 30 days or seriously injured.
-- Published figures leave the airports out, so no total may contain them: a delivered total, which may, is left out.
select
    source,
    period_month,
    months_covered,
    area_id,
    {{ count_where("severity in ('fatal', 'serious', 'killed_or_serious')", 'casualties') }} as numerator
from {{ ref('stg_road_casualties') }}
where area_id <> 'heathrow' and source not like '%\_total' escape '\'
group by source, period_month, months_covered, area_id
