-- One row per measure, source, period basis, month, area and population group: what each source says, so that two
-- publishers' figures stand side by side.
select
    results.measure_id,
    results.source,
    results.period_basis,
    results.period_month,
    results.area_id,
    results.population_group,
    results.numerator,
    results.denominator,
    results.value,
    coalesce(chosen.source = results.source, false) as is_preferred,
    results.reason
from {{ ref('res_source_result') }} as results
left join {{ ref('res_result') }} as chosen
    on results.measure_id = chosen.measure_id
    and results.period_basis = chosen.period_basis
    and results.period_month = chosen.period_month
    and results.area_id = chosen.area_id
    and results.population_group = chosen.population_group
