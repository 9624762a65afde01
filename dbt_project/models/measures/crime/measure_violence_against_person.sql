-- One row per source, period and area: violence against the person over residents.
{{ offences_per_resident("offence_category = 'violence'") }}
