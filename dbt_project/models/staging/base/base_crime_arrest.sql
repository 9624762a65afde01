{{ config(pre_hook="{{ delete_gone_deliveries('recorded_crime') }}") }}
-- One row per delivery, period, area, offence, flags, group of the victim and month of the
-- arrest: offences that led to an arrest.
select
    delivery_id,
    period_month,
    months_covered,
    area,
    offence_code,
    is_domestic,
    is_gun_enabled,
    is_knife_enabled,
    victims_under_20 > 0 as has_victim_under_20,
    victim_group,
    date_trunc('month', arrest_date)::date as arrest_month,
    sum(offences)::bigint as offences
from {{ source('landing', 'recorded_crime') }}
where arrest_date is not null and delivery_id in ({{ new_deliveries('recorded_crime') }})
group by all
