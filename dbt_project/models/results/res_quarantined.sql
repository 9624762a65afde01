-- One row per measure, source, period basis and month whose figures quarantined rows could be in: how many rows, alone
-- and with those of the window a year earlier, and the most they could add to the numerator or denominator of either
-- (infinity where nothing bounds it). A quarantined row says only where it came from: it could be of any measure over
-- its extract, any area and any group.
with sources as (
    select distinct
        extract,
        source
    from {{ ref('stg_current_delivery') }}
),

measures as (
    select
        *,
        string_split(coalesce(needs_columns, ''), ' ') as needed
    from {{ ref('measures') }}
),

-- What a delivered total, or a published rate, is called beside its parts.
kinds as (
    select unnest(['', '_total', '_rate']) as kind
),

-- The deliveries a figure rests on: its source's own, and where the denominator is of another extract, whichever source
-- that comes from. Only a count of records has a bound: a stock, a sum of money or hours, or a sum over a column of a
-- record (its victims) has none.
feeds as (
    select
        measures.measure_id,
        own.source || kinds.kind as source,
        own.source as delivered_by,
        measures.numerator_kind = 'stock' as is_stock,
        -- Facts dated later than their record, and milestones last reported before, are of any later month too.
        measures.measure_type = 'milestone'
        or list_has_any(measures.needed, ['arrest_date', 'outcome_date', 'closed_date']) as looks_back,
        case
            when measures.measure_type in ('count', 'rate', 'percentage', 'survey_percentage', 'survey_gap')
                and measures.numerator_kind = 'flow'
                and not list_contains(measures.needed, 'victims_under_20')
                then coalesce(records.most_in_a_row, 'infinity'::double)
            else 'infinity'::double
        end as most_in_a_row
    from measures
    inner join sources as own on own.extract in (measures.extract, 'measure_returns')
    cross join kinds
    left join {{ ref('int_record_source') }} as records on own.source || kinds.kind = records.source
    union all
    select
        measures.measure_id,
        own.source || kinds.kind as source,
        other.source as delivered_by,
        false as is_stock,
        false as looks_back,
        'infinity'::double as most_in_a_row
    from measures
    inner join sources as own on measures.extract = own.extract
    inner join sources as other on measures.denominator_extract = other.extract
    cross join kinds
    where kinds.kind <> '_rate'
),

placed as (
    select
        feeds.measure_id,
        feeds.source,
        windows.period_basis,
        windows.period_month,
        quarantined.rows_quarantined,
        quarantined.rows_quarantined * feeds.most_in_a_row as most_added,
        -- No row is of a month before 1990 (extracts/rules.py).
        case
            when feeds.looks_back then '1990-01-01'::date
            when feeds.is_stock then windows.period_month
            else windows.window_from
        end as used_from,
        quarantined.first_month <= windows.period_month and quarantined.last_month >= used_from as is_of_window,
        quarantined.first_month <= {{ add_months('windows.period_month', '-12') }}
        and quarantined.last_month >= {{ add_months('used_from', '-12') }} as is_of_last_year
    from feeds
    inner join {{ ref('int_quarantined_rows') }} as quarantined on feeds.delivered_by = quarantined.source
    cross join {{ ref('int_window') }} as windows
    where is_of_window or is_of_last_year
)

select
    measure_id,
    source,
    period_basis,
    period_month,
    coalesce(sum(rows_quarantined) filter (where is_of_window), 0)::bigint as rows_quarantined,
    sum(rows_quarantined)::bigint as rows_quarantined_with_last_year,
    coalesce(sum(most_added) filter (where is_of_window), 0) as most_added,
    coalesce(sum(most_added) filter (where is_of_last_year), 0) as most_added_last_year
from placed
group by measure_id, source, period_basis, period_month
