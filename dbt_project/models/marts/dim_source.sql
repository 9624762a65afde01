-- One row per extract, source and measure it is ranked for: which source goes before which, and why.
select
    extract,
    source,
    measure_id,
    rank,
    reason
from {{ ref('source_preference') }}
