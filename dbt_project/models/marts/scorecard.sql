-- One row per measure in force and target in force at the reporting month, for the force. Every measure in force has a
-- row, with or without data.
with reporting as (
    select
        reporting_month,
        targets_known_on
    from {{ source('landing', 'reporting_month') }}
),

-- The plan judged this month if it lists measures, else the last one that did, else the first that will.
plan_in_force as (
    select
        plans.plan_id,
        plans.title as plan_title,
        reporting.reporting_month,
        reporting.targets_known_on,
        reporting.reporting_month not between plans.judged_from and plans.judged_to as is_carried_over
    from {{ ref('plans') }} as plans
    cross join reporting
    where plans.plan_id in (select plan_id from {{ ref('plan_measures') }})
    order by
        plans.judged_from <= reporting.reporting_month desc,
        abs(date_diff('month', plans.judged_from, reporting.reporting_month))
    limit 1
),

verdicts as (
    select
        verdicts.*,
        certainty.certainty,
        certainty.detectable_change,
        outlook.outlook,
        outlook.outlook_probability,
        outlook.outlook_reason,
        outlook.projected_year_end,
        outlook.required_run_rate
    from {{ ref('res_target_verdict') }} as verdicts
    inner join reporting on verdicts.period_month = reporting.reporting_month
    left join {{ ref('res_target_certainty') }} as certainty
        using (target_id, area_id, population_group, period_month)
    left join {{ ref('res_target_outlook') }} as outlook
        using (target_id, area_id, population_group, period_month)
    where verdicts.area_id = 'force' and verdicts.known_to is null
),

-- The plan's measures, and any other that has a target to be judged this month.
in_force as (
    select
        plan_in_force.*,
        plan_measures.objective,
        plan_measures.cpa_heading,
        plan_measures.pack_section,
        plan_measures.pack_order,
        measures.*
    from plan_in_force
    cross join {{ ref('measures') }} as measures
    left join {{ ref('plan_measures') }} as plan_measures
        on plan_in_force.plan_id = plan_measures.plan_id and measures.measure_id = plan_measures.measure_id
    where (plan_measures.measure_id is not null and measures.status in ('live', 'draft'))
        or measures.measure_id in (select verdicts.measure_id from verdicts)
),

draft_targets as (
    select distinct targets.measure_id
    from {{ ref('targets') }} as targets
    inner join reporting
        on reporting.reporting_month between targets.window_from and targets.window_to
        and targets.known_from <= reporting.targets_known_on
    where targets.status = 'draft'
),

-- Without a target a measure is shown on the longest basis it has a figure for. One that is delivered for whole years
-- shows the latest of the last two years until the next one comes.
shown as (
    select results.*
    from {{ ref('res_result') }} as results
    inner join reporting
        on results.period_month = reporting.reporting_month
        or (
            results.period_basis = 'rolling_12_months'
            and results.tile_months = 12
            and results.value is not null
            and results.period_month < reporting.reporting_month
            and results.period_month > {{ add_months('reporting.reporting_month', '-24') }}
        )
    where results.area_id = 'force' and results.population_group = 'all'
    qualify row_number() over (
        partition by results.measure_id
        order by
            results.value is null,
            results.period_month desc,
            list_position(
                ['financial_year_to_date', 'rolling_12_months', 'quarter', 'month'], results.period_basis
            )
    ) = 1
),

shown_for as (
    select
        shown.* exclude (period_month),
        shown.period_month as shown_month,
        reporting.reporting_month as period_month,
        measures.extract,
        measures.denominator_extract,
        case when measures.numerator_kind = 'stock' then shown.period_month else shown.window_from end as rests_from,
        shown.period_month as rests_to,
        false as is_against_last_year
    from shown
    cross join reporting
    inner join {{ ref('measures') }} as measures on shown.measure_id = measures.measure_id
),

-- The latest point of the force's control chart; one of a period before the latest says nothing of now.
charts as (
    select charts.*
    from {{ ref('fct_process_control') }} as charts
    cross join reporting
    where charts.area_id = 'force' and charts.population_group = 'all'
    qualify row_number() over (partition by charts.measure_id order by charts.period_month desc) = 1
),

without_target as (
    select
        *,
        {{ late_because('shown_for') }} as provisional_because
    from shown_for
)

select
    in_force.reporting_month,
    in_force.pack_order,
    in_force.objective,
    objectives.title as objective_title,
    in_force.cpa_heading,
    in_force.pack_section,
    in_force.measure_id,
    in_force.title,
    in_force.tier,
    in_force.owner,
    in_force.unit,
    in_force.better,
    in_force.proxy_for,
    in_force.status as measure_status,
    in_force.plan_id,
    in_force.is_carried_over,
    verdicts.target_id,
    coalesce(verdicts.population_group, 'all') as population_group,
    verdicts.target_status,
    verdicts.rule,
    verdicts.amount,
    verdicts.baseline,
    verdicts.threshold,
    verdicts.expected_by_now,
    coalesce(verdicts.period_basis, shown.period_basis) as period_basis,
    coalesce(verdicts.compared_area_id, 'force') as compared_area_id,
    coalesce(verdicts.compared_month, shown.shown_month) as compared_month,
    case when verdicts.target_id is null then shown.source else verdicts.source end as source,
    case when verdicts.target_id is null then shown.value else verdicts.value end as value,
    verdicts.gap_to_target,
    verdicts.verdict_stage,
    case
        when verdicts.target_id is not null then verdicts.verdict
        when shown.value is null then 'not_measurable'
        else 'no_target'
    end as verdict,
    verdicts.certainty,
    verdicts.detectable_change,
    case when not charts.is_current then 'not_assessable' else charts.variation end as variation,
    -- Of the target that its line stands for, and no other of the measure.
    case when charts.is_current and charts.target_id = verdicts.target_id then charts.assurance end as assurance,
    charts.period_month as charted_month,
    nullif(concat_ws(
        '; ',
        case when not charts.is_current then 'its latest point is of ' || strftime(charts.period_month, '%B %Y') end,
        charts.note
    ), '') as chart_note,
    verdicts.outlook,
    verdicts.outlook_probability,
    verdicts.outlook_reason,
    verdicts.projected_year_end,
    verdicts.required_run_rate,
    case
        when verdicts.target_id is null then shown.provisional_because is not null
        else verdicts.is_provisional
    end as is_provisional,
    case when verdicts.target_id is null then shown.provisional_because else verdicts.provisional_because end
        as provisional_because,
    case when verdicts.target_id is null then shown.is_settled else verdicts.is_settled end as is_settled,
    case when verdicts.target_id is null then shown.rows_quarantined else verdicts.rows_quarantined end
        as rows_quarantined,
    case
        when verdicts.target_id is not null then verdicts.reason
        when shown.value is null then shown.reason
        else nullif(concat_ws(
            '; ',
            case
                when shown.shown_month < in_force.reporting_month
                    then 'the latest figure: the year to ' || strftime(shown.shown_month, '%B %Y')
            end,
            case when draft_targets.measure_id is not null then 'its target is a draft, which is not judged' end
        ), '')
    end as reason,
    targets.reading,
    verdicts.verdict_otherwise,
    verdicts.parts_judged,
    verdicts.parts_met,
    ambition.improves_on_outturn
from in_force
left join verdicts on in_force.measure_id = verdicts.measure_id
left join {{ ref('targets') }} as targets on verdicts.target_id = targets.target_id
left join without_target as shown on in_force.measure_id = shown.measure_id
left join charts
    on in_force.measure_id = charts.measure_id and coalesce(verdicts.population_group, 'all') = 'all'
left join draft_targets on in_force.measure_id = draft_targets.measure_id
left join {{ ref('plan_objectives') }} as objectives
    on in_force.plan_id = objectives.plan_id and in_force.objective = objectives.objective
left join {{ ref('fct_target_ambition') }} as ambition on verdicts.target_id = ambition.target_id
