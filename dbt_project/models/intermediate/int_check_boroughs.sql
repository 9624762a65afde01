-- One row per extract by borough, source and month: how many boroughs its current delivery has rows of.
with expected as (
    select
        delivery.*,
        thresholds.check_name,
        thresholds.lower as lower_share,
        boroughs.area_id,
        boroughs.title
    from {{ ref('int_checked_delivery') }} as delivery
    {{ thresholds_of('delivery', ['every_borough_is_in_every_month']) }}
    inner join {{ ref('areas') }} as boroughs on boroughs.area_type = 'borough'
    where delivery.areas = 'boroughs' and delivery.months_covered = 1
),

found as (
    select
        expected.check_name,
        expected.extract,
        expected.source,
        expected.period_month,
        expected.months_covered,
        expected.is_partial,
        expected.period_in_words,
        expected.next_revision,
        expected.lower_share,
        count(*) as boroughs,
        count(coverage.area_id) as boroughs_found,
        string_agg(expected.title, ', ' order by expected.title) filter (where coverage.area_id is null) as missing
    from expected
    left join {{ ref('int_coverage') }} as coverage
        using (extract, source, period_month, months_covered, area_id)
    group by all
)

select
    check_name,
    extract,
    source,
    period_month,
    months_covered,
    boroughs_found::double as measured,
    'boroughs' as measured_in,
    boroughs * lower_share as lower,
    null::double as upper,
    case when not is_partial then boroughs_found >= boroughs * lower_share end as is_passed,
    period_in_words || ': rows of ' || boroughs_found || ' of ' || boroughs || ' boroughs'
        || coalesce(', without ' || missing, '')
        || case
            when is_partial then '. Declared partial, so not judged.'
            when boroughs_found >= boroughs * lower_share then '.'
            else '. The force has no figure of the month from this source. Deliver it again, whole, as '
                || next_revision || '; if there is nothing to send, with {"partial": true} in its sidecar.'
        end as finding
from found
