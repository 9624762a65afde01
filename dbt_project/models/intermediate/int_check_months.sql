-- One row per source of one-month figures and month it should have, from its first to its last one: whether it has it.
-- Figures of several months have windows of their own, and may overlap or be apart. What is delivered as needed owes no
-- month.
with months as (
    select
        *,
        datediff('month', lag(period_month) over (partition by extract, source order by period_month), period_month)
            as months_since
    from {{ ref('int_checked_delivery') }}
    where months_covered = 1 and cadence <> 'as_needed'
),

-- A source whose months are all quarters or years apart sends no others.
sources as (
    select
        extract,
        source,
        min(period_month) as first_month,
        max(period_month) as last_month,
        case when bool_and(months_since % 12 = 0) then 12 when bool_and(months_since % 3 = 0) then 3 else 1 end as step
    from months
    group by extract, source
),

expected as (
    select
        extract,
        source,
        1 as months_covered,
        first_month,
        last_month,
        unnest(generate_series(first_month, last_month, to_months(step)))::date as period_month
    from sources
),

found as (
    select
        expected.*,
        (months.period_month is not null)::int as deliveries
    from expected
    left join months using (extract, source, period_month)
)

select
    thresholds.check_name,
    found.extract,
    found.source,
    found.period_month,
    found.months_covered,
    found.deliveries::double as measured,
    'deliveries' as measured_in,
    thresholds.lower,
    null::double as upper,
    found.deliveries >= thresholds.lower as is_passed,
    {{ period_in_words('found') }}
        || case
            when found.deliveries >= thresholds.lower then ': delivered.'
            else ': nothing is delivered of this month, but from ' || strftime(found.first_month, '%Y-%m') || ' to '
                || strftime(found.last_month, '%Y-%m') || ' are others. No quarter or year that holds it has a figure'
                || ' from this source. Deliver it.'
        end as finding
from found
{{ thresholds_of('found', ['every_month_between_two_others_is_delivered']) }}
