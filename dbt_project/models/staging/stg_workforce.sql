-- One row per month end, area, business group, role, rank, gender and ethnic group,
-- from the current delivery of each period.
{{ current_rows('workforce', [
    'business_group', 'role', 'rank', 'gender', 'ethnic_group', 'headcount', 'fte::decimal(18, 6) as fte',
    'budgeted_fte::decimal(18, 6) as budgeted_fte', 'contracted_hours::decimal(18, 6) as contracted_hours',
    'sickness_hours::decimal(18, 6) as sickness_hours',
]) }}
