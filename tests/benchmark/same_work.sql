-- A first refresh's work on recorded crime, by hand: read every column as text, check every row, set aside what breaks
-- a rule, keep the rest as Parquet and as a table (summary.sql and measures.sql then make the monthly measures).
-- Variables: raw (the folder of deliveries), seeds (the folder of the seeds). Files are written to the current folder.
create macro as_text(cell) as nullif(trim(cell), '');
create macro as_day(cell) as cast(
    try_strptime(trim(cell), ['%Y-%m-%d', '%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%S', '%d/%m/%Y']) as date
);
create macro as_flag(cell) as case
    when lower(trim(cell)) in ('true', 't', 'yes', 'y', '1') then true
    when lower(trim(cell)) in ('false', 'f', 'no', 'n', '0') then false
end;
create macro as_number(text) as coalesce(
    try_cast(text as double),
    case
        when regexp_full_match(text, '[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?')
            then try_cast(replace(text, ',', '') as double)
    end
);
create macro as_count(cell) as case
    when as_number(trim(cell)) = floor(as_number(trim(cell))) then try_cast(as_number(trim(cell)) as bigint)
end;
create macro as_area(cell) as nullif(
    trim(regexp_replace(replace(lower(cell), '&', 'and'), '[^a-z0-9]+', '_', 'g'), '_'), ''
);
create macro is_unreadable(cell, reading) as trim(cell) <> '' and reading is null;
create macro is_missing(cell, reading) as reading is null and coalesce(trim(cell), '') = '';
create macro is_slug(word) as regexp_full_match(word, '[a-z0-9][a-z0-9_]{0,39}');

create temp table area as
select
    area_id,
    area_type in ('force', 'region', 'region_part', 'country') as is_total
from read_csv(getvariable('seeds') || '/areas.csv')
where area_type <> 'business_group';

create temp table offence as
select offence_code, offence_group, offence_category, is_tier_1, is_tier_2
from read_csv(getvariable('seeds') || '/offence_groups.csv')
where source = 'crime_system';

create table delivery as
select
    filename as file_name,
    left(sha256(content), 16) as delivery_id
from read_blob(getvariable('raw') || '/recorded_crime/*.csv');

create temp table repeated as
select
    filename as file_name,
    trim(offence_ref) as offence_ref
from read_csv(getvariable('raw') || '/recorded_crime/*.csv', all_varchar = true, header = true, filename = true)
where trim(offence_ref) <> ''
group by all
having count(*) > 1;

-- Every row as read, with the codes of the rules it breaks (empty where it breaks none) and, where there are any, the
-- row as received. Rows keep the order of the files, so that a row's place tells its line.
create temp table checked as
with readings as (
    select
        received,
        coalesce(as_day(received.period_month), cast(date_trunc('month', as_day(received.recorded_date)) as date))
            as period_month,
        coalesce(as_count(received.months_covered), 1) as months_covered,
        as_area(received.area) as area,
        as_text(received.offence_ref) as offence_ref,
        as_day(received.recorded_date) as recorded_date,
        as_text(received.offence_code) as offence_code,
        as_flag(received.is_domestic) as is_domestic,
        as_flag(received.is_gun_enabled) as is_gun_enabled,
        as_flag(received.is_knife_enabled) as is_knife_enabled,
        as_count(received.victims_under_20) as victims_under_20,
        as_text(received.victim_group) as victim_group,
        as_day(received.arrest_date) as arrest_date,
        as_text(received.outcome_type) as outcome_type,
        as_day(received.outcome_date) as outcome_date,
        as_text(received.drug_type) as drug_type,
        as_count(received.offences) as offences
    from read_csv(
        getvariable('raw') || '/recorded_crime/*.csv', all_varchar = true, header = true, filename = true
    ) as received
),

judged as (
    select
        readings.*,
        concat_ws(
            '; ',
            case when is_unreadable(received.period_month, as_day(received.period_month))
                then 'period_month_unreadable' end,
            case when is_unreadable(received.months_covered, as_count(received.months_covered))
                then 'months_covered_unreadable' end,
            case when is_unreadable(received.recorded_date, recorded_date) then 'recorded_date_unreadable' end,
            case when is_unreadable(received.is_domestic, is_domestic) then 'is_domestic_unreadable' end,
            case when is_unreadable(received.is_gun_enabled, is_gun_enabled) then 'is_gun_enabled_unreadable' end,
            case when is_unreadable(received.is_knife_enabled, is_knife_enabled) then 'is_knife_enabled_unreadable' end,
            case when is_unreadable(received.victims_under_20, victims_under_20) then 'victims_under_20_unreadable' end,
            case when is_unreadable(received.arrest_date, arrest_date) then 'arrest_date_unreadable' end,
            case when is_unreadable(received.outcome_date, outcome_date) then 'outcome_date_unreadable' end,
            case when is_unreadable(received.offences, offences) then 'offences_unreadable' end,
            case when is_missing(received.period_month, period_month) then 'period_month_missing' end,
            case when area is null then 'area_missing' end,
            case when offence_code is null then 'offence_code_missing' end,
            case when is_missing(received.is_domestic, is_domestic) then 'is_domestic_missing' end,
            case when is_missing(received.is_gun_enabled, is_gun_enabled) then 'is_gun_enabled_missing' end,
            case when is_missing(received.is_knife_enabled, is_knife_enabled) then 'is_knife_enabled_missing' end,
            case when is_missing(received.victims_under_20, victims_under_20) then 'victims_under_20_missing' end,
            case when months_covered not between 1 and 12 then 'months_covered_out_of_domain' end,
            case when length(readings.offence_ref) > 64 then 'offence_ref_out_of_domain' end,
            case when victims_under_20 < 0 then 'victims_under_20_out_of_domain' end,
            case when not is_slug(victim_group) then 'victim_group_out_of_domain' end,
            case when outcome_type not in (
                'charge', 'summons', 'caution', 'taken_into_consideration', 'penalty_notice', 'cannabis_warning'
            ) then 'outcome_type_out_of_domain' end,
            case when not is_slug(drug_type) then 'drug_type_out_of_domain' end,
            case when offences < 0 then 'offences_out_of_domain' end,
            case when day(period_month) <> 1 then 'period_is_a_month' end,
            case when period_month < date '1990-01-01' then 'period_before_1990' end,
            case when period_month >= date '2050-01-01' then 'period_too_late' end,
            case when area not in (select area_id from area) then 'area_unknown' end,
            case when readings.offence_ref is not null and area in (select area_id from area where is_total)
                then 'record_of_a_total' end,
            case when offence_code not in (select offence_code from offence) then 'offence_unknown' end,
            case when period_month <> cast(parse_filename(received.filename, true) || '-01' as date)
                then 'month_differs_from_file_name' end,
            case when repeated.offence_ref is not null then 'offence_ref_repeated' end,
            case when (readings.offence_ref is null) <> (recorded_date is null) then 'record_or_count' end,
            case when readings.offence_ref is not null and offences <> 1 then 'record_counts_one' end,
            case when recorded_date is not null and months_covered <> 1 then 'record_covers_one_month' end,
            case when is_missing(received.offences, offences) then 'offences_missing' end,
            case when date_trunc('month', recorded_date) <> period_month then 'recorded_outside_period' end,
            case when offences > 1000000 * months_covered then 'too_many_offences' end,
            case when victims_under_20 > 100 * case when offences < 0 then 0 else offences end
                then 'too_many_victims' end,
            case when recorded_date - arrest_date > 183 then 'arrest_before_record' end,
            case when greatest(arrest_date, outcome_date) >= date '2050-01-01' then 'fact_too_late' end,
            case when outcome_date < recorded_date then 'outcome_before_record' end,
            case when (outcome_type is null) <> (outcome_date is null) then 'outcome_incomplete' end
        ) as rules
    from readings
    left join repeated on readings.offence_ref = repeated.offence_ref and received.filename = repeated.file_name
)

select
    received.filename as file_name,
    judged.* exclude (received),
    case when rules <> '' or offence_ref is null then received end as received
from judged;

-- A count is known by its cell, as read.
update checked
set rules = concat_ws('; ', nullif(rules, ''), 'count_repeated')
where rowid in (
    select unnest(list(rowid))
    from checked
    where offence_ref is null
    group by
        file_name, period_month, months_covered, area, offence_code, is_domestic, is_gun_enabled, is_knife_enabled,
        victims_under_20, victim_group, arrest_date, outcome_type, outcome_date, drug_type
    having count(*) > 1
);

create temp table delivery_start as
select
    delivery.file_name,
    delivery.delivery_id,
    min(checked.rowid) as row_id
from checked
inner join delivery using (file_name)
group by all;

copy (
    select
        delivery_start.delivery_id,
        checked.rowid - delivery_start.row_id + 2 as line_number,
        checked.rules,
        unnest(checked.received)
    from checked
    inner join delivery_start using (file_name)
    where checked.rules <> ''
) to 'quarantined/recorded_crime/rows.csv';

create table recorded_crime as
select
    delivery_start.delivery_id,
    checked.rowid - delivery_start.row_id + 2 as line_number,
    checked.* exclude (file_name, rules, received)
from checked
inner join delivery_start using (file_name)
where checked.rules = '';

copy recorded_crime to 'landing' (format parquet, partition_by (delivery_id), overwrite_or_ignore);
