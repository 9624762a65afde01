{# The population groups of some dimensions an extract carries, each with the condition on a row that it is of it; `all`
   is everybody. The names are those of seeds/population_groups.csv. #}
{% macro groups_of(dimensions) -%}
    {% set conditions = {
        'ethnic_group:white': "ethnic_group in ('white', 'white_british', 'white_irish', 'white_other')",
        'ethnic_group:minority': "ethnic_group in ('mixed', 'asian', 'black', 'chinese_or_other')",
        'gender:female': "gender = 'female'",
        'gender:male': "gender = 'male'",
    } %}
    {% set groups = {'all': 'true'} %}
    {% for name, condition in conditions.items() if name.split(':')[0] in dimensions %}
        {% do groups.update({name: condition}) %}
    {% endfor %}
    {{ return(groups) }}
{%- endmacro %}
