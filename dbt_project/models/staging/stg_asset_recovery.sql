-- One row per case, from the current delivery of each period.
{{ current_rows('asset_recovery', ['case_ref', 'seizure_date', 'stage', 'value_gbp::decimal(18, 2) as value_gbp']) }}
