-- One row per casualty, or count of like casualties, from the current delivery of each period.
{{ current_rows('road_casualties', [
    'casualty_ref', 'collision_date', 'severity', 'mode', 'casualties',
]) }}
