-- One row per measure, source, area, population group and month of the year: its seasonal index over the last 3
-- complete financial years, or 2, and how strong the season is in all (Wang, Smith and Hyndman 2006: the share of what
-- is not trend that is season; 0.64 and more is taken for strongly seasonal, as forecast::nsdiffs does).
with monthly as (
    select
        results.measure_id,
        results.source,
        results.area_id,
        results.population_group,
        results.period_month,
        month(results.period_month) as month_of_year,
        results.value / nullif(avg(results.value) over year_of_series, 0) as share_of_mean
    from {{ ref('res_source_result') }} as results
    inner join {{ ref('measures') }} as measures
        on results.measure_id = measures.measure_id and measures.control_basis = 'month'
    inner join {{ ref('int_month') }} as month on results.period_month = month.period_month
    where results.period_basis = 'month' and results.value is not null
    window year_of_series as (
        partition by
            results.measure_id, results.source, results.area_id, results.population_group, month.financial_year_start
    )
    qualify count(*) over year_of_series = 12
),

latest as (
    select *
    from monthly
    where share_of_mean is not null
    qualify row_number() over (
        partition by measure_id, source, area_id, population_group, month_of_year order by period_month desc
    ) <= 3
),

indexed as (
    select
        *,
        count(*) over series // 12 as years,
        greatest(avg(share_of_mean) over month_of_series, 0.05) as month_index
    from latest
    window
        series as (partition by measure_id, source, area_id, population_group),
        month_of_series as (partition by measure_id, source, area_id, population_group, month_of_year)
),

weighed as (
    select
        *,
        var_pop(share_of_mean - month_index) over series as variance_without_season,
        var_pop(share_of_mean) over series as variance,
        greatest(0, 1 - variance_without_season / nullif(variance, 0)) as seasonal_strength
    from indexed
    where years >= 2
    window series as (partition by measure_id, source, area_id, population_group)
)

select
    measure_id,
    source,
    area_id,
    population_group,
    month_of_year,
    any_value(month_index) as month_index,
    any_value(years) as years,
    any_value(seasonal_strength) as seasonal_strength
from weighed
group by measure_id, source, area_id, population_group, month_of_year
