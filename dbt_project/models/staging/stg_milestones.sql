-- One row per milestone and month end, from the current delivery of each period.
{{ current_rows('milestones', [
    'milestone_ref', 'programme', 'title', 'owner', 'original_due', 'current_due', 'completed_date', 'status',
]) }}
