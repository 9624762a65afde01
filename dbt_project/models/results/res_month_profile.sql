-- One row per measure, source, area, population group, financial year and month: the seasonal index of the month
-- (METHODS §5, step 1), from the last 3 complete years before the year, or 2, and the share of a year's count expected
-- by the month's end.
with monthly as (
    {{ monthly_series() }}
),

shares as (
    select
        *,
        numerator / nullif(avg({{ exact('numerator') }}) over year_of_series, 0) as numerator_share,
        denominator / nullif(avg({{ exact('denominator') }}) over year_of_series, 0) as denominator_share
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
        greatest(avg({{ exact('shares.numerator_share', 15) }}), 0.05) as numerator_index,
        greatest(avg({{ exact('shares.denominator_share', 15) }}), 0.05) as denominator_index
    from years
    inner join shares
        on shares.financial_year_start < years.financial_year_start
        and shares.financial_year_start >= {{ add_months('years.financial_year_start', '-36') }}
    group by all
    having count(shares.numerator_share) >= 2
)

select
    *,
    sum(numerator_index) over (series rows between unbounded preceding and current row)
        / sum(numerator_index) over (series rows between unbounded preceding and unbounded following)
        as expected_share
from indexed
window series as (
    partition by measure_id, source, area_id, population_group, financial_year_start
    order by month_of_financial_year
)
