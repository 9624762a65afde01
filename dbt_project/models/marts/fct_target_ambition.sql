-- One row per target for one financial year that names a level or a change, as known at the reporting month: whether
-- meeting it improves on the outturn of the year before, as the plan says that every 2008/09 target must.
with one_year as (
    select
        targets.target_id,
        targets.plan_id,
        targets.measure_id,
        coalesce(targets.area_id, 'force') as area_id,
        coalesce(targets.population_group, 'all') as population_group,
        targets.window_from,
        targets.window_to,
        targets.rule,
        targets.amount,
        targets.baseline_kind,
        targets.baseline_value,
        measures.better,
        measures.measure_type
    from {{ ref('targets') }} as targets
    inner join {{ ref('measures') }} as measures on targets.measure_id = measures.measure_id
    inner join {{ source('landing', 'reporting_month') }} as reporting
        on targets.known_from <= reporting.targets_known_on
    where targets.rule not in ('monitor', 'every_area_improves')
        and targets.status not in ('draft', 'withdrawn')
        and targets.window_from = {{ financial_year_start('targets.window_from') }}
        and date_diff('month', targets.window_from, targets.window_to) = 11
        and targets.window_from <= reporting.reporting_month
),

with_outturn as (
    select
        one_year.*,
        case when one_year.measure_type = 'survey_gap' then abs(results.value) else results.value end as outturn,
        results.source,
        coalesce(results.reason, 'not delivered') as reason_no_outturn,
        {{ breaks_between(
            'results', add_months('one_year.window_from', '-12'), 'one_year.window_from'
        ) }} as has_break
    from one_year
    left join {{ ref('res_result') }} as results
        on one_year.measure_id = results.measure_id
        and one_year.area_id = results.area_id
        and one_year.population_group = results.population_group
        and results.period_basis = 'financial_year_to_date'
        and results.period_month = {{ add_months('one_year.window_from', '-1') }}
),

with_level as (
    select
        *,
        case when baseline_kind = 'fixed' then baseline_value else outturn end as baseline
    from with_outturn
),

levelled as (
    select
        *,
        {{ threshold('rule', 'amount', 'baseline') }} as level_asked
    from with_level
)

select
    target_id,
    plan_id,
    measure_id,
    area_id,
    population_group,
    source,
    outturn,
    level_asked,
    case
        when outturn is null or level_asked is null or has_break or better = 'neither' or measure_type = 'milestone'
            then null
        when rule in ('more_than', 'improve') and baseline_kind <> 'fixed' then true
        when better = 'higher' then {{ is_above('level_asked', 'outturn') }}
        else {{ is_below('level_asked', 'outturn') }}
    end as improves_on_outturn,
    case
        when outturn is null then 'no outturn: ' || reason_no_outturn
        when has_break then 'series break'
        when better = 'neither' then 'neither direction is better'
        when measure_type = 'milestone' then 'each year has milestones of its own'
        when level_asked is null then 'the target names no level'
    end as reason
from levelled
