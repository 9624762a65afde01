-- One row per source, period and area: violence, robbery, burglary or sexual offences with a gun, over residents.
-- Possession alone is another offence category and does not count.
select
    crime.source,
    crime.period_month,
    crime.months_covered,
    crime.area_id,
    {{ count_where(
        "crime.is_gun_enabled and crime.offence_category in ('violence', 'sexual', 'robbery', 'burglary')"
    ) }} as numerator,
    max(population.population) as denominator
from {{ ref('int_recorded_crime') }} as crime
left join {{ ref('int_population') }} as population using (area_id, period_month, months_covered)
group by crime.source, crime.period_month, crime.months_covered, crime.area_id
