-- One row per period, area, offence, drug and month of the outcome, from the current delivery of each period.
{{ current_rows('recorded_crime', [
    'offence_code', 'drug_type', 'outcome_month', 'offences',
], of=ref('base_crime_outcome')) }}
