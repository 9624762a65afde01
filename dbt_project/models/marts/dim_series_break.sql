-- One row per measure and month at which its series, of one source or of all, begins anew.
select
    breaks.measure_id,
    breaks.source,
    breaks.break_month,
    breaks.kind,
    breaks.reason,
    breaks.evidence
from {{ ref('series_breaks') }} as breaks
where breaks.break_month <= (select max(month.period_month) from {{ ref('int_month') }} as month)
