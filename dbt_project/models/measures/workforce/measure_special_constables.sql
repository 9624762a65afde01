-- One row per source, period and area: special constables, headcount at month end.
{{ strength_of('special', 'headcount') }}
