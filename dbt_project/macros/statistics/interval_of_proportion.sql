{# Wilson's score interval of a share p of n (Wilson 1927, as PHEindicatormethods::phe_proportion):

       (2np + z² ± z √(z² + 4np(1 − p))) / (2(n + z²))

   `side` is '-' for the lower limit, '+' for the upper. n need not be whole: a survey gives its effective size. #}
{% macro wilson_limit(side, p, n, z) -%}
    least(1, greatest(0,
        (
            2 * ({{ n }}) * ({{ p }}) + pow({{ z }}, 2)
            {{ side }} {{ z }} * sqrt(pow({{ z }}, 2) + 4 * ({{ n }}) * ({{ p }}) * (1 - ({{ p }})))
        ) / (2 * (({{ n }}) + pow({{ z }}, 2)))
    ))
{%- endmacro %}
