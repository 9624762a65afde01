-- One row per measure, month and role that writes of it.
select
    commentary.measure_id,
    commentary.period_month,
    commentary.author_role,
    commentary.written_on,
    commentary.commentary,
    commentary.decision_asked
from {{ ref('stg_commentary') }} as commentary
inner join {{ source('landing', 'reporting_month') }} as reporting
    on commentary.period_month <= reporting.reporting_month
