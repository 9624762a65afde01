-- One row per source, period and area: most serious violence and serious sexual offences over residents.
{{ offences_per_resident("is_tier_1") }}
