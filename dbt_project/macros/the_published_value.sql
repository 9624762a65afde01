{# The one percentage published for a cell. A percentage of a part (one crime type, one group) is not the whole's, and
   two different ones for the same cell are none. #}
{% macro the_published_value(is_whole) -%}
    case
        when count(distinct published_value) filter (where {{ is_whole }}) = 1
            then max(published_value) filter (where {{ is_whole }})
    end
{%- endmacro %}
