{{ config(meta={'dagster': {'ref': {'name': 'fct_measure_result'}}}) }}
-- The grain each table of the release states: one row per combination of these columns.
{% set grains = {
    'dim_area': 'area_id',
    'dim_month': 'period_month',
    'dim_plan': 'plan_id',
    'dim_plan_measure': 'plan_id, measure_id',
    'dim_plan_objective': 'plan_id, objective',
    'dim_measure': 'measure_id',
    'dim_target': 'target_id',
    'dim_source': 'extract, source, measure_id',
    'fct_measure_result': 'measure_id, period_basis, period_month, area_id, population_group',
    'fct_source_result': 'measure_id, source, period_basis, period_month, area_id, population_group',
    'fct_target_verdict': 'target_id, area_id, population_group, period_month',
    'fct_process_control': 'measure_id, area_id, population_group, period_month',
    'fct_peer_comparison': 'measure_id, peer_group, area_id, period_basis, period_month',
    'fct_equality_gap': 'measure_id, period_basis, period_month, area_id, population_group',
    'fct_outlook_backtest': 'measure_id, area_id, population_group, origin_month',
    'fct_target_ambition': 'target_id',
    'fct_local_target': 'target_id',
    'fct_milestone': 'milestone_ref, source',
    'fct_commentary': 'measure_id, period_month, author_role',
    'fct_board_decision': 'decision_ref',
    'fct_recorded_crime': 'period_month, months_covered, area_id, source, offence_group',
    'fct_road_casualties': 'period_month, months_covered, area_id, source, severity',
    'fct_workforce': 'period_month, area_id, source, business_group, role',
    'delivery': 'delivery_id',
    'delivery_quarantine': 'delivery_id, rule',
    'delivery_check': 'check_name, extract, source, period_month, months_covered',
    'scorecard': 'measure_id, target_id',
} %}
{% for mart, grain in grains.items() %}
select '{{ mart }}' as mart
from {{ ref(mart) }}
group by {{ grain }}
having count(*) > 1
{% if not loop.last %}union all{% endif %}
{% endfor %}
