{{ config(meta={'dagster': {'ref': {'name': 'fct_measure_result'}}}) }}
-- A figure is either there or says why not, never both and never neither.
select
    measure_id,
    period_basis,
    period_month,
    area_id
from {{ ref('fct_measure_result') }}
where (value is null) = (reason is null)
