-- One row per source, period and area: offences of serious youth violence, or with a gun or a knife, that have a
-- victim under 20.
{{ offences_counted(
    'has_victim_under_20 and (' ~ in_group(['homicide', 'attempted_murder', 'grievous_bodily_harm'])
    ~ ' or is_gun_enabled or is_knife_enabled)'
) }}
