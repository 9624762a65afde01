-- One row per source, period and area: police officers, full-time equivalent, at month end.
{{ strength_of('officer', 'fte') }}
