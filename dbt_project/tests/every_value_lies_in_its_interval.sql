{{ config(meta={'dagster': {'ref': {'name': 'fct_measure_result'}}}) }}
-- An interval holds the figure it is of, and has both ends or none; so does a gap's.
select
    measure_id,
    period_basis,
    period_month,
    area_id,
    population_group
from {{ ref('fct_measure_result') }}
where (lower_95 is null) <> (upper_95 is null)
    or round(value - lower_95, 9) < 0
    or round(upper_95 - value, 9) < 0
    or (lower_95 is not null and value is null)
union all
select
    measure_id,
    period_basis,
    period_month,
    area_id,
    population_group
from {{ ref('fct_equality_gap') }}
where (lower_95 is null) <> (upper_95 is null)
    or round(gap - lower_95, 9) < 0
    or round(upper_95 - gap, 9) < 0
