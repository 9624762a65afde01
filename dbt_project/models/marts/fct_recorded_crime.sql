-- One row per month, months covered, area, source and offence group.
select
    crime.period_month,
    crime.months_covered::integer as months_covered,
    crime.area_id,
    crime.source,
    crime.offence_group,
    offence_groups.offence_group_title,
    crime.offence_category,
    sum(crime.offences)::bigint as offences,
    {{ count_where('true', 'crime.detections') }}::bigint as detections,
    {{ count_where('true', 'crime.arrests') }}::bigint as arrests
from {{ ref('int_recorded_crime') }} as crime
inner join (
    select distinct
        offence_group,
        offence_group_title
    from {{ ref('offence_groups') }}
) as offence_groups on crime.offence_group = offence_groups.offence_group
inner join {{ ref('int_month') }} as month on crime.period_month = month.period_month
group by all
