{{ config(meta={'dagster': {'ref': {'name': 'disclosure'}}}) }}
-- What nothing is said of, the public could not be given; what is said of a measure that is none is a slip of the pen.
with named as (
    select applies_to as measure_id
    from {{ ref('disclosure') }}
    where applies_to not like '%:%'
    union
    select follows
    from {{ ref('disclosure') }}
    where follows is not null
    union
    select whole_measure
    from {{ ref('disclosure_parts') }}
    union
    select part_measure
    from {{ ref('disclosure_parts') }}
),

without_rule as (
    select measures.measure_id
    from {{ ref('measures') }} as measures
    left join {{ ref('disclosure') }} as rules
        on rules.applies_to in (measures.measure_id, 'type:' || measures.measure_type)
    where rules.applies_to is null
)

select
    measure_id,
    'no rule' as fault
from without_rule
union all
select
    named.measure_id,
    'no such measure' as fault
from named
left join {{ ref('measures') }} as measures on named.measure_id = measures.measure_id
where measures.measure_id is null
