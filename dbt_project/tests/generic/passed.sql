{# A check of deliveries fails with a row per finding, in words. #}
{% test passed(model, check_name) %}
select finding
from {{ model }}
where check_name = '{{ check_name }}' and not is_passed
{% endtest %}
