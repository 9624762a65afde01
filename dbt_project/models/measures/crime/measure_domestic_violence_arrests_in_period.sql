-- One row per source, period and area: arrests for domestic violence made in the period, over domestic-violence
-- offences recorded in it. A month needs the records of the three months before it as well, from which some of its
-- arrests come.
with recorded as (
    select
        source,
        period_month,
        months_covered,
        area_id,
        {{ count_where('is_domestic') }} as denominator
    from {{ ref('int_recorded_crime') }}
    where months_covered = 1
    group by source, period_month, months_covered, area_id
    qualify count(*) over (
        partition by source, area_id order by period_month range between interval 3 months preceding and current row
    ) = 4
),

arrests as (
    select
        source,
        area_id,
        date_trunc('month', arrest_date) as period_month,
        {{ count_where('is_domestic') }} as numerator
    from {{ ref('stg_recorded_crime') }}
    where arrest_date is not null
    group by source, area_id, date_trunc('month', arrest_date)
)

select
    recorded.source,
    recorded.period_month,
    recorded.months_covered,
    recorded.area_id,
    coalesce(arrests.numerator, 0) as numerator,
    recorded.denominator
from recorded
left join arrests using (source, area_id, period_month)
