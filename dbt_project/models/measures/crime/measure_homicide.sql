-- One row per source, period and area: homicides.
{{ offences_counted(in_group(['homicide'])) }}
