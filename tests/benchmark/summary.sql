-- One row per month, area, offence, flags, drug, month of arrest and of outcome: what the measures are added up from.
-- Reads: recorded_crime.
create temp table summary as
select
    period_month,
    area,
    offence_code,
    is_domestic,
    is_gun_enabled,
    is_knife_enabled,
    drug_type,
    date_trunc('month', arrest_date) as arrest_month,
    date_trunc('month', outcome_date) as outcome_month,
    sum(offences) as offences,
    sum(victims_under_20) as victims_under_20
from recorded_crime
group by all;
