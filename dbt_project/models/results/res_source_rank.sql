-- One row per measure and source that its figures can come from: the rank of the source, 1 first.
select
    measures.measure_id,
    preference.source,
    preference.rank
from {{ ref('source_preference') }} as preference
inner join {{ ref('measures') }} as measures
    on preference.extract in (measures.extract, 'measure_returns')
    and (preference.measure_id is null or preference.measure_id = measures.measure_id)
-- A rank for the measure itself goes before the rank for its extract.
qualify row_number() over (
    partition by measures.measure_id, preference.source order by preference.measure_id is null
) = 1
