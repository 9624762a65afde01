-- One row per measure, source, area, population group and month of the year: its seasonal index over the last 3
-- complete financial years, or 2 (METHODS §5, step 1), and how strong the season is in all: the share of what is not
-- trend that is season (Wang, Smith and Hyndman 2006), the trend being a centred mean over twelve months. For the
-- force, and for every area of a measure whose charts are adjusted.
with monthly as (
    select
        results.measure_id,
        results.source,
        results.area_id,
        results.population_group,
        results.period_month,
        month(results.period_month) as month_of_year,
        count(*) over year_of_series as months_of_year,
        results.value / nullif(avg({{ exact('results.value') }}) over year_of_series, 0) as share_of_mean,
        count(*) over around as months_around,
        -- The months half a year before and after are the same month of the year: each counts half.
        results.value / nullif((
            sum(results.value) over around
            - first_value(results.value) over around / 2
            - last_value(results.value) over around / 2
        ) / 12, 0) as share_of_trend
    from {{ ref('res_source_result') }} as results
    inner join {{ ref('measures') }} as measures
        on results.measure_id = measures.measure_id and measures.control_basis = 'month'
    inner join {{ ref('int_month') }} as month on results.period_month = month.period_month
    where results.period_basis = 'month'
        and results.value is not null
        and (results.area_id = 'force' or measures.control_seasonal_adjustment = 'monthly')
    window
        year_of_series as (
            partition by
                results.measure_id,
                results.source,
                results.area_id,
                results.population_group,
                month.financial_year_start
        ),
        around as (
            partition by results.measure_id, results.source, results.area_id, results.population_group
            order by results.period_month
            range between interval 6 months preceding and interval 6 months following
        )
),

indexed as (
    select
        measure_id,
        source,
        area_id,
        population_group,
        month_of_year,
        count(*) as years,
        greatest(avg({{ exact('share_of_mean', 15) }}), 0.05) as month_index
    from (
        select *
        from monthly
        where months_of_year = 12 and share_of_mean is not null
        qualify row_number() over (
            partition by measure_id, source, area_id, population_group, month_of_year order by period_month desc
        ) <= 3
    ) as latest
    group by measure_id, source, area_id, population_group, month_of_year
    having count(*) >= 2
),

without_trend as (
    select
        *,
        share_of_trend - avg(share_of_trend) over (
            partition by measure_id, source, area_id, population_group, month_of_year
        ) as remainder
    from monthly
    where months_around = 13 and share_of_trend is not null
),

weighed as (
    select
        measure_id,
        source,
        area_id,
        population_group,
        count(*) // 12 as years_without_trend,
        greatest(0, 1 - var_pop(remainder) / nullif(var_pop(share_of_trend), 0)) as seasonal_strength
    from without_trend
    group by measure_id, source, area_id, population_group
)

select
    indexed.*,
    weighed.years_without_trend,
    weighed.seasonal_strength
from indexed
left join weighed using (measure_id, source, area_id, population_group)
