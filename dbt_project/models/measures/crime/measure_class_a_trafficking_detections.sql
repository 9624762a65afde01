-- One row per source, period, area and drug: sanction detections made in the month for trafficking a Class A drug.
{% set drugs = {
    'all': "('cocaine', 'crack', 'heroin')",
    'drug:cocaine': "('cocaine', 'crack')",
    'drug:heroin': "('heroin')",
} %}
{% for population_group, drug_types in drugs.items() %}
select
    source,
    period_month,
    area_id,
    '{{ population_group }}' as population_group,
    sum(
        case when offence_group = 'drug_trafficking' and drug_type in {{ drug_types }} then detections else 0 end
    ) as numerator
from {{ ref('int_detected_crime') }}
group by source, period_month, area_id
{% if not loop.last %}union all{% endif %}
{% endfor %}
