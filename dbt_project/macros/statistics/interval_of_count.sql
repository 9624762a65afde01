{# Interval of a count of events x (Byar's approximation, Breslow and Day 1987, as PHEindicatormethods::phe_rate):

       lower x (1 − 1/(9x) − z/(3√x))³        upper (x + 1)(1 − 1/(9(x + 1)) + z/(3√(x + 1)))³

   Under 10 events the limits are exact; they come from the seed poisson_limits, joined on x, as `exact`. A rate's limits
   are those of its count, over its denominator. #}
{% macro poisson_limit(side, x, z, exact) -%}
    {%- set events = x if side == '-' else '(' ~ x ~ ' + 1)' -%}
    case
        when {{ x }} >= 10
            then {{ events }} * pow(1 - 1 / (9 * {{ events }}) {{ side }} {{ z }} / (3 * sqrt({{ events }})), 3)
        else {{ exact }}
    end
{%- endmacro %}
