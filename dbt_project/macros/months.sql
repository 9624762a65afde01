{# Months are dates: the first day of the month. #}

{% macro add_months(month, months) -%}
    cast({{ month }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}

{# The April a month's financial year starts with. #}
{% macro financial_year_start(month) -%}
    make_date(cast(year({{ month }}) - (month({{ month }}) < 4)::int as integer), 4, 1)
{%- endmacro %}

{# 2008-04-01 → 2008/09. #}
{% macro financial_year_name(month) -%}
    (year({{ financial_year_start(month) }})::varchar || '/'
        || lpad(((year({{ financial_year_start(month) }}) + 1) % 100)::varchar, 2, '0'))
{%- endmacro %}

{# The first month of a date's quarter; financial quarters begin with those of the calendar. #}
{% macro quarter_start(day) -%}
    cast(date_trunc('quarter', {{ day }}) as date)
{%- endmacro %}
