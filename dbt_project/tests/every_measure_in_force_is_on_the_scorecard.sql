{{ config(meta={'dagster': {'ref': {'name': 'scorecard'}}}) }}
-- A measure in force that is missing from the scorecard is a silent omission.
select plan_measures.measure_id
from {{ ref('plan_measures') }} as plan_measures
inner join {{ ref('measures') }} as measures
    on plan_measures.measure_id = measures.measure_id and measures.status in ('live', 'draft')
where plan_measures.plan_id in (select plan_id from {{ ref('scorecard') }})
    and plan_measures.measure_id not in (select measure_id from {{ ref('scorecard') }})
union all
select 'the scorecard is empty' as measure_id
where not exists (select 1 from {{ ref('scorecard') }})
