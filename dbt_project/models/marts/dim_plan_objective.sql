-- One row per plan and objective, theme or area of it.
select
    plan_id,
    objective,
    kind,
    title,
    position
from {{ ref('plan_objectives') }}
