-- One row per source, period and area: sanction detections for rape over rapes recorded.
{{ detections_over_offences(in_group(['rape'])) }}
