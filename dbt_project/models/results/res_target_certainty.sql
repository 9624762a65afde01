-- One row per target, area, population group and month of the target's window: how far sampling error leaves its
-- verdict open (METHODS §4). The verdict itself is the estimate against the threshold; this stands beside it.
with judged as (
    select
        verdicts.target_id,
        verdicts.area_id,
        verdicts.population_group,
        verdicts.period_month,
        verdicts.rule,
        verdicts.verdict,
        verdicts.judged_value,
        verdicts.threshold,
        verdicts.baseline,
        measures.interval_method,
        {{ wants_more('verdicts.rule', 'verdicts.amount', 'verdicts.better') }} as wants_more,
        -- The threshold moves with its baseline, which is an estimate too: fully, or by its share.
        case
            when verdicts.rule = 'relative_change' then (100 + verdicts.amount) / 100
            when verdicts.rule in ('point_change', 'improve', 'every_area_improves')
                or (verdicts.rule = 'more_than' and verdicts.amount is null)
                then 1
        end as baseline_share,
        figures.variance,
        figures.lower_95,
        figures.upper_95,
        figures.numerator,
        figures.is_published_value,
        figures.numerator_same_period_last_year,
        case
            when verdicts.baseline_kind <> 'fixed' then figures.variance_same_period_last_year
            when levels.outturn_source = verdicts.source then levels.outturn_variance
        end as baseline_variance,
        figures.change_percent_lower_95,
        figures.change_percent_upper_95,
        figures.change_lower_95 as change_in_points_lower_95,
        figures.change_upper_95 as change_in_points_upper_95
    from {{ ref('res_target_verdict') }} as verdicts
    inner join {{ ref('measures') }} as measures on verdicts.measure_id = measures.measure_id
    left join {{ ref('res_source_result') }} as figures
        on verdicts.measure_id = figures.measure_id
        and verdicts.source = figures.source
        and verdicts.compared_area_id = figures.area_id
        and verdicts.population_group = figures.population_group
        and verdicts.period_basis = figures.period_basis
        and verdicts.compared_month = figures.period_month
    left join {{ ref('res_target_level') }} as levels
        on verdicts.target_id = levels.target_id
        and {{ financial_year_start('verdicts.period_month') }} = levels.financial_year_start
),

with_error as (
    select
        *,
        coalesce(verdict in ('met', 'not_met', 'ahead', 'behind'), false) as is_judged,
        baseline_share is not null as is_change,
        sqrt(variance + case when baseline_share is null then 0 else pow(baseline_share, 2) * baseline_variance end)
            as standard_error
    from judged
)

select
    target_id,
    area_id,
    population_group,
    period_month,
    case
        when not is_judged then null
        when interval_method = 'survey' and standard_error is null then 'no_sampling_error'
        when is_published_value then 'no_sampling_error'
        when interval_method <> 'survey' then 'full_count'
        when is_change and abs(judged_value - threshold) > {{ z_95() }} * standard_error then 'clear'
        when is_change then 'too_close_to_call'
        when wants_more and (verdict = 'met' and lower_95 >= threshold or verdict = 'not_met' and upper_95 < threshold)
            then 'clear'
        when not wants_more
            and (verdict = 'met' and upper_95 <= threshold or verdict = 'not_met' and lower_95 > threshold)
            then 'clear'
        else 'too_close_to_call'
    end as certainty,
    -- The interval of the change, in the unit the target's amount has.
    {% for side, end in [('-', 'lower'), ('+', 'upper')] %}
    case
        when not is_judged or not is_change then null
        when rule = 'relative_change' and interval_method <> 'survey' then change_percent_{{ end }}_95
        when interval_method = 'poisson' then null
        when standard_error is not null and rule <> 'relative_change'
            then judged_value - baseline {{ side }} {{ z_95() }} * standard_error
        when interval_method <> 'survey' then change_in_points_{{ end }}_95
    end as change_{{ end }}_95,
    {% endfor %}
    -- The smallest change that a sample, or a count, of this size shows with 80 % power.
    case
        when not is_judged then null
        when interval_method = 'survey' then ({{ z_95() }} + {{ z_power_80() }}) * standard_error
        when interval_method = 'poisson' and rule = 'relative_change'
            then 100 * ({{ z_95() }} + {{ z_power_80() }}) * sqrt(numerator + numerator_same_period_last_year)
                / nullif(numerator_same_period_last_year, 0)
    end as detectable_change
from with_error
