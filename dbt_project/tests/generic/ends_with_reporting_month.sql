{# Fails for a row later than the reporting month: a release holds none. #}
{% test ends_with_reporting_month(model, column) %}
select {{ model }}.{{ column }}
from {{ model }}
cross join {{ source('landing', 'reporting_month') }} as reporting
where {{ model }}.{{ column }} > reporting.reporting_month
{% endtest %}
