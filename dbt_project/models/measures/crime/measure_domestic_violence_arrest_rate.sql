-- One row per source, period, area and group of the victim: domestic-violence offences that led to an arrest, whenever
-- it came, over all. A source that does not say whose victim it was has no row for a group.
with offences as (
    select
        *,
        victim_group as ethnic_group
    from {{ ref('int_recorded_crime') }}
)

{% for population_group, condition in groups_of(['ethnic_group']).items() %}
{% set counted = 'is_domestic and ' ~ condition %}
select
    source,
    period_month,
    months_covered,
    area_id,
    '{{ population_group }}' as population_group,
    {{ count_where(counted, 'arrests') }} as numerator,
    {{ count_where(counted, 'arrests_by_now') }} as numerator_by_now,
    {{ count_where(counted, 'arrests_by_then') }} as numerator_by_then,
    {{ count_where(counted) }} as denominator
from offences
{% if population_group != 'all' %}
where victim_group is not null
{% endif %}
group by source, period_month, months_covered, area_id
{% if not loop.last %}union all{% endif %}
{% endfor %}
