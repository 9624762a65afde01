-- One row per source, period and area: homicides.
{{ offences_counted("offence_group = 'homicide'") }}
