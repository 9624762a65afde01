-- One row per measure, month and role that writes of it, from the current delivery of each period.
{{ current_rows('commentary', ['measure_id', 'author_role', 'written_on', 'commentary', 'decision_asked']) }}
