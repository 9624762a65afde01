-- One row per target for one financial year that names a level or a change, as known at the reporting month: whether
-- meeting it improves on the outturn of the year before, as the plan says that every 2008/09 target must.
with one_year as (
    select *
    from {{ ref('res_target_level') }}
    where date_diff('month', window_from, window_to) = 11
)

select
    target_id,
    plan_id,
    measure_id,
    area_id,
    population_group,
    outturn_source as source,
    outturn,
    level as level_asked,
    case
        when outturn is null or level is null or has_break or better = 'neither' or measure_type = 'milestone'
            then null
        when rule in ('more_than', 'improve') and baseline_kind <> 'fixed' then true
        when better = 'higher' then {{ is_above('level', 'outturn') }}
        else {{ is_below('level', 'outturn') }}
    end as improves_on_outturn,
    case
        when outturn is null then 'no outturn: ' || reason_no_outturn
        when has_break then 'series break'
        when better = 'neither' then 'neither direction is better'
        when measure_type = 'milestone' then 'each year has milestones of its own'
        when level is null then 'the target names no level'
    end as reason
from one_year
