{# Fails for every combination of the columns that occurs more than once: the grain a model states. #}
{% test is_unique_by(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
