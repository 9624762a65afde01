-- One row per month and input that was not wholly delivered for it, and that in words. An input is a source, or an
-- extract, which any of its sources may deliver. No month waits for what is delivered as needed.
with months_delivered as (
    select
        extract,
        source,
        period_month,
        is_partial
    from {{ ref('stg_current_delivery') }}
    where extract <> 'population'
    union all
    -- A year's residents divide the months of the financial year that begins in it (int_population).
    select
        residents.extract,
        residents.source,
        month.period_month,
        residents.is_partial
    from {{ ref('stg_current_delivery') }} as residents
    inner join {{ ref('int_month') }} as month on year(residents.period_month) = year(month.financial_year_start)
    where residents.extract = 'population'
),

by_input as (
    select
        extract as input,
        period_month,
        is_partial
    from months_delivered
    union all
    select
        source as input,
        period_month,
        is_partial
    from months_delivered
),

inputs as (
    select
        extract,
        extract as input
    from {{ source('landing', 'extract') }}
    where cadence <> 'as_needed'
    union
    select
        current_delivery.extract,
        current_delivery.source as input
    from {{ ref('stg_current_delivery') }} as current_delivery
    inner join {{ source('landing', 'extract') }} as extracts
        on current_delivery.extract = extracts.extract and extracts.cadence <> 'as_needed'
)

select
    inputs.input,
    month.period_month,
    count(by_input.input) > 0 as is_partial,
    inputs.extract
    || case when count(by_input.input) > 0 then ' was delivered in part for ' else ' has not been delivered for ' end
    || case
        when inputs.extract = 'population' then year(month.financial_year_start)::varchar
        else strftime(month.period_month, '%B %Y')
    end as because
from inputs
cross join {{ ref('int_month') }} as month
left join by_input on inputs.input = by_input.input and month.period_month = by_input.period_month
group by inputs.input, inputs.extract, month.period_month, month.financial_year_start
having not coalesce(bool_or(not by_input.is_partial), false)
