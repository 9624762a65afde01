-- One row per source, period and area: days from receipt to close of the complaints closed in the month, over those
-- complaints. A month needs the complaints of the year before it as well, or the slow ones would be missing.
with closed as (
    select
        source,
        area_id,
        date_trunc('month', closed_date) as period_month,
        sum(date_diff('day', received_date, closed_date)) as days,
        count(*) as complaints
    from {{ ref('stg_complaints') }}
    where closed_date is not null
    group by source, area_id, date_trunc('month', closed_date)
),

covered as (
    select
        source,
        period_month,
        months_covered,
        area_id
    from {{ ref('int_coverage') }}
    where extract = 'complaints'
    qualify count(*) over (
        partition by source, area_id order by period_month range between interval 12 months preceding and current row
    ) = 13
)

select
    covered.source,
    covered.period_month,
    covered.months_covered,
    covered.area_id,
    coalesce(closed.days, 0) as numerator,
    coalesce(closed.complaints, 0) as denominator
from covered
left join closed using (source, area_id, period_month)
