-- One row per target, in every version of it.
select
    target_id,
    plan_id,
    measure_id,
    coalesce(area_id, 'force') as area_id,
    coalesce(population_group, 'all') as population_group,
    window_from,
    window_to,
    rule,
    amount,
    baseline_kind,
    baseline_value,
    judged_by,
    status,
    known_from,
    supersedes,
    source as document,
    reading
from {{ ref('targets') }}
