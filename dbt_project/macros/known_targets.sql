{# One row per target that is judged, as known on the day of the reporting month: drafts and withdrawn ones are not.
   `known_to` is the day from which a later version was known, null for the latest. #}
{% macro known_targets() -%}
    select
        targets.*,
        later.known_from as known_to
    from {{ ref('targets') }} as targets
    cross join {{ source('landing', 'reporting_month') }} as reporting
    left join {{ ref('targets') }} as later
        on targets.target_id = later.supersedes
        and later.status <> 'draft'
        and later.known_from <= reporting.targets_known_on
    where targets.known_from <= reporting.targets_known_on
        and targets.status not in ('draft', 'withdrawn')
{%- endmacro %}
