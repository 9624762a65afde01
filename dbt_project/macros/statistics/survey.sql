{# A weighted survey percentage from sums that add up over months, areas and groups: n respondents, Σw, Σwy, Σw², Σw²y,
   where y is 1 for those who agree (METHODS §3; R survey::svymean with respondents as sampling units). #}

{# Variance of p = Σwy / Σw, by Taylor linearisation:

       n/(n − 1) · (Σw²y (1 − 2p) + p² Σw²) / (Σw)²

   times the design effect of a survey that is clustered and does not say how. #}
{% macro survey_variance(n, sum_w, sum_wy, sum_w2, sum_w2y, design_effect) -%}
    case
        when {{ n }} > 1 and {{ sum_w }} > 0
            then {{ design_effect }} * {{ n }} / ({{ n }} - 1)
                -- Where all agree or none does the sum is 0, and the noise of fractions must not make it less.
                * greatest(0,
                    {{ sum_w2y }} * (1 - 2 * ({{ sum_wy }} / {{ sum_w }}))
                    + pow({{ sum_wy }} / {{ sum_w }}, 2) * {{ sum_w2 }}
                ) / pow({{ sum_w }}, 2)
    end
{%- endmacro %}

{# The size of a simple random sample that would tell as much: p(1 − p)/V, never more than n; where all agree or none
   does, Kish's (Σw)²/Σw². #}
{% macro effective_respondents(n, sum_w, sum_wy, sum_w2, variance, design_effect) -%}
    case
        when {{ sum_wy }} <= 0 or {{ sum_wy }} >= {{ sum_w }}
            then least({{ n }}, pow({{ sum_w }}, 2) / {{ sum_w2 }} / {{ design_effect }})
        else least(
            {{ n }}, ({{ sum_wy }} / {{ sum_w }}) * (1 - {{ sum_wy }} / {{ sum_w }}) / {{ variance }}
        )
    end
{%- endmacro %}
