-- One row per source and extract column that it carries; a delivered total carries what its parts do.
with carried as (
    select
        extract,
        source,
        areas,
        column_name
    from {{ source('landing', 'layout_column') }}
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
