{# Units side by side, on a scale on which their scatter does not depend on their value (Spiegelhalter 2005, Statistics
   in Medicine 24:1185; additive over-dispersion as in NHS Digital's SHMI methodology). #}

{# y: √(x/E) of a rate, with E the events a unit would have at the pooled rate; arcsin √p of a share. #}
{% macro funnel_value(is_share, numerator, denominator, pooled) -%}
    case
        when {{ is_share }} then asin(sqrt({{ numerator }} / {{ denominator }}))
        else sqrt({{ numerator }} / ({{ denominator }} * {{ pooled }}))
    end
{%- endmacro %}

{# The pooled value on that scale. #}
{% macro funnel_target(is_share, pooled) -%}
    case when {{ is_share }} then asin(sqrt({{ pooled }})) else 1 end
{%- endmacro %}

{# Standard deviation of y: 1/(2√E), or 1/(2√n). #}
{% macro funnel_deviation(is_share, denominator, pooled) -%}
    case
        when {{ is_share }} then 1 / (2 * sqrt({{ denominator }}))
        else 1 / (2 * sqrt({{ denominator }} * {{ pooled }}))
    end
{%- endmacro %}

{# A limit on that scale as a value again. #}
{% macro funnel_limit(side, is_share, target, deviation, z, pooled) -%}
    case
        when {{ is_share }}
            then pow(sin(least(pi() / 2, greatest(0, {{ target }} {{ side }} {{ z }} * {{ deviation }}))), 2)
        else pow(greatest(0, {{ target }} {{ side }} {{ z }} * {{ deviation }}), 2) * {{ pooled }}
    end
{%- endmacro %}

{# τ², the variance between units beyond chance: with φ = Σz²/k of the winsorised z, k units and weights w = 1/s²,

       max(0, (kφ − (k − 1)) / (Σw − Σw²/Σw)) #}
{% macro between_variance(units, phi, sum_weight, sum_weight_squared) -%}
    greatest(0,
        ({{ units }} * {{ phi }} - ({{ units }} - 1))
        / ({{ sum_weight }} - {{ sum_weight_squared }} / {{ sum_weight }})
    )
{%- endmacro %}

{# Where a unit lies: beyond the 99.8 % limits, beyond those of 95 %, or within. #}
{% macro funnel_flag(z) -%}
    case
        when {{ z }} > {{ z_998() }} then 'above_998'
        when {{ z }} > {{ z_95() }} then 'above_95'
        when {{ z }} < -{{ z_998() }} then 'below_998'
        when {{ z }} < -{{ z_95() }} then 'below_95'
        when {{ z }} is not null then 'within'
    end
{%- endmacro %}
