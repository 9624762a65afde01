-- One row per disruption, from the current delivery of each period.
{{ current_rows('criminal_networks', [
    'disruption_ref', 'network_ref', 'disruption_date', 'business_group', 'involves_drugs',
    'involves_firearms',
]) }}
