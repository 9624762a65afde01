-- One row per source, period and area: violence, robbery, burglary or sexual offences with a gun, over residents.
-- Possession alone is another offence category and does not count.
{{ offences_per_resident(
    "is_gun_enabled and offence_category in ('violence', 'sexual', 'robbery', 'burglary')"
) }}
