-- One row per source, period, area, offence group, flags and group of the victim, plus a row of zero offences per
-- covered cell. A flag is null throughout where the source does not carry it.
with carries as (
    select
        source,
        bool_or(column_name = 'is_domestic') as domestic,
        bool_or(column_name = 'is_gun_enabled') as gun,
        bool_or(column_name = 'is_knife_enabled') as knife,
        bool_or(column_name = 'victims_under_20') as victims,
        bool_or(column_name = 'victim_group') as victim_group,
        bool_or(column_name = 'arrest_date') as arrest,
        bool_or(column_name = 'outcome_type') as outcome
    from {{ ref('int_source_carries') }}
    where extract = 'recorded_crime'
    group by source
),

-- What was counted: a published rate alone is no offence, and no zero of its area either.
counted as (
    select *
    from {{ ref('stg_recorded_crime') }}
    where offences is not null
),

-- Arrests are also counted as they were known at the end of the reporting month, and as they would have been known a
-- year before it: what figures of the same age are made of. Those made since are taken off.
with_arrests_known as (
    select
        * exclude (delivery_id, published_rate, are_records),
        arrests as arrests_by_now,
        arrests as arrests_by_then
    from counted
    union all by name
    select
        late.* exclude (delivery_id, arrest_month, offences),
        0 as victims_under_20,
        0 as offences,
        0 as arrests,
        0 as detections,
        case when late.arrest_month > reporting.reporting_month then -late.offences else 0 end as arrests_by_now,
        -late.offences as arrests_by_then
    from {{ ref('stg_crime_arrest') }} as late
    cross join {{ source('landing', 'reporting_month') }} as reporting
    where late.arrest_month > {{ add_months('reporting.reporting_month', '-12') }}
)

select
    crime.source,
    crime.period_month,
    crime.months_covered,
    crime.area_id,
    offence_groups.offence_group,
    offence_groups.offence_category,
    offence_groups.is_tier_1,
    offence_groups.is_tier_2,
    offence_groups.mixes,
    crime.is_domestic,
    crime.is_gun_enabled,
    crime.is_knife_enabled,
    case when carries.victims then crime.has_victim_under_20 end as has_victim_under_20,
    case when carries.victim_group then coalesce(crime.victim_group, 'not_stated') end as victim_group,
    sum(case when carries.victims then crime.victims_under_20 end) as victims_under_20,
    sum(case when carries.arrest then crime.arrests end) as arrests,
    sum(case when carries.arrest then crime.arrests_by_now end) as arrests_by_now,
    sum(case when carries.arrest then crime.arrests_by_then end) as arrests_by_then,
    sum(case when carries.outcome then crime.detections end) as detections,
    sum(crime.offences) as offences
from with_arrests_known as crime
inner join carries on crime.source = carries.source
inner join {{ ref('offence_groups') }} as offence_groups
    on regexp_replace(crime.source, '_total$', '') = offence_groups.source
    and crime.offence_code = offence_groups.offence_code
group by all
union all
select
    coverage.source,
    coverage.period_month,
    coverage.months_covered,
    coverage.area_id,
    'none' as offence_group,
    'none' as offence_category,
    false as is_tier_1,
    false as is_tier_2,
    null as mixes,
    case when carries.domestic then false end as is_domestic,
    case when carries.gun then false end as is_gun_enabled,
    case when carries.knife then false end as is_knife_enabled,
    case when carries.victims then false end as has_victim_under_20,
    case when carries.victim_group then 'not_stated' end as victim_group,
    case when carries.victims then 0 end as victims_under_20,
    case when carries.arrest then 0 end as arrests,
    case when carries.arrest then 0 end as arrests_by_now,
    case when carries.arrest then 0 end as arrests_by_then,
    case when carries.outcome then 0 end as detections,
    0 as offences
from {{ ref('int_coverage') }} as coverage
semi join counted using (source, period_month, months_covered, area_id)
inner join carries on coverage.source = carries.source
where coverage.extract = 'recorded_crime'
