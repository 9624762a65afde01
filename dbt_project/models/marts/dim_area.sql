-- One row per area a figure can be for.
select
    area_id,
    title,
    area_type,
    part_of_force,
    part_of_greater_london,
    ons_code
from {{ ref('areas') }}
