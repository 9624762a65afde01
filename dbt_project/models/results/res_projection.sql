{{ config(materialized='view') }}
-- One row per measure, source, area, population group, month of origin and number of months still to come: what the
-- rule of METHODS §5 (steps 1 and 2) makes of the series as it was at the end of the origin, and what came of it, where
-- that is known. A year of twelve months ends with the last of them, whichever month that is.
with series as (
    {{ monthly_series() }}
),

monthly as (
    select
        series.* exclude (measure_type, interval_method, is_settled),
        year(series.period_month) * 12 + month(series.period_month) as month_number,
        series.measure_type in ('percentage', 'average') as is_ratio,
        series.interval_method = 'wilson' as is_share,
        -- Counts are whole: half of one keeps the logarithm of none finite. Money is not.
        case when series.measure_type in ('count', 'rate') then 0.5 else 0 end as half
    from series
    cross join {{ source('landing', 'reporting_month') }} as reporting
    where series.is_settled and not {{ breaks_between('series', 'series.period_month', 'reporting.reporting_month') }}
),

-- Windows over a number sort several times faster than over the four names of a series.
numbered as (
    select
        *,
        row_number() over () as series_id
    from (
        select distinct
            measure_id,
            source,
            area_id,
            population_group
        from monthly
    ) as series
),

running as (
    select
        monthly.*,
        numbered.series_id,
        row_number() over series as position,
        (sum({{ exact('monthly.numerator') }}) over series)::double as numerator_until,
        (sum({{ exact('monthly.denominator') }}) over series)::double as denominator_until,
        lag(monthly.month_number, 5) over series = monthly.month_number - 5 as has_six,
        (sum({{ exact('monthly.numerator') }}) over six)::double as numerator_of_six,
        (sum({{ exact('monthly.denominator') }}) over six)::double as denominator_of_six
    from monthly
    inner join numbered using (measure_id, source, area_id, population_group)
    window
        series as (partition by numbered.series_id order by monthly.month_number),
        six as (
            partition by numbered.series_id order by monthly.month_number rows between 5 preceding and current row
        )
),

-- Sums of the index from the start of the year, over three such years: those of any months around an origin are one
-- difference.
indices as (
    select
        measure_id,
        source,
        area_id,
        population_group,
        financial_year_start,
        month_of_financial_year,
        {% for quantity in ['numerator', 'denominator'] %}
        sum({{ quantity }}_index) over (
            partition by measure_id, source, area_id, population_group, financial_year_start
            order by month_of_financial_year
            rows between unbounded preceding and current row
        ) as {{ quantity }}_sum{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('res_month_profile') }}
),

years as (
    select
        measure_id,
        source,
        area_id,
        population_group,
        financial_year_start,
        list(numerator_sum order by month_of_financial_year) as numerator_of_year,
        list(denominator_sum order by month_of_financial_year) as denominator_of_year
    from indices
    group by measure_id, source, area_id, population_group, financial_year_start
    having count(*) = 12
),

seasons as (
    select
        * exclude (numerator_of_year, denominator_of_year),
        {% for quantity in ['numerator', 'denominator'] %}
        list_concat(
            {{ quantity }}_of_year,
            list_transform({{ quantity }}_of_year, lambda until: until + {{ quantity }}_of_year[12]),
            list_transform({{ quantity }}_of_year, lambda until: until + 2 * {{ quantity }}_of_year[12])
        ) as {{ quantity }}_sums{{ ',' if not loop.last }}
        {% endfor %}
    from years
),

origins as (
    select
        running.*,
        seasons.numerator_sums,
        seasons.denominator_sums,
        12 + running.month_of_financial_year as place,
        running.numerator_of_six / (numerator_sums[place] - numerator_sums[place - 6]) as numerator_level,
        running.denominator_of_six / (denominator_sums[place] - denominator_sums[place - 6]) as denominator_level
    from running
    inner join seasons
        on running.measure_id = seasons.measure_id
        and running.source = seasons.source
        and running.area_id = seasons.area_id
        and running.population_group = seasons.population_group
        and running.financial_year_start = seasons.financial_year_start
    where running.has_six
),

projected as (
    select
        origins.* exclude (origins.numerator_sums, origins.denominator_sums),
        remaining.months as months_remaining,
        origins.numerator_level
        * (origins.numerator_sums[origins.place + months_remaining] - origins.numerator_sums[origins.place])
            as numerator_to_come,
        origins.denominator_level
        * (origins.denominator_sums[origins.place + months_remaining] - origins.denominator_sums[origins.place])
            as denominator_to_come
    from origins
    cross join unnest(generate_series(1, 11)) as remaining(months)
)

select
    projected.measure_id,
    projected.source,
    projected.area_id,
    projected.population_group,
    projected.series_id,
    projected.period_month as origin_month,
    projected.month_number,
    projected.financial_year_start,
    projected.months_remaining,
    projected.months_remaining = 12 - projected.month_of_financial_year as is_year_end,
    projected.is_ratio,
    projected.is_share,
    projected.half,
    projected.numerator_until - coalesce(began.numerator_until, 0) as numerator_to_date,
    projected.denominator_until - coalesce(began.denominator_until, 0) as denominator_to_date,
    projected.numerator_to_come,
    projected.denominator_to_come,
    ended.numerator_until - projected.numerator_until as numerator_that_came,
    ended.denominator_until - projected.denominator_until as denominator_that_came
from projected
left join running as began
    on projected.series_id = began.series_id
    and began.month_number = projected.month_number - (12 - projected.months_remaining)
left join running as ended
    on projected.series_id = ended.series_id
    and ended.month_number = projected.month_number + projected.months_remaining
    and ended.position = projected.position + projected.months_remaining
-- All the months from the year's first to the origin are there.
where projected.position - coalesce(began.position, 0) = 12 - projected.months_remaining
