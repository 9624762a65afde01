-- One row per check, extract, source, period and months covered: what the current delivery holds, and what it should.
{% set checks = ['volume', 'boroughs', 'months', 'keys', 'texts'] %}
with checked as (
    {% for check in checks %}
    select * from {{ ref('int_check_' ~ check) }}
    {% if not loop.last %}union all by name{% endif %}
    {% endfor %}
)

select
    checked.check_name,
    thresholds.severity,
    checked.extract,
    checked.source,
    checked.period_month,
    checked.months_covered::integer as months_covered,
    checked.measured,
    checked.measured_in,
    checked.lower,
    checked.upper,
    checked.is_passed,
    checked.finding,
    thresholds.set_on as thresholds_set_on,
    thresholds.reason as thresholds_reason
from checked
inner join {{ ref('delivery_checks') }} as thresholds
    on checked.check_name = thresholds.check_name and thresholds.extract in (checked.extract, 'any')
