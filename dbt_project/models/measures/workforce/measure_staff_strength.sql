-- One row per source, period and area: police staff, full-time equivalent, at month end.
{{ strength_of('staff', 'fte') }}
