-- One row per source, period and area: networks disrupted, each once a financial year, in the month it first was.
with first_disruption as (
    select
        source,
        area_id,
        network_ref,
        min(period_month) as period_month
    from {{ ref('stg_criminal_networks') }}
    group by source, area_id, network_ref, {{ financial_year_start('period_month') }}
)

select
    coverage.source,
    coverage.period_month,
    coverage.months_covered,
    coverage.area_id,
    count(first_disruption.network_ref) as numerator
from {{ ref('int_coverage') }} as coverage
left join first_disruption using (source, area_id, period_month)
where coverage.extract = 'criminal_networks'
group by coverage.source, coverage.period_month, coverage.months_covered, coverage.area_id
