-- One row per source, period and area: offences of grievous bodily harm.
{{ offences_counted(in_group(['grievous_bodily_harm'])) }}
