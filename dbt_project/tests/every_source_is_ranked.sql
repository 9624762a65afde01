{{ config(meta={'dagster': {'ref': {'name': 'int_coverage'}}}) }}
-- A source that source_preference.csv does not rank would be left out in silence.
select distinct
    coverage.extract,
    coverage.source
from {{ ref('int_coverage') }} as coverage
left join {{ ref('source_preference') }} as preference
    on coverage.extract = preference.extract and coverage.source = preference.source
where preference.source is null
