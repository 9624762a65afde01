-- One row per measure, source, area, population group and month of origin in a financial year: where the year is
-- heading as seen then, with 80 % and 95 % intervals from how wrong the same rule was before (METHODS §5), and where
-- the year ended, once that is known.
{% set fewest_origins = 12 %}
{% set months_looked_back = 60 %}
with projections as (
    select
        *,
        case
            when is_ratio
                then (numerator_to_date + numerator_to_come) / (denominator_to_date + denominator_to_come)
        end as ratio,
        case
            when is_ratio
                then (numerator_to_date + numerator_that_came) / (denominator_to_date + denominator_that_came)
        end as ratio_that_came,
        case
            when is_share and least(ratio, ratio_that_came) > 0 and greatest(ratio, ratio_that_came) < 1
                then {{ logit('ratio_that_came') }} - {{ logit('ratio') }}
            when is_share then null
            when is_ratio and least(ratio, ratio_that_came) > 0 then ln(ratio_that_came / ratio)
            when not is_ratio and least(numerator_to_come, numerator_that_came) + half > 0
                then ln((numerator_that_came + half) / (numerator_to_come + half))
        end as error
    from {{ ref('res_projection') }}
),

-- Errors of projections over as many months, whose outcome was known at the origin.
with_errors as (
    select
        *,
        count(error) over known_then as origins,
        avg({{ exact('pow(error, 2)', 30) }}) over known_then as mean_squared_error
    from projections
    window known_then as (
        partition by series_id, months_remaining
        order by month_number
        range between {{ months_looked_back }} preceding and months_remaining preceding
    )
),

-- With too few of them, errors over any number of months, each as it would be over this one: a drift's variance grows
-- with its length.
widened as (
    select
        origin.series_id,
        origin.month_number,
        count(*) as origins,
        avg({{ exact('pow(past.error, 2) * origin.months_remaining / past.months_remaining', 30) }})
            as mean_squared_error
    from with_errors as origin
    inner join projections as past
        on origin.series_id = past.series_id
        and past.month_number >= origin.month_number - {{ months_looked_back }}
        and past.month_number + past.months_remaining <= origin.month_number
        and past.error is not null
    where origin.is_year_end and origin.origins < {{ fewest_origins }}
    group by origin.series_id, origin.month_number
),

judged as (
    select
        with_errors.* exclude (origins, mean_squared_error),
        case when with_errors.origins >= {{ fewest_origins }} then with_errors.origins else widened.origins end
            as origins,
        case
            when with_errors.origins >= {{ fewest_origins }} then with_errors.mean_squared_error
            else widened.mean_squared_error
        end as mean_squared_error,
        with_errors.origins < {{ fewest_origins }} as is_widened,
        measures.multiplier,
        measures.multiplier
            / case when measures.measure_type = 'rate' then denominator_to_date / (12 - months_remaining) else 1 end
            as unit
    from with_errors
    inner join {{ ref('measures') }} as measures on with_errors.measure_id = measures.measure_id
    left join widened
        on with_errors.series_id = widened.series_id and with_errors.month_number = widened.month_number
    where with_errors.is_year_end
),

of_series as (
    select
        *,
        -- A count is at least as uncertain as chance makes it.
        case
            when coalesce(origins, 0) < {{ fewest_origins }} then null
            when is_share and (ratio <= 0 or ratio >= 1) then null
            when half > 0 and numerator_to_come = 0 then null
            when half > 0 then sqrt(greatest(mean_squared_error, 1 / numerator_to_come))
            else sqrt(mean_squared_error)
        end as deviation,
        case
            when is_ratio then multiplier * ratio
            else unit * (numerator_to_date + numerator_to_come)
        end as projected,
        case
            when is_ratio then multiplier * ratio_that_came
            else unit * (numerator_to_date + numerator_that_came)
        end as actual
    from judged
),

-- A survey's year is made of what was asked so far and of the year before (METHODS §5, step 5).
surveys as (
    select
        to_date.measure_id,
        to_date.source,
        to_date.area_id,
        to_date.population_group,
        to_date.period_month as origin_month,
        month.financial_year_start,
        12 - month.month_of_financial_year as months_remaining,
        month.month_of_financial_year / 12.0 as share_done,
        to_date.value as value_to_date,
        share_done * to_date.value + (1 - share_done) * rolling.value as projected,
        sqrt(pow(1 - share_done, 2) * rolling.variance * (1 + 12.0 / (12 - month.month_of_financial_year)))
            as deviation,
        year_end.value as actual
    from {{ ref('res_source_result') }} as to_date
    inner join {{ ref('measures') }} as measures
        on to_date.measure_id = measures.measure_id and measures.interval_method = 'survey'
    inner join {{ ref('int_month') }} as month
        on to_date.period_month = month.period_month and month.month_of_financial_year < 12
    inner join {{ ref('res_source_result') }} as rolling
        on to_date.measure_id = rolling.measure_id
        and to_date.source = rolling.source
        and to_date.area_id = rolling.area_id
        and to_date.population_group = rolling.population_group
        and to_date.period_month = rolling.period_month
        and rolling.period_basis = 'rolling_12_months'
    left join {{ ref('res_source_result') }} as year_end
        on to_date.measure_id = year_end.measure_id
        and to_date.source = year_end.source
        and to_date.area_id = year_end.area_id
        and to_date.population_group = year_end.population_group
        and year_end.period_basis = 'financial_year_to_date'
        and year_end.period_month = {{ add_months('month.financial_year_start', 11) }}
    where to_date.period_basis = 'financial_year_to_date'
        and to_date.value is not null
        and rolling.value is not null
),

together as (
    select
        measure_id,
        source,
        area_id,
        population_group,
        origin_month,
        financial_year_start,
        months_remaining,
        case when is_share then 'share' when is_ratio then 'ratio' when half > 0 then 'count' else 'amount' end
            as method,
        origins,
        is_widened,
        unit,
        multiplier,
        numerator_to_date,
        denominator_to_date,
        numerator_to_come,
        denominator_to_come,
        case
            when is_ratio then multiplier * numerator_to_date / denominator_to_date
            else unit * numerator_to_date
        end as value_to_date,
        ratio,
        projected,
        deviation,
        actual
    from of_series
    union all by name
    select
        * exclude (share_done),
        'survey' as method,
        1 as unit
    from surveys
)

select
    *,
    {% for name, z in [('80', z_two_sided_80()), ('95', z_95())] %}
    {% for side, end in [('-', 'lower'), ('+', 'upper')] %}
    case method
        when 'survey' then projected {{ side }} {{ z }} * deviation
        when 'share'
            then case
                when deviation is not null
                    then projected / ratio * {{ inverse_logit(logit('ratio') ~ side ~ z ~ ' * deviation') }}
            end
        when 'ratio' then projected * exp({{ side }} {{ z }} * deviation)
        else unit * (numerator_to_date + numerator_to_come * exp({{ side }} {{ z }} * deviation))
    end as {{ end }}_{{ name }},
    {% endfor %}
    {% endfor %}
    actual between lower_80 and upper_80 as is_inside_80,
    actual between lower_95 and upper_95 as is_inside_95,
    case
        when deviation is not null then null
        when method = 'survey' then 'no base to judge its error by'
        when coalesce(origins, 0) < {{ fewest_origins }}
            then
                'too few earlier months to try the projection on: ' || coalesce(origins, 0)
                || ' of {{ fewest_origins }} needed'
        when method = 'share' then 'all or none of them so far'
        when numerator_to_come = 0 then 'nothing counted in the last six months'
    end as reason
from together
