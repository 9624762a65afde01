{# Fails where a measure model breaks the contract every measure keeps: one row per source, period, area and group; no
   key missing; no negative part. #}
{% test has_measure_shape(model, has_groups=false) %}
select
    source,
    period_month,
    months_covered,
    area_id
from {{ model }}
group by source, period_month, months_covered, area_id{% if has_groups %}, population_group{% endif %}
having count(*) > 1
    or source is null
    or period_month is null
    or months_covered is null
    or area_id is null
    or min(numerator) < 0
{% endtest %}
