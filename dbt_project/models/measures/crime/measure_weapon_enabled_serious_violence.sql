-- One row per source, period and area: homicide, attempted murder and grievous bodily harm with a gun or a knife.
{{ offences_counted(
    in_group(['homicide', 'attempted_murder', 'grievous_bodily_harm']) ~ ' and (is_gun_enabled or is_knife_enabled)'
) }}
