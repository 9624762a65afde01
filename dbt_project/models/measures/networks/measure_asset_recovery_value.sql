-- One row per source, period, area and stage: value of the assets of the cases begun in the month, pounds.
{% set stages = {
    'all': 'true',
    'stage:seized': "cases.stage = 'seized'",
    'stage:restrained': "cases.stage = 'restrained'",
    'stage:confiscated': "cases.stage = 'confiscated'",
    'stage:forfeited': "cases.stage = 'forfeited'",
} %}
{% for population_group, condition in stages.items() %}
select
    coverage.source,
    coverage.period_month,
    coverage.months_covered,
    coverage.area_id,
    '{{ population_group }}' as population_group,
    coalesce(sum(cases.value_gbp) filter (where {{ condition }}), 0) as numerator
from {{ ref('int_coverage') }} as coverage
left join {{ ref('stg_asset_recovery') }} as cases using (source, area_id, period_month)
where coverage.extract = 'asset_recovery'
group by coverage.source, coverage.period_month, coverage.months_covered, coverage.area_id
{% if not loop.last %}union all{% endif %}
{% endfor %}
