-- One row per check of keys, extract, source and current delivery of records: how many of them a delivery of an earlier
-- month has too. Deliveries of which one replaced months of the other share records by right, and so may figures
-- of one month and of several: these are not compared.
with sources as (
    select distinct
        extract,
        source
    from {{ source('landing', 'layout_column') }}
    where ends_with(column_name, '_ref')
),

deliveries as (
    select
        delivery.extract,
        delivery.source,
        delivery.delivery_id,
        max(delivery.period_month) as period_month,
        arg_max(delivery.months_covered, delivery.period_month) as months_covered,
        arg_max(delivery.period_in_words, delivery.period_month) as period_in_words,
        any_value(delivery.next_revision) as next_revision,
        any_value(delivery.confirmed_because) as confirmed_because,
        sum(delivery.rows_accepted) as row_count
    from {{ ref('int_checked_delivery') }} as delivery
    inner join sources using (extract, source)
    group by delivery.extract, delivery.source, delivery.delivery_id
),

pairs as (
    select
        delivery_id,
        other_delivery_id,
        keys
    from {{ source('landing', 'repeated_key') }}
    union all
    select
        other_delivery_id as delivery_id,
        delivery_id as other_delivery_id,
        keys
    from {{ source('landing', 'repeated_key') }}
),

repeated as (
    select
        later.delivery_id,
        sum(pairs.keys)::bigint as keys,
        string_agg(strftime(earlier.period_month, '%Y-%m'), ', ' order by earlier.period_month) as earlier_months
    from pairs
    inner join deliveries as later on pairs.delivery_id = later.delivery_id
    inner join deliveries as earlier
        on pairs.other_delivery_id = earlier.delivery_id
        and later.source = earlier.source
        and later.months_covered = earlier.months_covered
        and later.period_month > earlier.period_month
    where not exists (
        select 1
        from {{ source('landing', 'delivery_period') }} as own
        inner join {{ source('landing', 'delivery_period') }} as others
            on own.period_month = others.period_month and own.months_covered = others.months_covered
        where own.delivery_id = pairs.delivery_id and others.delivery_id = pairs.other_delivery_id
    )
    group by later.delivery_id
),

judged as (
    select
        deliveries.*,
        thresholds.check_name,
        thresholds.upper,
        coalesce(repeated.keys, 0) as keys,
        repeated.earlier_months,
        coalesce(repeated.keys, 0) / deliveries.row_count as share,
        coalesce(repeated.keys, 0) < thresholds.smallest_count
            or coalesce(repeated.keys, 0) <= thresholds.upper * deliveries.row_count as is_usual
    from deliveries
    {{ thresholds_of('deliveries', ['every_record_is_in_one_month_alone', 'hardly_a_record_is_in_two_months']) }}
    left join repeated on deliveries.delivery_id = repeated.delivery_id
)

select
    check_name,
    extract,
    source,
    period_month,
    months_covered,
    share::double as measured,
    'share of its rows' as measured_in,
    null::double as lower,
    upper,
    is_usual or confirmed_because is not null as is_passed,
    period_in_words || ': ' || format('{:,}', keys) || ' of ' || format('{:,}', row_count::bigint)
        || ' rows are of records that an earlier month has too'
        || coalesce(' (' || earlier_months || ')', '')
        || case
            when is_usual then '.'
            when confirmed_because is not null then '. Confirmed by who sent it: ' || confirmed_because
            else '. They count twice in every year that holds both: find out which month is theirs. '
                || {{ deliver_or_confirm() }}
        end as finding
from judged
