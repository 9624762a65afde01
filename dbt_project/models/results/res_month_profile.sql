-- One row per measure, source, area, population group, financial year and month: the share of a year's count expected
-- by the end of the month (METHODS §5, step 1), from the last 3 complete years before it, or 2, else m/12.
with monthly as (
    select
        results.measure_id,
        results.source,
        results.area_id,
        results.population_group,
        month.financial_year_start,
        month.month_of_financial_year,
        results.value
    from {{ ref('res_source_result') }} as results
    inner join {{ ref('measures') }} as measures
        on results.measure_id = measures.measure_id
        and measures.numerator_kind = 'flow'
        and measures.measure_type in ('count', 'money')
    inner join {{ ref('int_month') }} as month on results.period_month = month.period_month
    where results.period_basis = 'month' and results.value is not null
),

shares as (
    select
        *,
        value / nullif(avg(value) over year_of_series, 0) as share_of_mean
    from monthly
    window year_of_series as (
        partition by measure_id, source, area_id, population_group, financial_year_start
    )
    qualify count(*) over year_of_series = 12
),

years as (
    select distinct financial_year_start from {{ ref('int_month') }}
),

indexed as (
    select
        shares.measure_id,
        shares.source,
        shares.area_id,
        shares.population_group,
        years.financial_year_start,
        shares.month_of_financial_year,
        greatest(round(avg(shares.share_of_mean), 12), 0.05) as month_index
    from years
    inner join shares
        on shares.financial_year_start < years.financial_year_start
        and shares.financial_year_start >= {{ add_months('years.financial_year_start', '-36') }}
    group by all
    having count(shares.share_of_mean) >= 2
)

select
    *,
    sum(month_index) over (series rows between unbounded preceding and current row)
        / sum(month_index) over (series rows between unbounded preceding and unbounded following)
        as expected_share
from indexed
window series as (
    partition by measure_id, source, area_id, population_group, financial_year_start
    order by month_of_financial_year
)
