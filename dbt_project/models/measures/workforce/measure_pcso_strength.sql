-- One row per source, period and area: police community support officers, full-time equivalent, at month end.
{{ strength_of('pcso', 'fte') }}
