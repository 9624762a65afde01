-- One row per source, period and area: sanction detections over notifiable offences recorded.
{{ detections_over_offences("true") }}
