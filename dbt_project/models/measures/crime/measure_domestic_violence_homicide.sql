-- One row per source, period and area: homicides that are domestic violence.
{{ offences_counted("offence_group = 'homicide' and is_domestic") }}
