{{ config(meta={'dagster': {'ref': {'name': 'fct_target_verdict'}}}) }}
-- A verdict that was judged has its certainty; a target that asks for something has its outlook, or the reason.
select
    target_id,
    area_id,
    period_month
from {{ ref('fct_target_verdict') }}
where (verdict in ('met', 'not_met', 'ahead', 'behind')) <> (certainty is not null)
    or (rule <> 'monitor') <> (outlook is not null)
    or (outlook = 'not_assessable') <> (outlook_reason is not null and rule <> 'monitor')
    or outlook_probability not between 0 and 1
