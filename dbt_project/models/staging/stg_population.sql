-- One row per area and calendar year, from the current delivery of each period.
{{ current_rows('population', [
    'year', 'population', 'is_projection', 'edition',
]) }}
