-- One row per source, month of the outcome, area, offence group and drug: sanction detections made in the month,
-- whenever the offence was recorded, plus a row of none per covered cell. A month needs the records of the three months
-- before it as well, from which most of its detections come; without them it has no row.
with covered as (
    select
        coverage.source,
        coverage.period_month,
        coverage.area_id
    from {{ ref('int_coverage') }} as coverage
    inner join {{ ref('int_source_carries') }} as carries
        on coverage.extract = carries.extract
        and coverage.source = carries.source
        and carries.column_name = 'outcome_date'
    where coverage.extract = 'recorded_crime' and coverage.months_covered = 1
    qualify count(*) over (
        partition by coverage.source, coverage.area_id
        order by coverage.period_month
        range between interval 3 months preceding and current row
    ) = 4
)

select
    crime.source,
    covered.period_month,
    crime.area_id,
    offence_groups.offence_group,
    offence_groups.is_tier_1,
    offence_groups.is_tier_2,
    offence_groups.mixes,
    crime.drug_type,
    sum(crime.offences) as detections
from {{ ref('stg_recorded_crime') }} as crime
inner join covered
    on crime.source = covered.source
    and crime.area_id = covered.area_id
    and date_trunc('month', crime.outcome_date) = covered.period_month
inner join {{ ref('offence_groups') }} as offence_groups
    on regexp_replace(crime.source, '_total$', '') = offence_groups.source
    and crime.offence_code = offence_groups.offence_code
where crime.outcome_type is not null
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
from covered
