-- One row per source, period and area: complaints received over police officers, full-time equivalent.
select
    coverage.source,
    coverage.period_month,
    coverage.months_covered,
    coverage.area_id,
    count(complaints.complaint_ref) as numerator,
    any_value(officers.fte) as denominator
from {{ ref('int_coverage') }} as coverage
left join {{ ref('stg_complaints') }} as complaints using (source, area_id, period_month)
left join {{ ref('int_officers') }} as officers using (area_id, period_month)
where coverage.extract = 'complaints'
group by coverage.source, coverage.period_month, coverage.months_covered, coverage.area_id
