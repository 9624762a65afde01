-- One row per target, as known at the reporting month, and financial year of its window: the level it asks of the whole
-- year. A change is resolved by the full year before, from twelve complete months or one annual figure.
with known_targets as (
    {{ known_targets() }}
),

known as (
    select
        targets.*,
        coalesce(targets.area_id, 'force') as judged_area_id,
        coalesce(targets.population_group, 'all') as judged_population_group,
        measures.measure_type,
        measures.better,
        measures.measure_type in ('count', 'money') and measures.numerator_kind = 'flow' as is_running_count,
        date_diff('month', targets.window_from, targets.window_to) + 1 as window_months
    from known_targets as targets
    inner join {{ ref('measures') }} as measures on targets.measure_id = measures.measure_id
    cross join {{ source('landing', 'reporting_month') }} as reporting
    where targets.rule not in ('monitor', 'every_area_improves')
        and targets.window_from = {{ financial_year_start('targets.window_from') }}
        and targets.window_from <= reporting.reporting_month
),

years as (
    select
        known.*,
        year.financial_year_start
    from known
    inner join (select distinct financial_year_start from {{ ref('int_month') }}) as year
        on year.financial_year_start between known.window_from and known.window_to
),

with_outturn as (
    select
        years.*,
        case when years.measure_type = 'survey_gap' then abs(results.value) else results.value end as outturn,
        results.variance as outturn_variance,
        results.source as outturn_source,
        case when results.value is null then coalesce(results.reason, 'not delivered') end as reason_no_outturn,
        {{ breaks_between(
            'results', add_months('years.financial_year_start', '-12'), 'years.financial_year_start'
        ) }} as has_break
    from years
    left join {{ ref('res_result') }} as results
        on years.measure_id = results.measure_id
        and years.judged_area_id = results.area_id
        and years.judged_population_group = results.population_group
        and results.period_basis = 'financial_year_to_date'
        and results.period_month = {{ add_months('years.financial_year_start', '-1') }}
),

levelled as (
    select
        *,
        case
            when baseline_kind = 'fixed' then baseline_value
            when not has_break then outturn
        end as baseline,
        {{ threshold('rule', 'amount', 'baseline') }}
            * case
                when is_running_count and window_months > 12 and rule in ('at_least', 'at_most', 'more_than')
                    then 12.0 / window_months
                else 1
            end as level
    from with_outturn
)

select
    target_id,
    plan_id,
    measure_id,
    judged_area_id as area_id,
    judged_population_group as population_group,
    financial_year_start,
    window_from,
    window_to,
    known_to,
    rule,
    amount,
    baseline_kind,
    better,
    measure_type,
    outturn,
    outturn_variance,
    outturn_source,
    reason_no_outturn,
    has_break,
    level,
    -- Of several targets that stand, the chart shows the one for the year itself.
    level is not null and known_to is null and rule <> 'by_date' and row_number() over (
        partition by measure_id, judged_area_id, judged_population_group, financial_year_start
        order by level is null, known_to is not null, window_months, target_id
    ) = 1 as is_line_of_chart
from levelled
