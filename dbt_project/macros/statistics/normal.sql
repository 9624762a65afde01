{# The normal distribution. #}

{# Two-sided limits: 1.96 for 95 %, 3.09 for 99.8 %, 1.28 for 80 %; 0.84 is the quantile of 80 %. Written as doubles:
   DuckDB takes a plain number for a decimal, whose products overflow. #}
{% macro z_95() -%} 1.959963984540054e0 {%- endmacro %}
{% macro z_998() -%} 3.090232306167813e0 {%- endmacro %}
{% macro z_two_sided_80() -%} 1.2815515655446004e0 {%- endmacro %}
{% macro z_power_80() -%} 0.8416212335729143e0 {%- endmacro %}

{# Probability that a standard normal variable is at most x, within 1e-7: Abramowitz and Stegun, Handbook of
   Mathematical Functions, 26.2.17. #}
{% macro normal_cdf(x) -%}
    {%- set tail -%}
        (0.3989422804014327 * exp(-pow({{ x }}, 2) / 2) * (
            0.319381530 / (1 + 0.2316419 * abs({{ x }}))
            - 0.356563782 / pow(1 + 0.2316419 * abs({{ x }}), 2)
            + 1.781477937 / pow(1 + 0.2316419 * abs({{ x }}), 3)
            - 1.821255978 / pow(1 + 0.2316419 * abs({{ x }}), 4)
            + 1.330274429 / pow(1 + 0.2316419 * abs({{ x }}), 5)
        ))
    {%- endset -%}
    0.5 + sign({{ x }}) * (0.5 - {{ tail }})
{%- endmacro %}

{# A share as log odds, and back. #}
{% macro logit(share) -%} ln({{ share }} / (1 - {{ share }})) {%- endmacro %}
{% macro inverse_logit(log_odds) -%} (1 / (1 + exp(-({{ log_odds }})))) {%- endmacro %}
