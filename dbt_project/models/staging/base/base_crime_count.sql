{{ config(pre_hook="{{ delete_gone_deliveries('recorded_crime') }}") }}
-- One row per delivery, period, area, offence, flags and group of the victim: offences, and how many of them led to an
-- arrest or an outcome.
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
    published_rate,
    bool_and(offence_ref is not null) as are_records,
    sum(victims_under_20)::bigint as victims_under_20,
    sum(offences)::bigint as offences,
    coalesce(sum(offences) filter (where arrest_date is not null), 0)::bigint as arrests,
    coalesce(sum(offences) filter (where outcome_type is not null), 0)::bigint as detections
from {{ source('landing', 'recorded_crime') }}
where delivery_id in ({{ new_deliveries('recorded_crime') }})
group by all
