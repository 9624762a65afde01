-- One row per measure, source, area, population group and window: every source's figure, gaps between groups among
-- them, with the same window a year earlier from the same source and the change from it.
with windows as (
    select * from {{ ref('res_source_window') }}
    union all by name
    select
        gap.measure_id,
        first_group.source,
        first_group.area_id,
        'all' as population_group,
        first_group.period_basis,
        first_group.period_month,
        first_group.window_from,
        first_group.tile_months,
        null::double as numerator,
        null::double as denominator,
        least(first_group.denominator, second_group.denominator) as smaller_base,
        first_group.value - second_group.value as value,
        least(first_group.respondents, second_group.respondents) as respondents,
        null::double as value_by_now,
        null::double as value_by_then,
        null::double as sum_weight_squared,
        null::double as sum_weight_squared_numerator,
        false as is_published_value,
        first_group.is_complete and second_group.is_complete as is_complete,
        coalesce(first_group.reason, second_group.reason) as reason
    from {{ ref('measures') }} as gap
    inner join {{ ref('res_source_window') }} as first_group
        on gap.base_measure = first_group.measure_id and gap.group_a = first_group.population_group
    inner join {{ ref('res_source_window') }} as second_group
        on gap.base_measure = second_group.measure_id
        and gap.group_b = second_group.population_group
        and first_group.source = second_group.source
        and first_group.area_id = second_group.area_id
        and first_group.period_basis = second_group.period_basis
        and first_group.period_month = second_group.period_month
    where gap.measure_type = 'survey_gap'
),

aged as (
    select
        windows.*,
        -- A window is settled once late facts no longer move its last month.
        measures.settles_after is null
        or {{ add_months('windows.period_month', 'measures.settles_after') }} <= reporting.reporting_month as is_settled
    from windows
    inner join {{ ref('measures') }} as measures on windows.measure_id = measures.measure_id
    cross join {{ source('landing', 'reporting_month') }} as reporting
)

select
    windows.*,
    a_year_ago.value as value_same_period_last_year,
    a_year_ago.numerator as numerator_same_period_last_year,
    a_year_ago.value_by_then as value_by_then_last_year,
    case
        when windows.value is null then windows.reason
        when {{ breaks_between('windows', add_months('windows.window_from', '-12'), 'windows.period_month') }}
            then 'series break'
        when a_year_ago.value is null then coalesce(a_year_ago.reason, 'not delivered')
    end as reason_no_change,
    -- What a change from last year rests on. Figures that late facts may still move are held against last year's as
    -- they stood at the same age, where the dates of the facts allow it.
    case
        when windows.is_settled then 'settled'
        when windows.value_by_now is not null and a_year_ago.value_by_then is not null then 'same_age'
        else 'unsettled'
    end as comparison,
    coalesce(quarantined.rows_quarantined, 0) as rows_quarantined
from aged as windows
left join aged as a_year_ago
    on windows.measure_id = a_year_ago.measure_id
    and windows.source = a_year_ago.source
    and windows.area_id = a_year_ago.area_id
    and windows.population_group = a_year_ago.population_group
    and windows.period_basis = a_year_ago.period_basis
    and a_year_ago.period_month = {{ add_months('windows.period_month', '-12') }}
left join {{ ref('res_quarantined') }} as quarantined
    on windows.measure_id = quarantined.measure_id
    and windows.source = quarantined.source
    and windows.period_basis = quarantined.period_basis
    and windows.period_month = quarantined.period_month
