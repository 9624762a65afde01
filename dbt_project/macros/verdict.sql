{# The rules of targets, once. Every argument is a SQL expression on unrounded values.

   A difference under 1e-9 is none: it is the noise of binary fractions, far below any published figure. #}

{% macro is_above(value, threshold) -%} round({{ value }} - {{ threshold }}, 9) > 0 {%- endmacro %}
{% macro is_below(value, threshold) -%} round({{ value }} - {{ threshold }}, 9) < 0 {%- endmacro %}

{# The level a target asks for, given its rule, amount and baseline. #}
{% macro threshold(rule, amount, baseline) -%}
    case
        when {{ rule }} = 'relative_change' then {{ baseline }} * (100 + {{ amount }}) / 100
        when {{ rule }} = 'point_change' then {{ baseline }} + {{ amount }}
        when {{ rule }} in ('improve', 'every_area_improves') then {{ baseline }}
        when {{ rule }} = 'more_than' then coalesce({{ amount }}, {{ baseline }})
        when {{ rule }} in ('at_least', 'at_most', 'by_date') then {{ amount }}
    end
{%- endmacro %}

{# True where the rule wants the value above its threshold, false below. A change points the way of its sign. #}
{% macro wants_more(rule, amount, better) -%}
    case
        when {{ rule }} in ('at_least', 'more_than', 'by_date') then true
        when {{ rule }} = 'at_most' then false
        when {{ rule }} in ('relative_change', 'point_change') and {{ amount }} <> 0 then {{ amount }} > 0
        else {{ better }} = 'higher'
    end
{%- endmacro %}

{# Whether the value meets the threshold: at it is enough, but for the strict rules. #}
{% macro meets(rule, amount, better, value, threshold) -%}
    case
        when {{ rule }} in ('more_than', 'improve', 'every_area_improves')
            then case
                when {{ wants_more(rule, amount, better) }} then {{ is_above(value, threshold) }}
                else {{ is_below(value, threshold) }}
            end
        when {{ wants_more(rule, amount, better) }} then not ({{ is_below(value, threshold) }})
        else not ({{ is_above(value, threshold) }})
    end
{%- endmacro %}

{# The verdict. `is_running_count` marks a level for a count before its end, judged against `expected_by_now`:
   reached already is met, an exceeded ceiling cannot be mended, and anything else is ahead or behind. #}
{% macro verdict(rule, amount, better, value, threshold, is_running_count, expected_by_now) -%}
    case
        when {{ value }} is null then 'not_measurable'
        when {{ rule }} = 'monitor' then 'monitor_only'
        when {{ threshold }} is null then 'not_measurable'
        when {{ is_running_count }} and {{ expected_by_now }} is null then 'not_measurable'
        when {{ is_running_count }} and {{ wants_more(rule, amount, better) }}
            then case
                when {{ meets(rule, amount, better, value, threshold) }} then 'met'
                when {{ is_below(value, expected_by_now) }} then 'behind'
                else 'ahead'
            end
        when {{ is_running_count }}
            then case
                when not ({{ meets(rule, amount, better, value, threshold) }}) then 'not_met'
                when {{ is_above(value, expected_by_now) }} then 'behind'
                else 'ahead'
            end
        when {{ meets(rule, amount, better, value, threshold) }} then 'met'
        else 'not_met'
    end
{%- endmacro %}

{# The least a figure could be with its quarantined rows counted, given the most they could raise it by. A row could be
   in the denominator alone: value x denominator / (denominator + rows), where rows / denominator is rise / multiplier.
   A gap falls as far as it rises. A figure with no denominator among its own rows does not fall, unless nothing bounds
   what they are. #}
{% macro could_be_as_low_as(value, rise) -%}
    (
        {{ value }} - case
            when measure_type = 'survey_gap' or isinf({{ rise }}) then {{ rise }}
            when denominator_kind is null or denominator_extract is not null then 0
            else {{ value }} * {{ rise }} / (multiplier + {{ rise }})
        end
    )
{%- endmacro %}
