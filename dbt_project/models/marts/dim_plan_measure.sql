-- One row per plan and measure it lists.
select
    plan_id,
    measure_id,
    objective,
    cpa_heading,
    pack_section,
    pack_order
from {{ ref('plan_measures') }}
