-- One row per measure, basis, month, area and population group held against another: the gap between the two, how sure
-- it is, and whether it has widened or narrowed since the same period last year.
with figures as (
    select
        measure_id,
        source,
        area_id,
        population_group,
        period_basis,
        period_month,
        comparison,
        coalesce(value_at_same_age, value) as value_compared,
        change,
        change_lower_95,
        change_upper_95,
        is_settled
    from {{ ref('fct_measure_result') }}
),

-- A gap has changed by what the one group has changed more than the other. Both changes are between figures of the
-- same age.
changed as (
    select
        gaps.*,
        of_group.is_settled,
        of_group.comparison,
        compared.value_compared - of_group.value_compared as gap_compared,
        compared.change - of_group.change as change,
        {% for side, name in [('-', 'lower'), ('+', 'upper')] %}
        {{ difference_limit(
            side, 'compared.change', 'compared.change_lower_95', 'compared.change_upper_95',
            'of_group.change', 'of_group.change_lower_95', 'of_group.change_upper_95',
        ) }} as change_{{ name }}_95{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('res_group_gap') }} as gaps
    inner join figures as of_group
        on gaps.measure_id = of_group.measure_id
        and gaps.source = of_group.source
        and gaps.area_id = of_group.area_id
        and gaps.population_group = of_group.population_group
        and gaps.period_basis = of_group.period_basis
        and gaps.period_month = of_group.period_month
    left join figures as compared
        on gaps.measure_id = compared.measure_id
        and gaps.source = compared.source
        and gaps.area_id = compared.area_id
        and gaps.compared_with = compared.population_group
        and gaps.period_basis = compared.period_basis
        and gaps.period_month = compared.period_month
)

select
    measure_id,
    period_basis,
    period_month,
    area_id,
    population_group,
    compared_with,
    source,
    value_of_group,
    value_compared_with,
    value as gap,
    lower_95,
    upper_95,
    case when change is not null then comparison end as comparison,
    change,
    change_lower_95,
    change_upper_95,
    case
        when change is null or change_lower_95 is null then null
        when change_lower_95 <= 0 and change_upper_95 >= 0 then 'no_clear_change'
        -- Below zero the gap is reversed: there it widens as it falls.
        when abs(gap_compared) > abs(gap_compared - change) then 'widening'
        else 'narrowing'
    end as trend,
    respondents as fewest_respondents,
    is_small_base,
    is_settled,
    reason
from changed
