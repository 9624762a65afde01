-- One row per target, area, population group and month of the target's window: the probability that the year ends with
-- the target met, as seen from the last settled month (METHODS §5, step 4), and what the months to come must average.
{% set likely = 0.8 %}
{% set unlikely = 0.2 %}
with asked as (
    select
        verdicts.target_id,
        verdicts.measure_id,
        verdicts.area_id,
        verdicts.population_group,
        verdicts.period_month,
        verdicts.source,
        verdicts.rule,
        verdicts.verdict,
        verdicts.verdict_stage,
        verdicts.judged_value,
        verdicts.is_settled,
        verdicts.judged_by,
        verdicts.window_to,
        verdicts.adds_up_years,
        measures.measure_type,
        measures.numerator_kind,
        measures.cadence,
        {{ wants_more('verdicts.rule', 'verdicts.amount', 'verdicts.better') }} as wants_more,
        verdicts.rule in ('more_than', 'improve', 'every_area_improves') as is_strict,
        levels.level,
        {{ financial_year_start('verdicts.period_month') }} as financial_year_start,
        {{ add_months('verdicts.period_month', '-coalesce(measures.settles_after, 0)') }} as settled_month,
        count(*) filter (where verdicts.judged_by = 'month' and verdicts.verdict = 'not_met') over (
            partition by verdicts.target_id, verdicts.area_id, verdicts.population_group
            order by verdicts.period_month
        ) as months_failed
    from {{ ref('res_target_verdict') }} as verdicts
    inner join {{ ref('measures') }} as measures on verdicts.measure_id = measures.measure_id
    left join {{ ref('res_target_level') }} as levels
        on verdicts.target_id = levels.target_id
        and {{ financial_year_start('verdicts.period_month') }} = levels.financial_year_start
),

with_outlook as (
    select
        asked.*,
        outlook.* exclude (measure_id, source, area_id, population_group, financial_year_start, reason),
        outlook.reason as reason_no_deviation,
        -- The level in what is counted; to nine places, so that 97 % of 1,000 is 970 and not a little less.
        round(asked.level / outlook.unit, 9) as level_counted,
        asked.level / outlook.multiplier as level_ratio,
        asked.window_to >= {{ add_months('asked.financial_year_start', '12') }} as ends_after_the_year,
        asked.window_to < {{ add_months('asked.financial_year_start', '11') }} as ends_before_the_year
    from asked
    left join {{ ref('res_outlook') }} as outlook
        on asked.measure_id = outlook.measure_id
        and asked.source = outlook.source
        and asked.area_id = outlook.area_id
        and asked.population_group = outlook.population_group
        and asked.settled_month = outlook.origin_month
        and asked.financial_year_start = outlook.financial_year_start
),

-- How many standard deviations the target lies above what is projected; counts are whole numbers.
placed as (
    select
        *,
        case
            when method <> 'count' then level_counted
            when wants_more and is_strict then floor(level_counted) + 1
            when wants_more then ceil(level_counted)
            when is_strict then ceil(level_counted) - 1
            else floor(level_counted)
        end as limit_counted,
        case when method = 'count' then 0.5 else 0 end as half,
        case
            when method in ('count', 'amount') and wants_more then limit_counted - numerator_to_date - half
            when method in ('count', 'amount') then limit_counted - numerator_to_date + half
        end as still_to_come,
        case
            when deviation is null then null
            when method in ('count', 'amount') and still_to_come <= 0 then '-infinity'::double
            when method in ('count', 'amount')
                then (ln(still_to_come) - ln(numerator_to_come + half)) / nullif(deviation, 0)
            when method in ('share', 'ratio') and level_ratio <= 0 then '-infinity'::double
            when method = 'share' and level_ratio >= 1 then 'infinity'::double
            when method = 'share' then ({{ logit('level_ratio') }} - {{ logit('ratio') }}) / nullif(deviation, 0)
            when method = 'ratio' then ln(level_ratio / ratio) / nullif(deviation, 0)
            else (level - projected) / nullif(deviation, 0)
        end as distance,
        -- A gap is judged on its size: a reversed one as large is no better.
        case
            when measure_type = 'survey_gap' and deviation is not null then (-level - projected) / nullif(deviation, 0)
        end as distance_reversed
    from with_outlook
),

reasoned as (
    select
        *,
        case
            when rule = 'monitor' then 'monitored only'
            when verdict_stage = 'final' and is_settled and verdict not in ('met', 'not_met')
                then 'the year is over and was not measurable'
            when verdict_stage = 'final' and is_settled then null
            when judged_by = 'month' and months_failed > 0 then null
            when judged_by = 'month' then 'judged each month'
            when measure_type = 'milestone' or rule = 'by_date' then 'to be reached by a date'
            when rule = 'every_area_improves' then 'judged for every area'
            when numerator_kind = 'stock' then 'a stock, judged as it stands at the year''s end'
            when ends_after_the_year then 'its window ends after this financial year'
            when ends_before_the_year then 'its window ends before this financial year does'
            when adds_up_years then 'a count over several years'
            when level is null then 'no level for the year: no outturn of the year before'
            when settled_month < financial_year_start then 'no settled month of the year yet'
            when verdict_stage = 'latest_year' or cadence = 'annual' then 'no monthly series'
            when projected is null then 'fewer than two complete years, or six months, of the series'
            when deviation is null then reason_no_deviation
            when deviation = 0 then 'its projections have never been wrong: too little varies'
        end as outlook_reason
    from placed
),

with_probability as (
    select
        *,
        case
            when outlook_reason is not null then null
            when
                verdict_stage = 'final' and is_settled
                then case when verdict = 'met' then 1.0 when verdict = 'not_met' then 0.0 end
            when judged_by = 'month' then 0.0
            when wants_more then 1 - ({{ normal_cdf('distance') }})
            when
                distance_reversed is not null
                then ({{ normal_cdf('distance') }}) - ({{ normal_cdf('distance_reversed') }})
            else {{ normal_cdf('distance') }}
        end as probability
    from reasoned
)

select
    target_id,
    area_id,
    population_group,
    period_month,
    case
        when rule = 'monitor' then null
        when probability >= {{ likely }} then 'on_track'
        when probability <= {{ unlikely }} then 'off_track'
        when probability is not null then 'uncertain'
        else 'not_assessable'
    end as outlook,
    probability as outlook_probability,
    outlook_reason,
    level as level_for_year,
    -- A year that is over ended where it did.
    case when verdict_stage = 'final' and is_settled then judged_value else projected end as projected_year_end,
    lower_80 as projected_lower_80,
    upper_80 as projected_upper_80,
    lower_95 as projected_lower_95,
    upper_95 as projected_upper_95,
    settled_month as projected_from,
    case
        when level is null or projected is null or rule = 'monitor' then null
        when ends_after_the_year or ends_before_the_year or adds_up_years then null
        when method in ('count', 'amount')
            then greatest(0, (level_counted - numerator_to_date) * unit / months_remaining)
        when method in ('share', 'ratio')
            then greatest(0, multiplier * (
                level_ratio * (denominator_to_date + denominator_to_come) - numerator_to_date
            ) / denominator_to_come)
        else (level - value_to_date * (12 - months_remaining) / 12.0) * 12.0 / months_remaining
    end as required_run_rate
from with_probability
