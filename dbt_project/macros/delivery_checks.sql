{# What the checks of deliveries have in common; their thresholds are in seeds/delivery_checks.csv. #}

{# recorded_crime from crime_system, 2008-12. #}
{% macro period_in_words(delivery) -%}
    ({{ delivery }}.extract || ' from ' || {{ delivery }}.source || ', '
        || case when {{ delivery }}.months_covered > 1 then {{ delivery }}.months_covered || ' months to ' else '' end
        || strftime({{ delivery }}.period_month, '%Y-%m'))
{%- endmacro %}

{# The check's rows of the seed that are for an extract. #}
{% macro thresholds_of(delivery, check_names) -%}
    inner join {{ ref('delivery_checks') }} as thresholds
        on thresholds.check_name in ('{{ check_names | join("', '") }}')
        and thresholds.extract in ({{ delivery }}.extract, 'any')
{%- endmacro %}

{# What to do where the delivery may be right all the same. #}
{% macro deliver_or_confirm() -%}
    ('Deliver it again, whole, as ' || next_revision || '; if it is truly so, deliver it as ' || next_revision
        || ' with {"confirmed": "the reason"} in its sidecar.')
{%- endmacro %}
