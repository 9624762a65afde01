{# People of a role at month end. A source that has nobody of the role in a month, anywhere, does not report on it: that
   is unknown, not none. #}
{% macro strength_of(role, quantity) -%}
select
    source,
    period_month,
    months_covered,
    area_id,
    {{ count_where("role = '" ~ role ~ "'", quantity) }} as numerator
from {{ ref('stg_workforce') }}
group by source, period_month, months_covered, area_id
qualify max(max(role = '{{ role }}')) over (partition by source, period_month)
{%- endmacro %}
