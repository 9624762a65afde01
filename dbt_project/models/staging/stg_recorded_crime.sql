-- One row per period, area, offence, flags and group of the victim, or per published rate, from the current delivery
-- of each period.
{{ current_rows('recorded_crime', [
    'offence_code', 'is_domestic', 'is_gun_enabled', 'is_knife_enabled', 'has_victim_under_20', 'victim_group',
    'victims_under_20', 'offences', 'arrests', 'detections', 'published_rate', 'are_records',
], of=ref('base_crime_count')) }}
