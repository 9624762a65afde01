-- One row per source, period and area: sanction detections for Tier 1 offences over such offences recorded.
{{ detections_over_offences("is_tier_1") }}
