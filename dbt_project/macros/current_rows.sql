{# The rows of an extract that are current: of each source and period, those of its newest delivery.
   A total delivered beside its parts is a source of its own, so that it is never added to them. Fractions become exact decimals here, so that sums
   do not depend on the order of the rows. `of` is what was made of the extract's rows, delivery by delivery. #}
{% macro current_rows(extract, columns, of=none) %}
select
    delivered.delivery_id,
    case
        when current_delivery.areas = 'boroughs'
            and delivered.area in ('force', 'greater_london', 'inner_london', 'outer_london')
            then current_delivery.source || '_total'
        else current_delivery.source
    end as source,
    delivered.period_month,
    delivered.months_covered,
    delivered.area as area_id,
    {{ columns | map('string') | join(',\n    ') }}
from {{ of or source('landing', extract) }} as delivered
inner join {{ ref('stg_current_delivery') }} as current_delivery
    on delivered.delivery_id = current_delivery.delivery_id
    and delivered.period_month = current_delivery.period_month
    and delivered.months_covered = current_delivery.months_covered
{% endmacro %}
