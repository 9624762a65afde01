-- One row per extract, source, period, months covered and area that a current delivery covers.
-- Covered without rows of a kind is zero; not covered is unknown. A whole delivery of rare events covers every area of
-- the force, with rows or without.
{% set extracts = [
    'recorded_crime', 'victim_satisfaction', 'public_attitude', 'workforce', 'road_casualties', 'criminal_networks',
    'asset_recovery', 'service_levels', 'complaints', 'milestones', 'measure_returns', 'population',
] %}
with delivered as (
    {% for extract in extracts %}
    select distinct
        '{{ extract }}' as extract,
        source,
        period_month,
        months_covered,
        area_id
    from {{ ref('stg_' ~ extract) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from delivered
union
select
    current_delivery.extract,
    current_delivery.source,
    current_delivery.period_month,
    current_delivery.months_covered,
    areas.area_id
from {{ ref('stg_current_delivery') }} as current_delivery
inner join {{ source('landing', 'extract') }} as extracts
    on current_delivery.extract = extracts.extract and extracts.speaks_for_every_area
inner join {{ ref('areas') }} as areas on areas.part_of_force
where not current_delivery.is_partial
