-- One row per source, period and area: robbery, residential burglary and vehicle offences over residents.
select
    crime.source,
    crime.period_month,
    crime.months_covered,
    crime.area_id,
    {{ count_where('crime.is_tier_2') }} as numerator,
    max(population.population) as denominator
from {{ ref('int_recorded_crime') }} as crime
left join {{ ref('int_population') }} as population using (area_id, period_month, months_covered)
group by crime.source, crime.period_month, crime.months_covered, crime.area_id
