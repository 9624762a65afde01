-- One row per check of volumes, extract, source, period and months covered: what came, beside what is usual.
-- Offences and casualties of the force are counted where they are what figures are made of, so that a file of zeros is
-- not taken for a month; of the other extracts, rows. A total delivered beside its parts is not counted.
with counted as (
    select
        'recorded_crime' as extract,
        crime.source,
        crime.period_month,
        crime.months_covered,
        'offences' as measured_in,
        sum(crime.offences) as volume
    from {{ ref('int_recorded_crime') }} as crime
    inner join {{ ref('areas') }} as areas on crime.area_id = areas.area_id
    where areas.part_of_force or areas.area_id = 'force'
    group by crime.source, crime.period_month, crime.months_covered
    union all
    select
        'road_casualties' as extract,
        casualties.source,
        casualties.period_month,
        casualties.months_covered,
        'casualties' as measured_in,
        sum(casualties.casualties) as volume
    from {{ ref('stg_road_casualties') }} as casualties
    inner join {{ ref('areas') }} as areas on casualties.area_id = areas.area_id
    where areas.part_of_force or areas.area_id = 'force'
    group by casualties.source, casualties.period_month, casualties.months_covered
),

volumes as (
    select
        delivery.*,
        case delivery.extract
            when 'recorded_crime' then 'offences'
            when 'road_casualties' then 'casualties'
            else 'rows'
        end as measured_in,
        case
            when delivery.extract in ('recorded_crime', 'road_casualties') then coalesce(counted.volume, 0)
            else delivery.rows_accepted
        end::bigint as volume
    from {{ ref('int_checked_delivery') }} as delivery
    left join counted using (extract, source, period_month, months_covered)
),

-- Set 2026-11-24: the median of five years forgets a year that stood out; one year alone may be that one. Where the
-- history is shorter, half a year of months is enough to see that half a month is missing.
before as (
    select
        *,
        median(volume) filter (where not is_partial) over same_month as median_of_same_months,
        count(*) filter (where not is_partial) over same_month as same_months,
        median(volume) filter (where not is_partial) over year_before as median_of_months_before,
        count(*) filter (where not is_partial) over year_before as months_before
    from volumes
    window
        same_month as (
            partition by extract, source, months_covered, month(period_month)
            order by period_month
            range between interval 5 years preceding and interval 1 month preceding
        ),
        year_before as (
            partition by extract, source, months_covered
            order by period_month
            range between interval 12 months preceding and interval 1 month preceding
        )
),

usual as (
    select
        *,
        case
            when same_months >= 2 then median_of_same_months
            when months_before >= 6 then median_of_months_before
        end as usual,
        case
            when same_months >= 2
                then 'the median of ' || strftime(period_month, '%B') || ' in ' || same_months || ' earlier years'
            else 'the median of ' || months_before || ' of the 12 months before'
        end as usual_is
    from before
),

judged as (
    select
        usual.*,
        thresholds.check_name,
        thresholds.lower as lower_factor,
        thresholds.upper as upper_factor,
        thresholds.smallest_count,
        usual.usual * thresholds.lower as lower,
        usual.usual * thresholds.upper as upper,
        case
            when usual.is_partial or usual.usual is null or usual.usual < thresholds.smallest_count then null
            else usual.volume >= usual.usual * thresholds.lower
                and (thresholds.upper is null or usual.volume <= usual.usual * thresholds.upper)
        end as is_usual
    from usual
    {{ thresholds_of('usual', ['every_month_has_its_usual_volume', 'no_month_is_cut_short_or_doubled']) }}
)

select
    check_name,
    extract,
    source,
    period_month,
    months_covered,
    volume::double as measured,
    measured_in,
    lower,
    upper,
    is_usual or (confirmed_because is not null and is_usual is not null) as is_passed,
    period_in_words || ': ' || format('{:,}', volume) || ' ' || measured_in
        || coalesce(', usual are ' || format('{:,}', usual::bigint) || ' (' || usual_is || ')', '')
        || case
            when is_usual then '.'
            when is_partial then '. Declared partial, so not judged.'
            when usual is null then '. Not judged: the months before are too few to say what is usual.'
            when is_usual is null then '. Not judged: under ' || smallest_count || ', chance decides.'
            when confirmed_because is not null then '. Confirmed by who sent it: ' || confirmed_because
            when volume < lower
                then ': less than ' || lower_factor || ' times that. It may be cut off. '
                    || {{ deliver_or_confirm() }}
            else ': more than ' || upper_factor || ' times that. It may hold something twice, or of other months. '
                || {{ deliver_or_confirm() }}
        end as finding
from judged
