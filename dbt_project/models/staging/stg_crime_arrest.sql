-- One row per period, area, offence, flags, group of the victim and month of the arrest, from the current delivery of
-- each period.
{{ current_rows('recorded_crime', [
    'offence_code', 'is_domestic', 'is_gun_enabled', 'is_knife_enabled', 'has_victim_under_20', 'victim_group',
    'arrest_month', 'offences',
], of=ref('base_crime_arrest')) }}
