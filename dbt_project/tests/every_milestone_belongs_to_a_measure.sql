{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_milestone'}}}) }}
-- A programme that the catalogue does not name (extract_item) is counted by no measure: a misspelt one would be missed.
select distinct programme
from {{ ref('fct_milestone') }}
where measure_id is null
