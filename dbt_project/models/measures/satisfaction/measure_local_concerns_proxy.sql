-- One row per source, period and area: residents who agree that police deal with the things that matter to this
-- community, weighted; or the percentage as published, where only that is delivered.
select
    source,
    period_month,
    months_covered,
    area_id,
    {{ survey_parts(
        answered="answer in "
            ~ "('strongly_agree', 'tend_to_agree', 'neither', 'tend_to_disagree', 'strongly_disagree')",
        agreed="answer in ('strongly_agree', 'tend_to_agree')",
    ) }},
    {{ the_published_value('ethnic_group is null and answer is null') }} as published_value
from {{ ref('stg_public_attitude') }}
where survey = 'pas' and question = 'police_deal_with_things_that_matter'
group by source, period_month, months_covered, area_id
