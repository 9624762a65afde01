-- One row per measure, source, area, population group and window: the window's figure with its 95 % interval, by the
-- method the catalogue names (METHODS §2, §3). A survey figure with fewer than 30 respondents is none.
{% set smallest_base = 30 %}
with windows as (
    select
        windows.* replace (
            -- Nobody was asked for a percentage that was published: how many its publisher asked is not known.
            case when windows.is_published_value then nullif(windows.respondents, 0) else windows.respondents end
                as respondents
        ),
        measures.interval_method,
        measures.multiplier,
        measures.design_effect
    from {{ ref('res_source_window') }} as windows
    inner join {{ ref('measures') }} as measures on windows.measure_id = measures.measure_id
),

-- A figure that comes without the sums of its weights, or as a percentage with its respondents, has equal ones.
with_survey_sums as (
    select
        *,
        coalesce(interval_method = 'survey' and respondents < {{ smallest_base }}, false) and reason is null
            as is_suppressed,
        coalesce(denominator, respondents) as sum_w,
        coalesce(numerator, respondents * value / multiplier) as sum_wy,
        coalesce(sum_weight_squared, pow(sum_w, 2) / nullif(respondents, 0)) as sum_w2,
        coalesce(sum_weight_squared_numerator, sum_wy * sum_w / nullif(respondents, 0)) as sum_w2y
    from windows
),

with_variance as (
    select
        *,
        case
            when interval_method = 'survey' and value is not null
                then {{ survey_variance('respondents', 'sum_w', 'sum_wy', 'sum_w2', 'sum_w2y', 'design_effect') }}
        end as variance
    from with_survey_sums
),

-- The size of the sample behind a share: of a survey its effective one, of a count of cases all of them.
with_base as (
    select
        *,
        case
            when value is null then null
            when interval_method = 'survey'
                then
                    {{ effective_respondents('respondents', 'sum_w', 'sum_wy', 'sum_w2', 'variance', 'design_effect') }}
            when interval_method = 'wilson' then denominator
        end as share_of,
        case
            when interval_method = 'poisson' and value is not null then numerator
        end as events
    from with_variance
),

with_limits as (
    select
        with_base.*,
        case
            when
                share_of is not null
                then multiplier * {{ wilson_limit('-', 'value / multiplier', 'share_of', z_95()) }}
            when with_base.events is not null
                then multiplier * {{ poisson_limit('-', 'with_base.events', z_95(), 'exact.lower_95') }}
                    / coalesce(denominator, 1)
        end as lower_95,
        case
            when
                share_of is not null
                then multiplier * {{ wilson_limit('+', 'value / multiplier', 'share_of', z_95()) }}
            when with_base.events is not null
                then multiplier * {{ poisson_limit('+', 'with_base.events', z_95(), 'exact.upper_95') }}
                    / coalesce(denominator, 1)
        end as upper_95
    from with_base
    left join {{ ref('poisson_limits') }} as exact on with_base.events = exact.events
)

select
    measure_id,
    source,
    area_id,
    population_group,
    period_basis,
    period_month,
    window_from,
    tile_months,
    numerator,
    denominator,
    case when not is_suppressed then value end as value,
    value_by_now,
    value_by_then,
    respondents,
    coalesce(respondents < 100 and interval_method = 'survey', false) as is_small_base,
    case when not is_suppressed then share_of end as share_of,
    case when not is_suppressed then pow(multiplier, 2) * variance end as variance,
    case when not is_suppressed then lower_95 end as lower_95,
    case when not is_suppressed then upper_95 end as upper_95,
    is_published_value,
    is_complete,
    case
        when is_suppressed then 'fewer than {{ smallest_base }} respondents'
        else reason
    end as reason
from with_limits
