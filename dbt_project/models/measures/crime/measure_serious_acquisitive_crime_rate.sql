-- One row per source, period and area: robbery, residential burglary and vehicle offences over residents.
{{ offences_per_resident("is_tier_2") }}
