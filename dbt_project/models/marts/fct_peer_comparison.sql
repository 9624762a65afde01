-- One row per measure, peer group, area, basis and month: the area beside the others of its group.
select
    peers.measure_id,
    peers.peer_group,
    groups.title as peer_group_title,
    peers.area_id,
    peers.period_basis,
    peers.period_month,
    peers.source,
    peers.value,
    peers.numerator,
    peers.denominator,
    peers.group_value,
    peers.rest_of_group_value,
    peers.value - peers.rest_of_group_value as difference_from_rest,
    peers.rank_in_group,
    peers.units,
    peers.lower_limit_95,
    peers.upper_limit_95,
    peers.lower_limit_998,
    peers.upper_limit_998,
    peers.funnel_flag,
    peers.funnel_flag_without_dispersion,
    peers.z_dispersed,
    peers.tau_squared,
    groups.is_substitute,
    groups.note
from {{ ref('res_peer') }} as peers
inner join {{ ref('peer_groups') }} as groups
    on peers.peer_group = groups.peer_group
    and peers.area_id = groups.area_id
    and peers.period_month >= groups.valid_from
    and peers.period_month <= coalesce(groups.valid_to, peers.period_month)
