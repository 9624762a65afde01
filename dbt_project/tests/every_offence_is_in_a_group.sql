{{ config(meta={'dagster': {'ref': {'name': 'int_recorded_crime'}}}) }}
-- An offence without a group would be missing from every total.
select
    crime.source,
    sum(crime.offences) as offences_landed,
    any_value(grouped.offences) as offences_grouped
from {{ ref('stg_recorded_crime') }} as crime
left join (
    select
        source,
        sum(offences) as offences
    from {{ ref('int_recorded_crime') }}
    group by source
) as grouped on crime.source = grouped.source
group by crime.source
having sum(crime.offences) is distinct from any_value(grouped.offences)
