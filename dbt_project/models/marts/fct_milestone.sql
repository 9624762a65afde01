-- One row per milestone, as it stands at the reporting month (or the last month end reported before it).
with latest as (
    select milestones.*
    from {{ ref('int_milestone') }} as milestones
    inner join {{ source('landing', 'reporting_month') }} as reporting
        on milestones.period_month <= reporting.reporting_month
    qualify milestones.period_month = max(milestones.period_month) over (partition by milestones.source)
),

quarters as (
    select
        latest.*,
        reporting.reporting_month,
        {{ quarter_start('latest.current_due') }} as due_quarter_start,
        {{ quarter_start('reporting.reporting_month') }} as this_quarter_start
    from latest
    cross join {{ source('landing', 'reporting_month') }} as reporting
)

select
    quarters.milestone_ref,
    quarters.source,
    quarters.programme,
    measures.measure_id,
    quarters.title,
    quarters.owner,
    quarters.period_month as as_at,
    quarters.original_due,
    quarters.current_due,
    quarters.completed_date,
    quarters.slip_days,
    quarters.times_redated::integer as times_redated,
    quarters.status,
    quarters.owner_status,
    {{ financial_year_name('quarters.current_due') }} || ' Q'
    || ((month(quarters.current_due) + 8) % 12 // 3 + 1)::varchar as due_quarter,
    quarters.due_quarter_start = quarters.this_quarter_start as is_due_this_quarter,
    quarters.due_quarter_start = {{ add_months('quarters.this_quarter_start', '3') }} as is_due_next_quarter,
    quarters.last_reported < quarters.period_month as is_missing_from_delivery
from quarters
left join {{ ref('measures') }} as measures
    on measures.extract = 'milestones' and quarters.programme = measures.extract_item
