-- One row per month end, area, source, business group and role.
select
    workforce.period_month,
    workforce.area_id,
    workforce.source,
    coalesce(workforce.business_group, 'not_recorded') as business_group,
    workforce.role,
    sum(workforce.headcount)::bigint as headcount,
    sum(workforce.fte)::double as fte,
    sum(workforce.contracted_hours)::double as contracted_hours,
    sum(workforce.sickness_hours)::double as sickness_hours
from {{ ref('stg_workforce') }} as workforce
inner join {{ ref('int_month') }} as month on workforce.period_month = month.period_month
group by all
