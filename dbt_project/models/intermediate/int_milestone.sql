-- One row per milestone, source and month end reported: its dates as they stood then, and its status. A milestone that
-- a later delivery leaves out stays as it was last reported.
with reported as (
    select
        *,
        first_value(original_due) over story as first_due,
        current_due <> lag(current_due, 1, original_due) over story as is_redated
    from {{ ref('stg_milestones') }}
    window story as (partition by source, milestone_ref order by period_month)
),

month_ends as (
    select distinct
        source,
        period_month
    from {{ ref('int_coverage') }}
    where extract = 'milestones'
),

as_it_stood as (
    select
        month_ends.period_month,
        last_day(month_ends.period_month) as month_end,
        reported.* exclude (period_month, original_due, first_due, delivery_id),
        reported.period_month as last_reported,
        reported.first_due as original_due,
        count(*) filter (where reported.is_redated) over story as times_redated
    from month_ends
    inner join reported
        on month_ends.source = reported.source and reported.period_month <= month_ends.period_month
    window story as (partition by reported.source, month_ends.period_month, reported.milestone_ref)
    qualify row_number() over (story order by reported.period_month desc) = 1
)

select
    source,
    period_month,
    months_covered,
    area_id,
    milestone_ref,
    programme,
    title,
    owner,
    original_due,
    current_due,
    completed_date,
    times_redated,
    last_reported,
    status as owner_status,
    completed_date is not null as is_achieved,
    least(original_due, current_due) <= month_end as is_due,
    -- An open milestone slips with every day past its present date.
    date_diff(
        'day',
        original_due,
        case
            when completed_date is not null then completed_date
            when current_due < month_end then month_end
            else current_due
        end
    ) as slip_days,
    case
        when completed_date <= original_due then 'achieved'
        when completed_date is not null then 'achieved late'
        when current_due < period_month then 'overdue'
        when current_due <= month_end then 'due'
        when original_due <= month_end then 're-dated'
        else 'not due'
    end as status
from as_it_stood
