-- One row per measure, month and area: the monthly counts that the measures of recorded crime are made of.
-- Reads: summary (counts by month, area, offence, flags, drug, month of arrest and of outcome), variable seeds.
create table measure as
with offence as (
    select offence_code, offence_group, offence_category, is_tier_1, is_tier_2
    from read_csv(getvariable('seeds') || '/offence_groups.csv')
    where source = 'crime_system'
),

crime as (
    select * from summary inner join offence using (offence_code)
),

recorded as (
    select
        period_month,
        area as area_id,
        sum(offences) as offences,
        sum(offences) filter (where offence_group = 'homicide') as homicides,
        sum(offences) filter (
            where is_gun_enabled and offence_category in ('violence', 'sexual', 'robbery', 'burglary')
        ) as with_gun,
        sum(offences) filter (where is_knife_enabled) as with_knife,
        sum(offences) filter (where is_tier_2) as acquisitive,
        sum(victims_under_20) filter (
            where offence_group in ('homicide', 'attempted_murder', 'grievous_bodily_harm')
                or is_gun_enabled or is_knife_enabled
        ) as young_victims,
        sum(offences) filter (where is_domestic) as domestic,
        sum(offences) filter (where is_domestic and arrest_month is not null) as domestic_arrested,
        sum(offences) filter (where is_tier_1) as serious,
        sum(offences) filter (where is_tier_1 and outcome_month is not null) as serious_detected
    from crime
    group by all
),

arrested as (
    select
        arrest_month as period_month,
        area as area_id,
        sum(offences) filter (where is_domestic) as domestic
    from crime
    where arrest_month is not null
    group by all
),

detected as (
    select
        outcome_month as period_month,
        area as area_id,
        sum(offences) as offences,
        sum(offences) filter (
            where offence_group = 'drug_trafficking' and drug_type in ('cocaine', 'crack', 'heroin')
        ) as class_a
    from crime
    where outcome_month is not null
    group by all
),

-- Arrests and outcomes are known for a month when it and the three before it were delivered.
settled as (
    select
        recorded.period_month,
        recorded.area_id,
        recorded.offences,
        recorded.domestic,
        arrested.domestic as domestic_arrests,
        detected.offences as detections,
        detected.class_a
    from recorded
    left join arrested using (period_month, area_id)
    left join detected using (period_month, area_id)
    where recorded.period_month >= (select min(period_month) from recorded) + interval 3 month
),

measured as (
    select 'total_recorded_crime' as measure_id, period_month, area_id, offences as numerator, null as denominator
    from recorded
    union all
    select 'homicide', period_month, area_id, homicides, null from recorded
    union all
    select 'gun_enabled_crime', period_month, area_id, with_gun, null from recorded
    union all
    select 'knife_enabled_crime', period_month, area_id, with_knife, null from recorded
    union all
    select 'serious_acquisitive_crime_rate', period_month, area_id, acquisitive, null from recorded
    union all
    select 'serious_youth_violence_victims', period_month, area_id, young_victims, null from recorded
    union all
    select 'domestic_violence_arrest_rate', period_month, area_id, domestic_arrested, coalesce(domestic, 0)
    from recorded
    union all
    select 'serious_violence_brought_to_justice_cohort', period_month, area_id, serious_detected, coalesce(serious, 0)
    from recorded
    union all
    select 'domestic_violence_arrests_in_period', period_month, area_id, domestic_arrests, coalesce(domestic, 0)
    from settled
    union all
    select 'sanction_detection_rate', period_month, area_id, detections, offences from settled
    union all
    select 'class_a_trafficking_detections', period_month, area_id, class_a, null from settled
)

select
    measure_id,
    cast(period_month as date) as period_month,
    area_id,
    cast(coalesce(numerator, 0) as bigint) as numerator,
    cast(denominator as bigint) as denominator
from measured;
