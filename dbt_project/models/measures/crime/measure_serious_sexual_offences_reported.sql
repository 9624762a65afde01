-- One row per source, period and area: rapes and other serious sexual offences recorded.
{{ offences_counted("is_tier_1 and offence_category = 'sexual'") }}
