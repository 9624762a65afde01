-- One row per measure, source, period, area and population group: what a unit returned by hand. For a measure that has
-- a model as well, a return is a second source.
select
    measure_id,
    source,
    period_month,
    months_covered,
    area_id,
    population_group,
    numerator,
    denominator,
    respondents,
    published_value
from {{ ref('stg_measure_returns') }}
