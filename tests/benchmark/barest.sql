-- Reads, adds up and stores the monthly measures; nothing is checked and no row is kept.
-- Variables: raw (the folder of deliveries), seeds (the folder of the seeds).
create temp table summary as
with counted as (
    select
        period_month,
        area,
        offence_code,
        is_domestic = 'true' as is_domestic,
        is_gun_enabled = 'true' as is_gun_enabled,
        is_knife_enabled = 'true' as is_knife_enabled,
        drug_type,
        left(arrest_date, 7) || '-01' as arrest_month,
        left(outcome_date, 7) || '-01' as outcome_month,
        count(*) as offences,
        count(*) filter (where victims_under_20 = '1') as victims_under_20
    from read_csv(getvariable('raw') || '/recorded_crime/*.csv', all_varchar = true, header = true)
    group by all
)

select
    counted.* replace (
        cast(period_month as date) as period_month,
        cast(arrest_month as date) as arrest_month,
        cast(outcome_month as date) as outcome_month
    )
from counted;
