{{ config(meta={'dagster': {'ref': {'name': 'res_measure_part'}}}) }}
-- The contract every measure model keeps: one row per source, period, area and group; no key missing; no negative part.
select
    measure_id,
    source,
    period_month,
    months_covered,
    area_id,
    population_group
from {{ ref('res_measure_part') }}
group by measure_id, source, period_month, months_covered, area_id, population_group
having count(*) > 1
    or measure_id is null
    or source is null
    or period_month is null
    or area_id is null
    or min(numerator) < 0
    or min(denominator) < 0
