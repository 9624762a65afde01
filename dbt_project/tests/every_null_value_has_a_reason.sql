{{ config(meta={'dagster': {'ref': {'name': 'fct_measure_result'}}}) }}
-- A figure is either there or says why not, never both and never neither; so is a verdict.
select
    measure_id,
    period_basis,
    period_month,
    area_id
from {{ ref('fct_measure_result') }}
where (value is null) = (reason is null)
union all
select
    measure_id,
    verdict_stage as period_basis,
    reporting_month as period_month,
    'force' as area_id
from {{ ref('scorecard') }}
where verdict = 'not_measurable' and reason is null
