-- One row per source, period and area: victims under 20 of violence against the person.
{{ offences_counted("offence_category = 'violence'", quantity='victims_under_20') }}
