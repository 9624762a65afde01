{# The additive parts of a survey percentage in one cell (METHODS §3): from them p, its variance and its interval
   follow exactly for any window, area or group. `answered` and `agreed` are conditions on an interview. #}
{% macro survey_parts(answered, agreed, group_condition='true') -%}
    coalesce(sum(weight) filter (where {{ group_condition }} and {{ answered }} and {{ agreed }}), 0) as numerator,
    coalesce(sum(weight) filter (where {{ group_condition }} and {{ answered }}), 0) as denominator,
    coalesce(sum(respondents) filter (where {{ group_condition }} and {{ answered }}), 0) as respondents,
    coalesce(sum(weight * weight) filter (where {{ group_condition }} and {{ answered }}), 0) as sum_weight_squared,
    coalesce(sum(weight * weight) filter (where {{ group_condition }} and {{ answered }} and {{ agreed }}), 0)
        as sum_weight_squared_numerator
{%- endmacro %}
