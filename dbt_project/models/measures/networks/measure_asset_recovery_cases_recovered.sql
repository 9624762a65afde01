-- One row per source, period and area: cases whose assets were confiscated or forfeited, in the month of their
-- seizure.
select
    coverage.source,
    coverage.period_month,
    coverage.months_covered,
    coverage.area_id,
    count(cases.case_ref) filter (where cases.stage in ('confiscated', 'forfeited')) as numerator
from {{ ref('int_coverage') }} as coverage
left join {{ ref('stg_asset_recovery') }} as cases using (source, area_id, period_month)
where coverage.extract = 'asset_recovery'
group by coverage.source, coverage.period_month, coverage.months_covered, coverage.area_id
