{# -1, 0 or 1. A difference that is under 1e-12 of what it is a difference of is none: it is the noise of binary
   fractions, and a point on a line must not be counted on one of its sides. #}
{% macro sign_of(difference, scale) -%}
    case
        when abs({{ difference }}) <= 1e-12 * greatest(abs({{ scale }}), 1e-12) then 0
        else sign({{ difference }})
    end
{%- endmacro %}
