-- One row per measure, source, period, area and population group: victims satisfied with what the catalogue's
-- extract_item names (overall, a driver, call_handling), weighted; or the percentage as published.
{% set groups = groups_of(['ethnic_group']) %}
with interviews as (
    select
        source,
        period_month,
        months_covered,
        area_id,
        crime_type,
        ethnic_group,
        weight,
        respondents,
        published_value,
        overall,
        access,
        action,
        follow_up,
        treatment,
        call_handling
    from {{ ref('stg_victim_satisfaction') }}
),

-- A question that nobody in an area answered has no respondents there: none, not unknown.
answers as (
    select *
    from interviews
    unpivot include nulls (answer for question in (overall, access, action, follow_up, treatment, call_handling))
),

asked as (
    select
        measures.measure_id,
        answers.*
    from answers
    inner join {{ ref('measures') }} as measures
        on measures.extract = 'victim_satisfaction' and measures.extract_item = answers.question
)

{% for population_group, condition in groups.items() %}
select
    measure_id,
    source,
    period_month,
    months_covered,
    area_id,
    '{{ population_group }}' as population_group,
    {{ survey_parts(
        answered="answer <> 'not_stated'",
        agreed="answer in ('completely_satisfied', 'very_satisfied', 'fairly_satisfied')",
        group_condition=condition,
    ) }},
    {% if population_group == 'all' %}
    {{ the_published_value("question = 'overall' and crime_type is null and ethnic_group is null") }}
    {% else %}
    null::double
    {% endif %}
    as published_value
from asked
group by measure_id, source, period_month, months_covered, area_id
{% if not loop.last %}union all{% endif %}
{% endfor %}
