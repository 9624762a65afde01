-- One row per measure, source, area, pair of population groups and window: how far the group compared with
-- (seeds/population_groups.csv) is above the group, with the interval of that gap.
select
    groups.measure_id,
    groups.source,
    groups.area_id,
    groups.population_group,
    compared.population_group as compared_with,
    groups.period_basis,
    groups.period_month,
    groups.window_from,
    groups.tile_months,
    groups.value as value_of_group,
    compared.value as value_compared_with,
    compared.value - groups.value as value,
    least(groups.denominator, compared.denominator) as smaller_base,
    least(groups.respondents, compared.respondents) as respondents,
    groups.is_small_base or compared.is_small_base as is_small_base,
    -- Two groups of a survey have no respondent in common.
    groups.variance + compared.variance as variance,
    case
        when groups.variance is not null
            then compared.value - groups.value - {{ z_95() }} * sqrt(groups.variance + compared.variance)
        else {{ difference_limit(
            '-', 'compared.value', 'compared.lower_95', 'compared.upper_95',
            'groups.value', 'groups.lower_95', 'groups.upper_95',
        ) }}
    end as lower_95,
    case
        when groups.variance is not null
            then compared.value - groups.value + {{ z_95() }} * sqrt(groups.variance + compared.variance)
        else {{ difference_limit(
            '+', 'compared.value', 'compared.lower_95', 'compared.upper_95',
            'groups.value', 'groups.lower_95', 'groups.upper_95',
        ) }}
    end as upper_95,
    groups.is_complete and compared.is_complete as is_complete,
    coalesce(compared.reason, groups.reason) as reason
from {{ ref('res_estimate') }} as groups
inner join {{ ref('population_groups') }} as pairs on groups.population_group = pairs.population_group
inner join {{ ref('res_estimate') }} as compared
    on pairs.compared_with = compared.population_group
    and groups.measure_id = compared.measure_id
    and groups.source = compared.source
    and groups.area_id = compared.area_id
    and groups.period_basis = compared.period_basis
    and groups.period_month = compared.period_month
inner join {{ ref('measures') }} as measures
    on groups.measure_id = measures.measure_id and measures.denominator_kind is not null
