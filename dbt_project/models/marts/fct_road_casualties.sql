-- One row per month, months covered, area, source and severity.
select
    casualties.period_month,
    casualties.months_covered::integer as months_covered,
    casualties.area_id,
    casualties.source,
    casualties.severity,
    sum(casualties.casualties)::bigint as casualties
from {{ ref('stg_road_casualties') }} as casualties
inner join {{ ref('int_month') }} as month on casualties.period_month = month.period_month
group by all
