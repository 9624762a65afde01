-- One row per source, period, area and population group: respondents satisfied with the overall service, weighted.
{% set groups = {
    'all': 'true',
    'ethnic_group:white': "ethnic_group in ('white_british', 'white_irish', 'white_other')",
    'ethnic_group:minority': "ethnic_group in ('mixed', 'asian', 'black', 'chinese_or_other')",
} %}
{% for population_group, condition in groups.items() %}
select
    source,
    period_month,
    months_covered,
    area_id,
    '{{ population_group }}' as population_group,
    {{ survey_parts(
        answered="overall <> 'not_stated'",
        agreed="overall in ('completely_satisfied', 'very_satisfied', 'fairly_satisfied')",
        group_condition=condition,
    ) }},
    {% if population_group == 'all' %}
    {{ the_published_value('crime_type is null and ethnic_group is null') }}
    {% else %}
    null::double
    {% endif %}
    as published_value
from {{ ref('stg_victim_satisfaction') }}
group by source, period_month, months_covered, area_id
{% if not loop.last %}union all{% endif %}
{% endfor %}
