-- One row per period, area, offence and flags, or per published rate, from the current delivery of each period.
{{ current_rows('recorded_crime', [
    'offence_code', 'is_domestic', 'is_gun_enabled', 'is_knife_enabled', 'has_victim_under_20', 'victims_under_20',
    'offences', 'arrests', 'detections', 'published_rate', 'are_records',
], of=ref('base_crime_count')) }}
