-- One row per source, period and area: notifiable offences over residents. The rate a publisher computed itself is a
-- source of its own, beside the one computed here from the same publisher's counts.
{{ offences_per_resident("true") }}
union all by name
select
    regexp_replace(crime.source, '_total$', '') || '_rate' as source,
    crime.period_month,
    crime.months_covered,
    crime.area_id,
    max(crime.published_rate) as published_value
from {{ ref('stg_recorded_crime') }} as crime
inner join {{ ref('offence_groups') }} as offence_groups
    on regexp_replace(crime.source, '_total$', '') = offence_groups.source
    and crime.offence_code = offence_groups.offence_code
    and offence_groups.offence_group = 'all_offences'
where crime.published_rate is not null
group by crime.source, crime.period_month, crime.months_covered, crime.area_id
