-- One row per policing plan.
select
    plan_id,
    title,
    status,
    judged_from,
    judged_to
from {{ ref('plans') }}
