{{ config(meta={'dagster': {'ref': {'name': 'plans'}}}) }}
-- Two plans judged in one month would leave open which of them is in force.
select earlier.plan_id
from {{ ref('plans') }} as earlier
inner join {{ ref('plans') }} as later
    on earlier.plan_id < later.plan_id
    and earlier.judged_from <= later.judged_to
    and later.judged_from <= earlier.judged_to
