{{ config(meta={'dagster': {'ref': {'name': 'scorecard'}}}) }}
-- A measure in force that is missing from the scorecard is a silent omission.
select plan_measures.measure_id
from {{ ref('plan_measures') }} as plan_measures
inner join {{ ref('measures') }} as measures
    on plan_measures.measure_id = measures.measure_id and measures.status in ('live', 'draft')
where plan_measures.plan_id in (select plan_id from {{ ref('scorecard') }})
    and plan_measures.measure_id not in (select measure_id from {{ ref('scorecard') }})
union all
-- So is a target to be judged this month.
select targets.target_id as measure_id
from {{ ref('targets') }} as targets
inner join {{ source('landing', 'reporting_month') }} as reporting
    on reporting.reporting_month between targets.window_from and targets.window_to
    and targets.known_from <= reporting.targets_known_on
where targets.status not in ('draft', 'withdrawn')
    and targets.area_id is null
    and targets.target_id not in (
        select scorecard.target_id
        from {{ ref('scorecard') }}
        where scorecard.target_id is not null
    )
    and not exists (
        select 1
        from {{ ref('targets') }} as later
        where later.supersedes = targets.target_id
            and later.status <> 'draft'
            and later.known_from <= reporting.targets_known_on
    )
union all
select 'the scorecard is empty' as measure_id
where not exists (select 1 from {{ ref('scorecard') }})
