{{ config(meta={'dagster': {'ref': {'name': 'fct_measure_result'}}}) }}
-- A release holds every month up to its reporting month and none after.
{% set marts = [
    'dim_month', 'fct_measure_result', 'fct_source_result', 'fct_target_verdict', 'fct_recorded_crime',
    'fct_road_casualties', 'fct_workforce', 'fct_process_control', 'fct_peer_comparison', 'fct_equality_gap',
    'fct_commentary',
] %}
with latest as (
    {% for mart in marts %}
    select
        '{{ mart }}' as mart,
        max(period_month) as period_month
    from {{ ref(mart) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select latest.mart
from latest
cross join {{ source('landing', 'reporting_month') }} as reporting
where latest.period_month > reporting.reporting_month
