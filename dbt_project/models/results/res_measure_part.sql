-- One row per measure, source, period, area and population group: the additive parts of every registered measure.
-- To register a measure that has a model of its own, add its measure_id to the list. A source that lacks a column the
-- measure needs (measures.csv, needs_columns) gives it no figure.
{# Parts are exact decimals, so that their sums do not depend on the order in which they are added. Each model's are
   cast before they are put together: a union of decimals keeps no more places than its narrowest. #}
{% set exact = 'decimal(38, 12)' %}
{% set quantities = "('numerator', 'numerator_by_now', 'numerator_by_then', 'denominator', 'respondents', "
    ~ "'sum_weight_squared', 'sum_weight_squared_numerator')" %}
{% set registered = [
    'asset_recovery_cases',
    'asset_recovery_cases_recovered',
    'asset_recovery_value',
    'class_a_trafficking_detections',
    'complaint_days',
    'complaints_open_over_120_days',
    'complaints_per_100_officers',
    'criminal_networks_disrupted',
    'domestic_violence_arrest_rate',
    'domestic_violence_arrests_in_period',
    'domestic_violence_homicide',
    'electronic_evidence_in_28_days',
    'emergency_call_days_met',
    'emergency_calls_answered',
    'female_officers',
    'female_senior_officers',
    'grievous_bodily_harm',
    'gun_enabled_crime',
    'homicide',
    'killed_or_seriously_injured',
    'knife_enabled_crime',
    'minority_ethnic_officers',
    'most_serious_violence_rate',
    'non_emergency_calls_answered',
    'officer_sickness',
    'officer_strength',
    'officers_against_budget',
    'pcso_strength',
    'rape_brought_to_justice',
    'sanction_detection_rate',
    'serious_acquisitive_crime_brought_to_justice',
    'serious_acquisitive_crime_rate',
    'serious_acquisitive_crime_with_all_burglary',
    'serious_sexual_offences_reported',
    'serious_violence_brought_to_justice',
    'serious_violence_brought_to_justice_cohort',
    'serious_youth_violence_victims',
    'special_constables',
    'staff_sickness',
    'staff_strength',
    'total_recorded_crime',
    'violence_against_person',
    'weapon_enabled_serious_violence',
    'youth_violence_victims',
    'youth_weapon_incidents',
] %}
{# Models that serve many measures: which ones, the catalogue says. #}
{% set of_many = [
    'measures_of_milestones',
    'measures_of_residents',
    'measures_of_returns',
    'measures_of_victims',
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
        null::{{ exact }} as numerator_by_now,
        null::{{ exact }} as numerator_by_then,
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
        columns(lambda name: name not in {{ quantities }}),
        columns(lambda name: name in {{ quantities }})::{{ exact }}
    from {{ ref('measure_' ~ measure_id) }}
    {% endfor %}
    {% for model in of_many %}
    union all by name
    select
        columns(lambda name: name not in {{ quantities }}),
        columns(lambda name: name in {{ quantities }})::{{ exact }}
    from {{ ref(model) }}
    {% endfor %}
),

needed as (
    select
        measure_id,
        unnest(string_split(needs_columns, ' ')) as column_name
    from {{ ref('measures') }}
    where needs_columns <> ''
),

returned as (
    select distinct source
    from {{ ref('int_source_carries') }}
    where extract = 'measure_returns'
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
        and parts.source not in (select source from returned)
)

select
    parts.measure_id,
    parts.source,
    parts.period_month,
    coalesce(parts.months_covered, 1) as months_covered,
    parts.area_id,
    coalesce(parts.population_group, 'all') as population_group,
    parts.numerator,
    parts.numerator_by_now,
    parts.numerator_by_then,
    parts.denominator,
    parts.respondents,
    parts.sum_weight_squared,
    parts.sum_weight_squared_numerator,
    parts.published_value
from parts
inner join {{ ref('int_month') }} as month on parts.period_month = month.period_month
left join lacking on parts.measure_id = lacking.measure_id and parts.source = lacking.source
where lacking.measure_id is null
    and (parts.numerator is not null or parts.published_value is not null)
