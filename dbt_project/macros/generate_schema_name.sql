{# Schemas carry the folder's name as it is, so that DuckDB, dbt and the asset keys use the same words. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
