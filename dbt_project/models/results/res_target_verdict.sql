-- One row per target, area, population group and month of the target's window: what is compared, with what, and the
-- verdict. By stage: the year to date in the year, the full year at its end, the month where each is judged, and the
-- latest whole year where figures exist only as whole years (METHODS §4). A verdict is what the accepted rows say; it
-- is provisional where the quarantined rows could change it, or where a delivery it rests on has not come whole.
with known_targets as (
    {{ known_targets() }}
),

known as (
    select
        targets.* exclude (source),
        coalesce(targets.population_group, 'all') as target_population_group,
        measures.better,
        measures.measure_type,
        measures.numerator_kind,
        measures.denominator_kind,
        measures.extract,
        measures.denominator_extract,
        coalesce(base.multiplier, measures.multiplier) as multiplier,
        measures.measure_type in ('count', 'money') as is_count,
        measures.measure_type in ('count', 'money') and measures.numerator_kind = 'flow' as is_running_count,
        date_diff('month', targets.window_from, targets.window_to) + 1 as window_months,
        {{ financial_year_start('targets.window_from') }} = targets.window_from as begins_a_financial_year
    from known_targets as targets
    inner join {{ ref('measures') }} as measures on targets.measure_id = measures.measure_id
    left join {{ ref('measures') }} as base on measures.base_measure = base.measure_id
),

-- The areas a target is judged in: its own, the force, or each of a type.
targets as (
    select
        known.*,
        coalesce(areas.area_id, known.area_id, 'force') as judged_area_id,
        areas.title as judged_area_title,
        -- A level for a count over several years is reached by adding the years up.
        known.is_running_count
        and known.rule in ('at_least', 'at_most', 'more_than')
        and known.window_months > 12
        and known.begins_a_financial_year as adds_up_years,
        known.begins_a_financial_year and known.window_months = 12 as is_one_financial_year
    from known
    left join {{ ref('areas') }} as areas
        on known.rule = 'every_area_improves' and known.every_area_type = areas.area_type
),

months as (
    select
        targets.*,
        month.period_month,
        month.financial_year_start,
        month.month_of_financial_year,
        month.period_month = date_trunc('month', targets.window_to) as is_last_month,
        year(month.financial_year_start) - year(targets.window_from) as years_before,
        case
            when targets.judged_by = 'month' then 'month'
            when targets.window_months > 12 and not targets.adds_up_years then 'rolling_12_months'
            else 'financial_year_to_date'
        end as own_basis
    from targets
    inner join {{ ref('int_month') }} as month
        on month.period_month between targets.window_from and targets.window_to
),

results as (
    select
        figures.measure_id,
        figures.area_id,
        figures.population_group,
        figures.period_basis,
        figures.window_from as compared_from,
        figures.period_month as compared_month,
        figures.source,
        figures.tile_months,
        figures.is_published_value,
        figures.numerator,
        figures.denominator,
        figures.smaller_base,
        figures.numerator_same_period_last_year,
        figures.value,
        figures.value_by_now,
        figures.value_same_period_last_year,
        figures.value_by_then_last_year,
        figures.reason,
        figures.reason_no_change,
        figures.comparison,
        figures.is_settled,
        figures.rows_quarantined,
        coalesce(quarantined.rows_quarantined_with_last_year, 0) as rows_quarantined_with_last_year,
        coalesce(quarantined.most_added, 0) as most_added,
        coalesce(quarantined.most_added_last_year, 0) as most_added_last_year
    from {{ ref('res_result') }} as figures
    left join {{ ref('res_quarantined') }} as quarantined
        on figures.measure_id = quarantined.measure_id
        and figures.source = quarantined.source
        and figures.period_basis = quarantined.period_basis
        and figures.period_month = quarantined.period_month
    where figures.measure_id in (
            select known.measure_id from known
            union all
            select known.other_measure_id from known
        )
),

-- What a month can be judged on: its own year to date (or month), or the latest figure that was delivered as a
-- whole year and ends in the target's window.
candidates as (
    select
        months.*,
        results.* exclude (measure_id, area_id, population_group),
        results.period_basis <> months.own_basis or results.compared_month <> months.period_month as stands_in
    from months
    left join results
        on months.measure_id = results.measure_id
        and months.judged_area_id = results.area_id
        and months.target_population_group = results.population_group
        and (
            (results.compared_month = months.period_month and results.period_basis = months.own_basis)
            or (
                results.period_basis = 'rolling_12_months'
                and results.tile_months = 12
                and results.value is not null
                and results.compared_month between months.window_from and months.period_month
                and months.judged_by = 'year'
                and not months.adds_up_years
            )
        )
),

chosen as (
    select *
    from candidates
    qualify row_number() over (
        partition by target_id, judged_area_id, period_month order by value is null, stands_in, compared_month desc
    ) = 1
),

-- The whole years before this month's, for a count over several years.
earlier_years as (
    select
        chosen.target_id,
        chosen.judged_area_id,
        chosen.period_month,
        count(earlier.value) as years_found,
        count(distinct earlier.source) filter (where earlier.source <> chosen.source) as other_sources,
        sum(earlier.value) as value,
        bool_and(earlier.is_settled) as is_settled,
        sum(earlier.rows_quarantined)::bigint as rows_quarantined,
        sum(earlier.most_added) as most_added
    from chosen
    inner join results as earlier
        on chosen.measure_id = earlier.measure_id
        and chosen.judged_area_id = earlier.area_id
        and chosen.target_population_group = earlier.population_group
        and earlier.period_basis = 'financial_year_to_date'
        and month(earlier.compared_month) = 3
        and earlier.compared_month > chosen.window_from
        and earlier.compared_month < chosen.financial_year_start
    where chosen.adds_up_years
    group by chosen.target_id, chosen.judged_area_id, chosen.period_month
),

added_up as (
    select
        chosen.* replace (
            case
                when not chosen.adds_up_years or chosen.years_before = 0 then chosen.value
                when earlier_years.years_found = chosen.years_before and earlier_years.other_sources = 0
                    then chosen.value + earlier_years.value
            end as value,
            case
                when not chosen.adds_up_years or chosen.years_before = 0 or chosen.value is null then chosen.reason
                when coalesce(earlier_years.years_found, 0) < chosen.years_before
                    then 'incomplete: ' || coalesce(earlier_years.years_found, 0) || ' of the '
                        || chosen.years_before || ' years before delivered'
                when earlier_years.other_sources > 0 then 'the years before come from another source'
            end as reason,
            chosen.is_settled and coalesce(earlier_years.is_settled, true) as is_settled,
            chosen.rows_quarantined + coalesce(earlier_years.rows_quarantined, 0) as rows_quarantined,
            chosen.most_added + coalesce(earlier_years.most_added, 0) as most_added
        )
    from chosen
    left join earlier_years using (target_id, judged_area_id, period_month)
),

compared as (
    select
        *,
        case
            when value is null then null
            when judged_by = 'month' then 'month'
            when stands_in then 'latest_year'
            when is_last_month then 'final'
            else 'in_year'
        end as verdict_stage,
        -- A gap below zero is reversed, not better: a gap is judged on its size.
        measure_type = 'survey_gap' and value < 0 as is_reversed,
        coalesce(baseline_kind in ('previous_year_outturn', 'same_window_previous_year'), false)
            as is_against_last_year,
        {{ breaks_between('added_up', 'added_up.baseline_month', 'added_up.compared_month') }} as breaks_since_baseline
    from added_up
),

-- Held against last year, a figure that late facts may still move is taken at the age last year's has.
with_baseline as (
    select
        * replace (
            case when is_against_last_year then rows_quarantined_with_last_year else rows_quarantined end
                as rows_quarantined
        ),
        case
            when is_against_last_year and reason_no_change is null and comparison = 'same_age' then value_by_now
            when measure_type = 'survey_gap' then abs(value)
            else value
        end as judged_value,
        case
            when baseline_kind = 'fixed' and not breaks_since_baseline then baseline_value
            when is_against_last_year and reason_no_change is null
                then case
                    when comparison = 'same_age' then value_by_then_last_year
                    when measure_type = 'survey_gap' then abs(value_same_period_last_year)
                    else value_same_period_last_year
                end
        end as baseline,
        -- What the quarantined rows could add to the value and to its baseline, were they counted.
        case
            when most_added = 0 then 0
            when is_published_value then 'infinity'::double
            else most_added * multiplier / coalesce(smaller_base, denominator, 1)
        end as could_rise_by,
        case
            when not is_against_last_year or most_added_last_year = 0 then 0
            when denominator_kind is null then most_added_last_year * multiplier
            else coalesce(
                most_added_last_year * value_same_period_last_year / nullif(numerator_same_period_last_year, 0),
                'infinity'::double
            )
        end as baseline_could_rise_by,
        -- A level for a count is reached over the year; a number to be complete by a date, until that date.
        coalesce(verdict_stage, '') = 'in_year'
        and (
            (is_running_count and not is_against_last_year)
            or (is_count and rule = 'by_date')
        ) as is_before_its_end
    from compared
),

-- Between these lies whatever the quarantined rows can make of the value and of its baseline.
with_range as (
    select
        *,
        {{ could_be_as_low_as('judged_value', 'could_rise_by') }} as lowest_value,
        judged_value + could_rise_by as highest_value,
        {{ could_be_as_low_as('baseline', 'baseline_could_rise_by') }} as lowest_baseline,
        baseline + baseline_could_rise_by as highest_baseline
    from with_baseline
),

with_threshold as (
    select
        *,
        {{ threshold('rule', 'amount', 'baseline') }} as threshold,
        {{ threshold('rule', 'amount', 'lowest_baseline') }} as lowest_threshold,
        {{ threshold('rule', 'amount', 'highest_baseline') }} as highest_threshold
    from with_range
),

-- The same target under its other reading: another rule or amount, the count in place of the rate, or another measure.
with_other_reading as (
    select
        with_threshold.*,
        coalesce(with_threshold.other_rule, with_threshold.rule) as rule_otherwise,
        coalesce(with_threshold.other_amount, with_threshold.amount) as amount_otherwise,
        coalesce(other.is_settled, true) as is_settled_otherwise,
        case
            when with_threshold.other_measure_id is not null then other.value
            when with_threshold.other_quantity = 'numerator' then with_threshold.numerator
            when with_threshold.other_rule is not null or with_threshold.other_amount is not null
                then with_threshold.judged_value
        end as value_otherwise,
        case
            when with_threshold.baseline_kind = 'fixed' then with_threshold.baseline
            when with_threshold.reason_no_change is not null then null
            when with_threshold.other_measure_id is not null
                then case when other.reason_no_change is null then other.value_same_period_last_year end
            when with_threshold.other_quantity = 'numerator' then with_threshold.numerator_same_period_last_year
            else with_threshold.baseline
        end as baseline_otherwise
    from with_threshold
    left join results as other
        on with_threshold.other_measure_id = other.measure_id
        and with_threshold.judged_area_id = other.area_id
        and with_threshold.target_population_group = other.population_group
        and with_threshold.period_basis = other.period_basis
        and with_threshold.compared_month = other.compared_month
),

with_expectation as (
    select
        with_other_reading.*,
        {{ threshold('rule_otherwise', 'amount_otherwise', 'baseline_otherwise') }} as threshold_otherwise,
        case
            when not is_before_its_end then null
            when rule = 'by_date'
                then with_other_reading.threshold
                    * (date_diff('month', window_from, with_other_reading.period_month) + 1) / window_months
            else with_other_reading.threshold * 12 / (case when adds_up_years then window_months else 12 end)
                * (
                    case when adds_up_years then years_before else 0 end
                    + coalesce(profile.expected_share, with_other_reading.month_of_financial_year / 12.0)
                )
        end as expected_by_now
    from with_other_reading
    left join {{ ref('res_month_profile') }} as profile
        on with_other_reading.measure_id = profile.measure_id
        and with_other_reading.source = profile.source
        and with_other_reading.judged_area_id = profile.area_id
        and with_other_reading.target_population_group = profile.population_group
        and with_other_reading.financial_year_start = profile.financial_year_start
        and with_other_reading.month_of_financial_year = profile.month_of_financial_year
),

judged as (
    select
        *,
        judged_value - threshold as gap_to_target,
        {{ verdict('rule', 'amount', 'better', 'judged_value', 'threshold', 'is_before_its_end', 'expected_by_now') }}
            as verdict,
        -- The same where every quarantined row speaks against the value, and for it. The share of a count expected by
        -- now is left as the accepted rows of earlier years have it.
        {{ verdict(
            'rule', 'amount', 'better', 'lowest_value', 'highest_threshold', 'is_before_its_end', 'expected_by_now'
        ) }} as verdict_at_lowest,
        {{ verdict(
            'rule', 'amount', 'better', 'highest_value', 'lowest_threshold', 'is_before_its_end', 'expected_by_now'
        ) }} as verdict_at_highest,
        case
            when value_otherwise is null or threshold_otherwise is null or is_before_its_end then null
            when {{ meets('rule_otherwise', 'amount_otherwise', 'better', 'value_otherwise', 'threshold_otherwise') }}
                then 'met'
            else 'not_met'
        end as verdict_otherwise
    from with_expectation
),

figures as (
    select
        *,
        case when numerator_kind = 'stock' then compared_month else compared_from end as rests_from,
        compared_month as rests_to
    from judged
),

reasoned as (
    select
        *,
        -- What cannot be measured, or is only monitored, claims nothing that a row could change.
        verdict in ('met', 'not_met', 'ahead', 'behind')
        and (verdict_at_lowest <> verdict or verdict_at_highest <> verdict) as could_be_changed,
        {{ late_because('figures') }} as late_because,
        case
            when value is null then coalesce(reason, 'not delivered for this period')
            when rule = 'monitor' then null
            when threshold is null and baseline_kind = 'fixed' and breaks_since_baseline then 'series break'
            when threshold is null and baseline_kind = 'fixed' then 'no baseline value'
            when threshold is null and reason_no_change = 'series break' then 'series break'
            when threshold is null then 'no baseline: ' || reason_no_change
            else nullif(concat_ws(
                '; ',
                case when is_reversed then 'the gap is reversed: judged on its size' end,
                case
                    when verdict_stage = 'latest_year' and month(compared_month) = 12
                        then 'calendar year ' || year(compared_month) || ' stands in for the financial year '
                            || {{ financial_year_name('window_from') }}
                    when verdict_stage = 'latest_year'
                        then 'the year to ' || strftime(compared_month, '%B %Y')
                            || ' stands in for the financial year ' || {{ financial_year_name('window_from') }}
                end,
                case
                    when verdict in ('met', 'not_met') and verdict_otherwise <> verdict
                        then 'the readings disagree: under the other one it is ' || replace(verdict_otherwise, '_', ' ')
                            || case when is_settled_otherwise then '' else ', from figures that are unsettled' end
                end,
                case
                    when is_settled then null
                    when is_against_last_year and comparison = 'same_age'
                        then 'unsettled: held against last year at the same age'
                    when is_against_last_year then 'unsettled: held against figures of last year that are settled'
                    else 'unsettled: late facts may still move it'
                end
            ), '')
        end as reason_given
    from figures
),

-- Some verdicts are made of several: of every area's, and, at its end, of every month's of a target judged each month.
together as (
    select
        *,
        period_month as verdict_month,
        case when rule = 'every_area_improves' then 'force' else judged_area_id end as verdict_area_id,
        case when rule = 'every_area_improves' then 'areas' end as made_of
    from reasoned
    where not (judged_by = 'month' and is_last_month)
    union all by name
    select
        of_a_month.* replace ('final' as verdict_stage),
        date_trunc('month', of_a_month.window_to)::date as verdict_month,
        of_a_month.judged_area_id as verdict_area_id,
        'months' as made_of
    from reasoned as of_a_month
    where of_a_month.judged_by = 'month'
        and exists (
            select 1 from {{ ref('int_month') }} as month
            where month.period_month = date_trunc('month', of_a_month.window_to)
        )
),

-- The one that is furthest from its target stands for all; one that failed goes before one that is not known.
binding as (
    select
        *,
        count(*) over of_one_verdict as parts_judged,
        count(*) filter (where verdict = 'met') over of_one_verdict as parts_met,
        count(*) filter (where verdict = 'not_measurable') over of_one_verdict as parts_unknown,
        -- The areas of one window have its rows in common.
        case
            when made_of = 'areas' then max(rows_quarantined) over of_one_verdict
            else sum(rows_quarantined) over of_one_verdict
        end as rows_quarantined_together,
        -- One part that fails whatever the rows are settles it.
        bool_or(could_be_changed) over of_one_verdict
        and not bool_or(verdict = 'not_met' and not could_be_changed) over of_one_verdict as could_be_changed_together,
        string_agg(distinct late_because, '; ' order by late_because) over of_one_verdict as late_because_together,
        bool_and(is_settled) over of_one_verdict as is_settled_together
    from together
    window of_one_verdict as (partition by target_id, verdict_area_id, target_population_group, verdict_month)
    qualify row_number() over (
        partition by target_id, verdict_area_id, target_population_group, verdict_month
        order by
            verdict = 'not_met' desc,
            verdict = 'not_measurable' desc,
            case when {{ wants_more('rule', 'amount', 'better') }} then gap_to_target else -gap_to_target end,
            period_month,
            judged_area_id
    ) = 1
),

with_provisional as (
    select
        * replace (rows_quarantined_together::bigint as rows_quarantined_together),
        {{ provisional_because('late_because_together', 'could_be_changed_together', 'rows_quarantined_together') }}
            as provisional_because
    from binding
)

select
    target_id,
    plan_id,
    measure_id,
    verdict_area_id as area_id,
    judged_area_id as compared_area_id,
    target_population_group as population_group,
    verdict_month as period_month,
    known_from,
    known_to,
    status as target_status,
    is_settled_together as is_settled,
    rows_quarantined_together as rows_quarantined,
    provisional_because is not null as is_provisional,
    provisional_because,
    rule,
    amount,
    baseline_kind,
    better,
    judged_by,
    window_from,
    window_to,
    adds_up_years,
    coalesce(period_basis, own_basis) as period_basis,
    compared_month,
    source,
    is_published_value,
    baseline,
    threshold,
    expected_by_now,
    value,
    judged_value,
    gap_to_target,
    verdict_stage,
    verdict,
    verdict_otherwise,
    case when made_of is not null then parts_judged end::integer as parts_judged,
    case when made_of is not null then parts_met end::integer as parts_met,
    case
        when made_of is null then reason_given
        else concat_ws(
            '; ',
            parts_met || ' of ' || parts_judged || ' ' || made_of || ' met'
            || case when parts_unknown > 0 then ', ' || parts_unknown || ' without a figure' else '' end
            || case
                when verdict in ('met', 'not_met') and made_of = 'areas' then '; shown is ' || judged_area_title
                when verdict in ('met', 'not_met') then '; shown is ' || strftime(period_month, '%B %Y')
                else ''
            end,
            reason_given
        )
    end as reason
from with_provisional
