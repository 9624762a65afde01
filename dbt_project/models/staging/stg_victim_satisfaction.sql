-- One row per interview, or published percentage, from the current delivery of each period.
{{ current_rows('victim_satisfaction', [
    'crime_type', 'ethnic_group', 'overall', 'access', 'action', 'follow_up', 'treatment', 'call_handling',
    'weight::decimal(18, 12) as weight', 'published_value', 'respondents',
]) }}
