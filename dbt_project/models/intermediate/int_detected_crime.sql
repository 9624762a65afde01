-- One row per source, month of the outcome, area, offence group and drug: sanction detections made in the month,
-- whenever the offence was recorded, plus a row of none per area of a month they are known for.
with known as (
    select event_month.*
    from {{ ref('int_event_month') }} as event_month
    inner join {{ ref('int_source_carries') }} as carries
        on carries.extract = 'recorded_crime'
        and event_month.source = carries.source
        and carries.column_name = 'outcome_date'
)

select
    crime.source,
    known.period_month,
    crime.area_id,
    offence_groups.offence_group,
    offence_groups.is_tier_1,
    offence_groups.is_tier_2,
    offence_groups.mixes,
    crime.drug_type,
    sum(crime.offences) as detections
from {{ ref('stg_crime_outcome') }} as crime
inner join known
    on crime.source = known.source
    and crime.area_id = known.area_id
    and crime.outcome_month = known.period_month
inner join {{ ref('offence_groups') }} as offence_groups
    on regexp_replace(crime.source, '_total$', '') = offence_groups.source
    and crime.offence_code = offence_groups.offence_code
group by all
union all
select
    source,
    period_month,
    area_id,
    'none' as offence_group,
    false as is_tier_1,
    false as is_tier_2,
    null as mixes,
    null as drug_type,
    0 as detections
from known
