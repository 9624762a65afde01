{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_local_target'}}}) }}
-- Boroughs that all met their own targets would still miss the force's.
select
    target_id,
    threshold,
    boroughs_together
from {{ ref('fct_local_target') }}
where reaches_the_forces is false
