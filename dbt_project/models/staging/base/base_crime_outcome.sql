{{ config(pre_hook="{{ delete_gone_deliveries('recorded_crime') }}") }}
-- One row per delivery, period, area, offence, drug and month of the outcome: offences with a sanction detection.
select
    delivery_id,
    period_month,
    months_covered,
    area,
    offence_code,
    drug_type,
    date_trunc('month', outcome_date)::date as outcome_month,
    sum(offences)::bigint as offences
from {{ source('landing', 'recorded_crime') }}
where outcome_type is not null and delivery_id in ({{ new_deliveries('recorded_crime') }})
group by all
