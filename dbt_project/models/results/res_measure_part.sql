-- One row per measure, source, period, area and population group: the additive parts of every registered measure.
-- To register a measure, add its measure_id to the list. A source that lacks a column the measure needs
-- (measures.csv, needs_columns) gives it no figure.
{# Parts are exact decimals, so that their sums do not depend on the order in which they are added. #}
{% set exact = 'decimal(38, 12)' %}
{% set registered = [
    'criminal_networks_disrupted',
    'domestic_violence_arrest_rate',
    'gun_enabled_crime',
    'killed_or_seriously_injured',
    'local_concerns_proxy',
    'officer_sickness',
    'officer_strength',
    'serious_acquisitive_crime_rate',
    'total_recorded_crime',
    'victim_satisfaction',
] %}
with parts as (
    -- The columns a measure model may return; those it leaves out are null.
    select
        null::varchar as measure_id,
        null::varchar as source,
        null::date as period_month,
        null::bigint as months_covered,
        null::varchar as area_id,
        null::varchar as population_group,
        null::{{ exact }} as numerator,
        null::{{ exact }} as denominator,
        null::{{ exact }} as respondents,
        null::{{ exact }} as sum_weight_squared,
        null::{{ exact }} as sum_weight_squared_numerator,
        null::double as published_value
    where false
    {% for measure_id in registered %}
    union all by name
    select
        '{{ measure_id }}' as measure_id,
        *
    from {{ ref('measure_' ~ measure_id) }}
    {% endfor %}
),

needed as (
    select
        measure_id,
        unnest(string_split(needs_columns, ' ')) as column_name
    from {{ ref('measures') }}
    where needs_columns <> ''
),

lacking as (
    select distinct
        needed.measure_id,
        parts.source
    from parts
    inner join needed on parts.measure_id = needed.measure_id
    left join {{ ref('int_source_carries') }} as carries
        on parts.source = carries.source and needed.column_name = carries.column_name
    where carries.source is null
)

select
    parts.measure_id,
    parts.source,
    parts.period_month,
    coalesce(parts.months_covered, 1) as months_covered,
    parts.area_id,
    coalesce(parts.population_group, 'all') as population_group,
    parts.numerator::{{ exact }} as numerator,
    parts.denominator::{{ exact }} as denominator,
    parts.respondents::{{ exact }} as respondents,
    parts.sum_weight_squared::{{ exact }} as sum_weight_squared,
    parts.sum_weight_squared_numerator::{{ exact }} as sum_weight_squared_numerator,
    parts.published_value
from parts
inner join {{ ref('int_month') }} as month on parts.period_month = month.period_month
left join lacking on parts.measure_id = lacking.measure_id and parts.source = lacking.source
where lacking.measure_id is null
    and (parts.numerator is not null or parts.published_value is not null)
