-- One row per complaint, from the current delivery of each period.
{{ current_rows('complaints', ['complaint_ref', 'received_date', 'closed_date']) }}
