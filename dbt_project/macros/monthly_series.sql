{# One row per measure, source, area, population group and month: the parts of what is counted month by month, whose
   year can be projected (METHODS §5). #}
{% macro monthly_series() -%}
    select
        results.measure_id,
        results.source,
        results.area_id,
        results.population_group,
        results.period_month,
        month.financial_year_start,
        month.month_of_financial_year,
        measures.measure_type,
        measures.interval_method,
        coalesce(results.numerator, results.value / measures.multiplier) as numerator,
        results.denominator,
        results.is_settled
    from {{ ref('res_source_result') }} as results
    inner join {{ ref('measures') }} as measures
        on results.measure_id = measures.measure_id
        and measures.numerator_kind = 'flow'
        and measures.measure_type in ('count', 'money', 'rate', 'percentage', 'average')
    inner join {{ ref('int_month') }} as month on results.period_month = month.period_month
    where results.period_basis = 'month' and results.value is not null
{%- endmacro %}
