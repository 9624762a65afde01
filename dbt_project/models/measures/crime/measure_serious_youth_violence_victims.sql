-- One row per source, period and area: victims under 20 of murder, attempted murder, grievous bodily harm or crime
-- with a gun or a knife.
{{ offences_counted(
    in_group(['homicide', 'attempted_murder', 'grievous_bodily_harm']) ~ ' or is_gun_enabled or is_knife_enabled',
    quantity='victims_under_20',
) }}
