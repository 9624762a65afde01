-- One row per source, period and area: offences with a knife over residents.
{{ offences_per_resident("is_knife_enabled") }}
