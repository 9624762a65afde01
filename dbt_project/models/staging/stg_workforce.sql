-- One row per month end, area, business group, role, rank, gender and ethnic group, from the current delivery of each period.
{{ current_rows('workforce', ['business_group', 'role', 'rank', 'gender', 'ethnic_group', 'headcount', 'fte', 'budgeted_fte', 'contracted_hours', 'sickness_hours']) }}
