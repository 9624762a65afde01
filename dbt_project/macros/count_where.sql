{# Additive sum of a quantity over the rows that meet a condition. One row for which the condition, or the quantity it
   asks for, is unknown (its layout does not carry a column) makes the whole cell unknown: a file without a gun flag
   must not report zero gun crime. #}
{% macro count_where(condition, quantity='offences') -%}
    case
        when bool_and(({{ condition }}) is not null and (not ({{ condition }}) or {{ quantity }} is not null))
            then sum(case when {{ condition }} then {{ quantity }} else 0 end)
    end
{%- endmacro %}
