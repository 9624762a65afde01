-- One row per source, period, area and population group: contracted hours that police staff lost to sickness, over
-- hours contracted. Where a group has nobody in an area, nothing was contracted there: none, not unknown.
{% for population_group, condition in groups_of(['gender', 'ethnic_group']).items() %}
select
    source,
    period_month,
    months_covered,
    area_id,
    '{{ population_group }}' as population_group,
    {% if population_group == 'all' %}
    sum(sickness_hours) as numerator,
    sum(contracted_hours) as denominator
    {% else %}
    coalesce(sum(sickness_hours) filter (where {{ condition }}), 0) as numerator,
    coalesce(sum(contracted_hours) filter (where {{ condition }}), 0) as denominator
    {% endif %}
from {{ ref('stg_workforce') }}
where role = 'staff'
group by source, period_month, months_covered, area_id
{% if not loop.last %}union all{% endif %}
{% endfor %}
