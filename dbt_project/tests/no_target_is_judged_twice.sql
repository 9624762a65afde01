{{ config(meta={'dagster': {'ref': {'name': 'targets'}}}) }}
-- Two versions of one target in force on one day would give two verdicts for it.
select
    supersedes,
    count(*) as versions
from {{ ref('targets') }}
where supersedes is not null and status <> 'draft'
group by supersedes
having count(*) > 1
