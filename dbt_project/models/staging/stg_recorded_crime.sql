-- One row per offence, count of like offences, or published rate, from the current delivery of each period.
{{ current_rows('recorded_crime', [
    'offence_ref', 'recorded_date', 'offence_code', 'is_domestic', 'is_gun_enabled', 'is_knife_enabled',
    'victims_under_20', 'victim_group', 'arrest_date', 'outcome_type', 'outcome_date', 'drug_type', 'offences',
    'published_rate',
]) }}
