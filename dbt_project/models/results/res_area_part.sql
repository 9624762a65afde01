-- One row per measure, source, period, area and population group, totals of areas among them.
-- A total needs every one of its required areas, with a denominator where the measure has one; without them it is
-- there, null, and says how many boroughs are missing.
with parts as (
    select
        parts.*,
        parts.numerator is not null
            and (parts.denominator is not null or measures.denominator_kind is null) as is_usable
    from {{ ref('res_measure_part') }} as parts
    inner join {{ ref('measures') }} as measures on parts.measure_id = measures.measure_id
),

required as (
    select
        total_area_id,
        count(*) as areas_required
    from {{ ref('int_area_total') }}
    where is_required
    group by total_area_id
),

added_up as (
    select
        parts.measure_id,
        parts.source,
        parts.period_month,
        parts.months_covered,
        totals.total_area_id as area_id,
        parts.population_group,
        sum(parts.numerator) as numerator,
        sum(parts.denominator) as denominator,
        sum(parts.respondents) as respondents,
        sum(parts.sum_weight_squared) as sum_weight_squared,
        sum(parts.sum_weight_squared_numerator) as sum_weight_squared_numerator,
        any_value(required.areas_required)
            - count(*) filter (where totals.is_required and parts.is_usable) as areas_missing,
        count(*) filter (where totals.is_required and parts.numerator is not null and not parts.is_usable)
            as areas_without_base,
        count(*) filter (where totals.is_required and parts.numerator is not null) as areas_present
    from parts
    inner join {{ ref('int_area_total') }} as totals on parts.area_id = totals.area_id
    inner join required on totals.total_area_id = required.total_area_id
    group by
        parts.measure_id, parts.source, parts.period_month, parts.months_covered, totals.total_area_id,
        parts.population_group
)

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
    sum_weight_squared,
    sum_weight_squared_numerator,
    published_value,
    0 as areas_missing,
    0 as areas_without_base
from parts
union all by name
select
    measure_id,
    source,
    period_month,
    months_covered,
    area_id,
    population_group,
    case when areas_missing = 0 then numerator end as numerator,
    case when areas_missing = 0 then denominator end as denominator,
    case when areas_missing = 0 then respondents end as respondents,
    case when areas_missing = 0 then sum_weight_squared end as sum_weight_squared,
    case when areas_missing = 0 then sum_weight_squared_numerator end as sum_weight_squared_numerator,
    null::double as published_value,
    areas_missing,
    areas_without_base
from added_up
where areas_present > 0
