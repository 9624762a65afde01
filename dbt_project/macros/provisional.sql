{# Which deliveries a figure rests on have not come, or only in part, in words; null when all are there. `figure` is a
   relation with source, extract and denominator_extract; period_month, the month it is shown for, which has to be
   delivered even where an earlier figure stands in; rests_from and rests_to, its own window; is_against_last_year. #}
{% macro late_because(figure) -%}
    (
        select string_agg(distinct late.because, '; ' order by late.because)
        from {{ ref('int_late_month') }} as late
        where late.input in (
                coalesce(regexp_replace({{ figure }}.source, '_(total|rate)$', ''), {{ figure }}.extract),
                {{ figure }}.denominator_extract
            )
            and (
                late.period_month = {{ figure }}.period_month
                or (
                    late.is_partial
                    and (
                        late.period_month between {{ figure }}.rests_from and {{ figure }}.rests_to
                        or (
                            {{ figure }}.is_against_last_year
                            and late.period_month between {{ add_months(figure ~ '.rests_from', '-12') }}
                                and {{ add_months(figure ~ '.rests_to', '-12') }}
                        )
                    )
                )
            )
    )
{%- endmacro %}

{# Why a verdict is provisional, in words; null when it is not. #}
{% macro provisional_because(late_because, could_be_changed, rows_quarantined) -%}
    nullif(concat_ws(
        '; ',
        {{ late_because }},
        case
            when {{ could_be_changed }}
                then {{ rows_quarantined }}
                    || case when {{ rows_quarantined }} = 1 then ' quarantined row' else ' quarantined rows' end
                    || ' could change it'
        end
    ), '')
{%- endmacro %}
