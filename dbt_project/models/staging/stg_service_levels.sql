-- One row per service and day, or per service and month, from the current delivery of each period.
{{ current_rows('service_levels', ['service_date', 'service', 'demand', 'within_standard']) }}
