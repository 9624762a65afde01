-- One row per area that is made of parts, and part of it. `is_required` marks the parts a total cannot do without.
select
    'force' as total_area_id,
    area_id,
    area_type = 'borough' as is_required
from {{ ref('areas') }}
where part_of_force
union all
select
    'greater_london' as total_area_id,
    area_id,
    area_type in ('borough', 'city') as is_required
from {{ ref('areas') }}
where part_of_greater_london
