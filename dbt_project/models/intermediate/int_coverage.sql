-- One row per extract, source, period, months covered and area that a current delivery covers.
-- Covered without rows of a kind is zero; not covered is unknown.
{% set extracts = [
    'recorded_crime', 'victim_satisfaction', 'public_attitude', 'workforce', 'road_casualties', 'criminal_networks',
    'population',
] %}
{% for extract in extracts %}
select distinct
    '{{ extract }}' as extract,
    source,
    period_month,
    months_covered,
    area_id
from {{ ref('stg_' ~ extract) }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
