-- One row per source whose every current row is a record of one thing: the most that one of its rows adds to a figure
-- that counts them, which is one, or the largest weight of a survey's interview. A source with a row that stands for
-- several is left out: nothing bounds what another of its rows could stand for.
{% set is_record = {
    'recorded_crime': 'are_records',
    'road_casualties': 'casualty_ref is not null',
    'criminal_networks': 'disruption_ref is not null',
    'asset_recovery': 'case_ref is not null',
    'complaints': 'complaint_ref is not null',
    'victim_satisfaction': 'weight is not null',
    'public_attitude': 'weight is not null',
} %}
{% for extract, condition in is_record.items() %}
select
    source,
    {{ 'max(weight)' if condition == 'weight is not null' else '1' }}::double as most_in_a_row
from {{ ref('stg_' ~ extract) }}
group by source
having bool_and({{ condition }})
{% if not loop.last %}union all{% endif %}
{% endfor %}
