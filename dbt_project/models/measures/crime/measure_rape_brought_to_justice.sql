-- One row per source, period and area: sanction detections for rape over rapes recorded.
{{ detections_over_offences("offence_group = 'rape'") }}
