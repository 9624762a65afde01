-- One row per source, month and area: complaints open at the month end that were received more than 120 days before.
-- A month needs the complaints of the year before it as well.
with covered as (
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
    count(complaints.complaint_ref) as numerator
from covered
left join {{ ref('stg_complaints') }} as complaints
    on covered.source = complaints.source
    and covered.area_id = complaints.area_id
    and complaints.received_date < last_day(covered.period_month) - 120
    and (complaints.closed_date is null or complaints.closed_date > last_day(covered.period_month))
group by covered.source, covered.period_month, covered.months_covered, covered.area_id
