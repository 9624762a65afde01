-- One row per measure, period basis, month, area and population group: the figure from the best-ranked source that
-- fills the whole window, or null with the reason. The force has a row for every window, whatever was delivered.
with ranked as (
    select
        results.*,
        preferred.rank
    from {{ ref('res_source_result') }} as results
    inner join {{ ref('res_source_rank') }} as preferred
        on results.measure_id = preferred.measure_id and results.source = preferred.source
),

chosen as (
    select *
    from ranked
    qualify row_number() over (
        partition by measure_id, area_id, population_group, period_basis, period_month
        order by value is null, rank
    ) = 1
),

delivered as (
    select distinct extract from {{ ref('int_coverage') }}
),

carried as (
    select distinct measure_id from {{ ref('res_source_result') }}
),

expected as (
    select
        measures.measure_id,
        'force' as area_id,
        'all' as population_group,
        windows.period_basis,
        windows.period_month,
        windows.window_from,
        case
            when carried.measure_id is not null then 'not delivered for this period'
            when measures.extract = 'measure_returns' then 'no source: no unit returns it'
            when measures.extract is null then 'no source'
            when delivered.extract is null then 'no source: no delivery of ' || measures.extract
            when measures.extract_item is not null
                then 'no source: no delivery carries ' || measures.extract_item
            else 'no source: no delivery carries ' || replace(measures.needs_columns, ' ', ', ')
        end as reason
    from {{ ref('measures') }} as measures
    cross join {{ ref('int_window') }} as windows
    left join delivered on measures.extract = delivered.extract
    left join carried on measures.measure_id = carried.measure_id
)

select * exclude (rank) from chosen
union all by name
select
    expected.*,
    false as is_complete,
    false as is_published_value,
    true as is_settled,
    'settled' as comparison,
    0 as rows_quarantined
from expected
anti join chosen using (measure_id, area_id, population_group, period_basis, period_month)
