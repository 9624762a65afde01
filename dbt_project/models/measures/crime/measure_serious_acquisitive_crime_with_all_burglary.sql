-- One row per source, period and area: robbery, all burglary and vehicle offences over residents.
{{ offences_per_resident("is_tier_2 or offence_category = 'burglary'") }}
