{# True where a series break lies after the first and not after the last of two months: figures on its two sides are
   not one series. That the limits of a chart are set anew (kind rebase) breaks no series. `series` is a relation with
   measure_id and source; a break without a source holds for all. #}
{% macro breaks_between(series, first_month, last_month) -%}
    exists (
        select 1
        from {{ ref('series_breaks') }} as breaks
        where breaks.kind = 'break'
            and breaks.measure_id = {{ series }}.measure_id
            and (breaks.source is null or breaks.source = {{ series }}.source)
            and breaks.break_month > {{ first_month }}
            and breaks.break_month <= {{ last_month }}
    )
{%- endmacro %}
