-- One row per decision of the Board, as the latest register up to the reporting month has it. One that a later register
-- leaves out stays as it was last reported: an open decision never ends in silence.
with registers as (
    select
        decisions.*,
        reporting.reporting_month,
        max(decisions.period_month) over () as latest_register,
        first_value(decisions.due_on) over (
            partition by decisions.decision_ref order by decisions.period_month
        ) as first_due
    from {{ ref('stg_board_decisions') }} as decisions
    inner join {{ source('landing', 'reporting_month') }} as reporting
        on decisions.period_month <= reporting.reporting_month
),

as_last_reported as (
    select *
    from registers
    qualify row_number() over (partition by decision_ref order by period_month desc) = 1
)

select
    decision_ref,
    measure_id,
    decision,
    owner_role,
    decided_on,
    due_on,
    status,
    closed_on,
    outcome,
    status = 'open' and due_on < last_day(reporting_month) as is_overdue,
    nullif(concat_ws(
        '; ',
        case when first_due <> due_on then 'first due on ' || strftime(first_due, '%-d %B %Y') end,
        case
            when status = 'open' and period_month < latest_register
                then 'still open: left out of the register of ' || strftime(latest_register, '%B %Y')
                    || ', shown as in that of ' || strftime(period_month, '%B %Y')
        end,
        case
            when status = 'open' and latest_register < reporting_month
                then 'no later register than that of ' || strftime(latest_register, '%B %Y') || ' has come'
        end
    ), '') as note
from as_last_reported
