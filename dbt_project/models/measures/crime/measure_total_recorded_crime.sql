-- One row per source, period and area: notifiable offences over residents.
{{ offences_per_resident("true") }}
