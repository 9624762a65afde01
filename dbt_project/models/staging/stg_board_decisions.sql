-- One row per decision and month end, from the current delivery of each period.
{{ current_rows('board_decisions', [
    'decision_ref', 'measure_id', 'decision', 'owner_role', 'decided_on', 'due_on', 'status', 'closed_on', 'outcome',
]) }}
