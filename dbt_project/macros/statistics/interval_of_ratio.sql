{# Interval of the ratio (x1/t1) / (x0/t0) of two counts over what they are counted in, both random (log method, Breslow
   and Day 1987):

       exp(ln ratio ± z √(1/x1 + 1/x0))

   None where a count is 0. #}
{% macro ratio_limit(side, x1, t1, x0, t0, z) -%}
    case
        when {{ x1 }} > 0 and {{ x0 }} > 0
            then exp(
                ln(({{ x1 }} / {{ t1 }}) / ({{ x0 }} / {{ t0 }})) {{ side }} {{ z }} * sqrt(1 / {{ x1 }} + 1 / {{ x0 }})
            )
    end
{%- endmacro %}
