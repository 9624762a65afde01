-- One row per target of the force that has targets of boroughs beside it at the reporting month: whether the boroughs'
-- levels, added up (or averaged over their denominators), reach the force's.
with verdicts as (
    select
        verdicts.*,
        measures.better,
        measures.measure_type,
        measures.denominator_kind is not null as has_denominator
    from {{ ref('res_target_verdict') }} as verdicts
    inner join {{ source('landing', 'reporting_month') }} as reporting
        on verdicts.period_month = reporting.reporting_month
    inner join {{ ref('measures') }} as measures on verdicts.measure_id = measures.measure_id
    where verdicts.known_to is null
),

boroughs as (
    select area_id
    from {{ ref('areas') }}
    where area_type = 'borough'
),

added_up as (
    select
        forces.target_id,
        forces.measure_id,
        forces.population_group,
        forces.rule,
        forces.amount,
        forces.better,
        forces.measure_type,
        forces.threshold,
        count(*) as boroughs_with_target,
        count(locals.threshold) filter (where not forces.has_denominator or results.denominator is not null)
            as boroughs_with_level,
        case
            when any_value(forces.has_denominator)
                then sum(locals.threshold * results.denominator) / nullif(sum(results.denominator), 0)
            else sum(locals.threshold)
        end as boroughs_together
    from verdicts as forces
    inner join verdicts as locals
        on forces.measure_id = locals.measure_id
        and forces.population_group = locals.population_group
        and forces.window_from = locals.window_from
        and forces.window_to = locals.window_to
        and forces.rule <> 'monitor'
    inner join boroughs on locals.area_id = boroughs.area_id
    left join {{ ref('res_result') }} as results
        on locals.measure_id = results.measure_id
        and locals.area_id = results.area_id
        and locals.population_group = results.population_group
        and locals.period_basis = results.period_basis
        and locals.compared_month = results.period_month
    where forces.area_id = 'force'
    group by all
)

select
    target_id,
    measure_id,
    population_group,
    threshold,
    boroughs_with_target::integer as boroughs_with_target,
    case when measure_type <> 'survey_gap' then boroughs_together end as boroughs_together,
    case
        when measure_type = 'survey_gap'
            or threshold is null
            or boroughs_with_level < (select count(*) from boroughs)
            then null
        when {{ wants_more('rule', 'amount', 'better') }}
            then not ({{ is_below('boroughs_together', 'threshold') }})
        else not ({{ is_above('boroughs_together', 'threshold') }})
    end as reaches_the_forces,
    case
        when measure_type = 'survey_gap' then 'gaps cannot be added up'
        when threshold is null then 'the force''s target has no level'
        when boroughs_with_level < (select count(*) from boroughs)
            then boroughs_with_level || ' of ' || (select count(*) from boroughs) || ' boroughs have a level'
    end as reason
from added_up
