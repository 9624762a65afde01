-- One row per area, month and months covered: the residents a rate divides by, the mean over the months covered.
-- A month uses the mid-year estimate of its financial year's first calendar year.
with estimates as (
    select
        population.area_id,
        population.year,
        population.source,
        population.population
    from {{ ref('stg_population') }} as population
),

with_totals as (
    select * from estimates
    union all
    select
        totals.total_area_id as area_id,
        estimates.year,
        estimates.source,
        sum(estimates.population) as population
    from {{ ref('int_area_total') }} as totals
    inner join estimates on totals.area_id = estimates.area_id
    group by totals.total_area_id, estimates.year, estimates.source
    having count(*) filter (where totals.is_required) = (
        select count(*) from {{ ref('int_area_total') }} as required
        where required.total_area_id = totals.total_area_id and required.is_required
    )
),

preferred as (
    select with_totals.*
    from with_totals
    inner join {{ ref('source_preference') }} as preference
        on with_totals.source = preference.source
        and preference.extract = 'population'
    qualify row_number() over (
        partition by with_totals.area_id, with_totals.year order by preference.rank
    ) = 1
),

by_month as (
    select
        preferred.area_id,
        month.period_month,
        preferred.population
    from {{ ref('int_month') }} as month
    inner join preferred on year(month.financial_year_start) = preferred.year
),

lengths as (
    select distinct months_covered from {{ ref('int_coverage') }}
)

select
    ending.area_id,
    ending.period_month,
    lengths.months_covered,
    avg(covered.population) as population
from by_month as ending
cross join lengths
inner join by_month as covered
    on ending.area_id = covered.area_id
    and covered.period_month <= ending.period_month
    and covered.period_month > {{ add_months('ending.period_month', '-lengths.months_covered') }}
group by ending.area_id, ending.period_month, lengths.months_covered
having count(*) = lengths.months_covered
