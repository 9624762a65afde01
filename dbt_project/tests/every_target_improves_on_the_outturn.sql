{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_target_ambition'}}}) }}
-- The plan says that every 2008/09 target improves on the 2007/08 outturn. It warns and does not block: that a target
-- asks for less than was done already is the plan's fault, and is shown beside the target in fct_target_ambition.
select
    target_id,
    outturn,
    level_asked
from {{ ref('fct_target_ambition') }}
where improves_on_outturn is false
