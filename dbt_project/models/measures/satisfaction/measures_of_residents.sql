-- One row per measure, source, period, area and population group: residents who agree with the question that the
-- catalogue's extract_item names (survey:question), weighted; or the percentage as published. An area the survey
-- covers, in which nobody was asked a question put elsewhere, has no respondents: none, not unknown.
{% set groups = groups_of(['ethnic_group']) %}
with answers as (
    select
        measures.measure_id,
        answers.*
    from {{ ref('stg_public_attitude') }} as answers
    inner join {{ ref('measures') }} as measures
        on measures.extract = 'public_attitude' and measures.extract_item = answers.survey || ':' || answers.question
),

asked as (
    select distinct
        answers.measure_id,
        coverage.source,
        coverage.period_month,
        coverage.months_covered,
        coverage.area_id
    from answers
    inner join {{ ref('int_coverage') }} as coverage
        on answers.source = coverage.source
        and answers.period_month = coverage.period_month
        and answers.months_covered = coverage.months_covered
    where coverage.extract = 'public_attitude'
)

{% for population_group, condition in groups.items() %}
select
    asked.measure_id,
    asked.source,
    asked.period_month,
    asked.months_covered,
    asked.area_id,
    '{{ population_group }}' as population_group,
    {{ survey_parts(
        answered="answers.answer in "
            ~ "('strongly_agree', 'tend_to_agree', 'neither', 'tend_to_disagree', 'strongly_disagree')",
        agreed="answers.answer in ('strongly_agree', 'tend_to_agree')",
        group_condition=condition,
    ) }},
    {% if population_group == 'all' %}
    {{ the_published_value('answers.ethnic_group is null and answers.answer is null') }}
    {% else %}
    null::double
    {% endif %}
    as published_value
from asked
left join answers using (measure_id, source, period_month, months_covered, area_id)
group by asked.measure_id, asked.source, asked.period_month, asked.months_covered, asked.area_id
{% if population_group != 'all' %}
-- A published percentage says nothing of groups.
having count(answers.published_value) = 0
{% endif %}
{% if not loop.last %}union all{% endif %}
{% endfor %}
