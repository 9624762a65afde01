-- One row per measure, area, population group and month of origin whose year has ended: what the rule projected then,
-- and how the year ended.
select
    outlook.measure_id,
    outlook.area_id,
    outlook.population_group,
    outlook.origin_month,
    12 - outlook.months_remaining as month_of_financial_year,
    outlook.source,
    outlook.method,
    outlook.projected,
    outlook.lower_80,
    outlook.upper_80,
    outlook.lower_95,
    outlook.upper_95,
    outlook.actual,
    100 * abs(outlook.projected - outlook.actual) / nullif(abs(outlook.actual), 0) as error_percent,
    outlook.is_inside_80,
    outlook.is_inside_95,
    outlook.origins,
    outlook.reason
from {{ ref('res_outlook') }} as outlook
inner join {{ ref('res_result') }} as figures
    on outlook.measure_id = figures.measure_id
    and outlook.source = figures.source
    and outlook.area_id = figures.area_id
    and outlook.population_group = figures.population_group
    and outlook.origin_month = figures.period_month
    and figures.period_basis = 'financial_year_to_date'
where outlook.actual is not null
