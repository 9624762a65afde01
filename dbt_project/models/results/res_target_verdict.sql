-- One row per target, area, population group and month of the target's window: what is compared, with what, and the
-- verdict. By stage: the year to date in the year, the full year at its end, the month where each is judged, and the
-- latest whole year where figures exist only as whole years (METHODS §4).
with targets as (
    select
        targets.* exclude (source),
        coalesce(targets.area_id, 'force') as target_area_id,
        coalesce(targets.population_group, 'all') as target_population_group,
        later.known_from as known_to,
        {{ financial_year_start('targets.window_from') }} = targets.window_from
            and last_day({{ add_months('targets.window_from', '11') }}) = targets.window_to as is_one_financial_year
    from {{ ref('targets') }} as targets
    cross join {{ source('landing', 'reporting_month') }} as reporting
    left join {{ ref('targets') }} as later
        on targets.target_id = later.supersedes
        and later.status <> 'draft'
        and later.known_from <= reporting.targets_known_on
    where targets.known_from <= reporting.targets_known_on
        and targets.status not in ('draft', 'withdrawn')
),

months as (
    select
        targets.*,
        month.period_month,
        month.financial_year_start,
        month.month_of_financial_year,
        month.period_month = date_trunc('month', targets.window_to) as is_last_month
    from targets
    inner join {{ ref('int_month') }} as month
        on month.period_month between targets.window_from and targets.window_to
),

results as (
    select
        measure_id,
        area_id,
        population_group,
        period_basis,
        period_month as compared_month,
        source,
        tile_months,
        is_published_value,
        value,
        value_same_period_last_year,
        reason,
        reason_no_change,
        is_settled,
        rows_quarantined
    from {{ ref('res_result') }}
),

-- What a month can be judged on: its own year to date (or month), or the latest figure that was delivered as a
-- whole year and ends in the target's window.
candidates as (
    select
        months.*,
        results.* exclude (measure_id, area_id, population_group),
        results.period_basis = 'rolling_12_months' as is_whole_year
    from months
    inner join results
        on months.measure_id = results.measure_id
        and months.target_area_id = results.area_id
        and months.target_population_group = results.population_group
        and (
            (
                results.compared_month = months.period_month
                and results.period_basis
                = case months.judged_by when 'month' then 'month' else 'financial_year_to_date' end
            )
            or (
                results.period_basis = 'rolling_12_months'
                and results.tile_months = 12
                and results.value is not null
                and results.compared_month between months.window_from and months.period_month
                and months.judged_by = 'year'
            )
        )
),

compared as (
    select
        *,
        case
            when value is null then null
            when judged_by = 'month' then 'month'
            when is_whole_year then 'latest_year'
            when is_one_financial_year and is_last_month then 'final'
            else 'in_year'
        end as verdict_stage
    from candidates
    qualify row_number() over (
        partition by target_id, period_month order by value is null, is_whole_year, compared_month desc
    ) = 1
),

with_baseline as (
    select
        compared.*,
        measures.better,
        -- A gap below zero is reversed, not better: a gap is judged on its size.
        measures.measure_type = 'survey_gap' and compared.value < 0 as is_reversed,
        case when measures.measure_type = 'survey_gap' then abs(compared.value) else compared.value end as judged_value,
        -- The year to date is no part of a count over several years: such a target has no level to hold it against.
        compared.is_one_financial_year
        or compared.verdict_stage = 'latest_year'
        or measures.measure_type not in ('count', 'money') as is_comparable,
        case
            when compared.baseline_kind = 'fixed' then compared.baseline_value
            when compared.baseline_kind is not null and compared.reason_no_change is null
                then case
                    when measures.measure_type = 'survey_gap' then abs(compared.value_same_period_last_year)
                    else compared.value_same_period_last_year
                end
        end as baseline,
        -- A level for a count, or a change from a fixed yearly count, is reached over the year.
        measures.measure_type in ('count', 'money')
        and measures.numerator_kind = 'flow'
        and compared.verdict_stage = 'in_year'
        and (compared.baseline_kind is null or compared.baseline_kind = 'fixed') as is_running_count
    from compared
    inner join {{ ref('measures') }} as measures on compared.measure_id = measures.measure_id
),

with_threshold as (
    select
        *,
        case when is_comparable then {{ threshold('rule', 'amount', 'baseline') }} end as threshold
    from with_baseline
),

with_expectation as (
    select
        with_threshold.*,
        case
            when with_threshold.is_running_count
                then with_threshold.threshold * coalesce(
                    profile.expected_share, with_threshold.month_of_financial_year / 12.0
                )
        end as expected_by_now
    from with_threshold
    left join {{ ref('res_month_profile') }} as profile
        on with_threshold.measure_id = profile.measure_id
        and with_threshold.source = profile.source
        and with_threshold.target_area_id = profile.area_id
        and with_threshold.target_population_group = profile.population_group
        and with_threshold.financial_year_start = profile.financial_year_start
        and with_threshold.month_of_financial_year = profile.month_of_financial_year
)

select
    target_id,
    plan_id,
    measure_id,
    target_area_id as area_id,
    target_population_group as population_group,
    period_month,
    known_from,
    known_to,
    status as target_status,
    is_settled,
    rows_quarantined,
    rule,
    amount,
    window_from,
    window_to,
    period_basis,
    compared_month,
    source,
    is_published_value,
    baseline,
    threshold,
    expected_by_now,
    value,
    judged_value - threshold as gap_to_target,
    verdict_stage,
    {{ verdict(
        'rule', 'amount', 'better', 'judged_value', 'threshold', 'is_running_count', 'expected_by_now'
    ) }} as verdict,
    case
        when value is null then coalesce(reason, 'not delivered for this period')
        when rule = 'monitor' then null
        when threshold is null and baseline_kind = 'fixed' and baseline is null then 'no baseline value'
        when not is_comparable then 'a count over several years is not judged by one of them'
        when threshold is null then
            case reason_no_change when 'series break' then 'series break' else 'no baseline: ' || reason_no_change end
        when is_reversed then 'the gap is reversed: judged on its size'
        when verdict_stage = 'latest_year' and month(compared_month) = 12
            then 'calendar year ' || year(compared_month) || ' stands in for the financial year '
                || {{ financial_year_name('window_from') }}
        when verdict_stage = 'latest_year'
            then 'the year to ' || strftime(compared_month, '%B %Y') || ' stands in for the financial year '
                || {{ financial_year_name('window_from') }}
    end as reason
from with_expectation
