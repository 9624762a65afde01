-- One row per source and extract column that it carries; a delivered total carries what its parts do, and a source's
-- published rates, which are a source of their own, what the source does.
with carried as (
    select
        extract,
        source,
        areas,
        column_name
    from {{ source('landing', 'layout_column') }}
),

rated as (
    select source
    from carried
    where column_name = 'published_rate'
)

select
    extract,
    source,
    column_name
from carried
union all
select
    extract,
    source || '_total' as source,
    column_name
from carried
where areas = 'boroughs'
union all
select
    carried.extract,
    carried.source || '_rate' as source,
    carried.column_name
from carried
inner join rated on carried.source = rated.source
