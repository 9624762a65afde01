{# What is made of each delivery once: it never changes, so a refresh adds the rows of new deliveries and takes away
   those of deliveries that are gone. #}

{# The deliveries of an extract whose rows are still to be added. #}
{% macro new_deliveries(extract) -%}
    select loaded.delivery_id
    from {{ source('landing', 'loaded') }} as loaded
    where loaded.extract = '{{ extract }}'
    {%- if is_incremental() %}
        and loaded.delivery_id not in (select made.delivery_id from {{ this }} as made)
    {%- endif %}
{%- endmacro %}

{% macro delete_gone_deliveries(extract) -%}
    {% if is_incremental() -%}
        delete from {{ this }}
        where delivery_id not in (
            select loaded.delivery_id from {{ source('landing', 'loaded') }} as loaded where loaded.extract = '{{ extract }}'
        )
    {%- endif %}
{%- endmacro %}
