{# What measures over recorded crime have in common: each is a condition on an offence. #}

{# Whether an offence is of one of some groups. A category that mixes one of them with others (seeds/offence_groups.csv,
   mixes) leaves it unknown: a source that does not tell homicide apart must not report none. #}
{% macro in_group(groups) -%}
    case
        when not coalesce(list_has_any(string_split(mixes, ' '), {{ groups }}), false)
            then list_contains({{ groups }}, offence_group)
    end
{%- endmacro %}

{# Offences (or another quantity of them), as a count. #}
{% macro offences_counted(condition, quantity='offences') -%}
select
    source,
    period_month,
    months_covered,
    area_id,
    {{ count_where(condition, quantity) }} as numerator
from {{ ref('int_recorded_crime') }}
group by source, period_month, months_covered, area_id
{%- endmacro %}

{# Offences over residents. #}
{% macro offences_per_resident(condition) -%}
select
    crime.source,
    crime.period_month,
    crime.months_covered,
    crime.area_id,
    {{ count_where(condition) }} as numerator,
    max(population.population) as denominator
from {{ ref('int_recorded_crime') }} as crime
left join {{ ref('int_population') }} as population using (area_id, period_month, months_covered)
group by crime.source, crime.period_month, crime.months_covered, crime.area_id
{%- endmacro %}

{# Sanction detections made in the period over offences recorded in it: two counts of different offences, so that the
   result may pass 100 %. #}
{% macro detections_over_offences(condition) -%}
with detected as (
    select
        source,
        period_month,
        area_id,
        {{ count_where(condition, 'detections') }} as numerator
    from {{ ref('int_detected_crime') }}
    group by source, period_month, area_id
),

recorded as (
    select
        source,
        period_month,
        area_id,
        {{ count_where(condition) }} as denominator
    from {{ ref('int_recorded_crime') }}
    where months_covered = 1
    group by source, period_month, area_id
)

select
    detected.source,
    detected.period_month,
    detected.area_id,
    detected.numerator,
    -- An area that is no borough may have had no offence in the month.
    case when recorded.source is null then 0 else recorded.denominator end as denominator
from detected
left join recorded using (source, period_month, area_id)
{%- endmacro %}
