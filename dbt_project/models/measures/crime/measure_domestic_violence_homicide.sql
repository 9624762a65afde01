-- One row per source, period and area: homicides that are domestic violence.
{{ offences_counted(in_group(['homicide']) ~ ' and is_domestic') }}
