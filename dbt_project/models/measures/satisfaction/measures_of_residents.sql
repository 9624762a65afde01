-- One row per measure, source, period and area: residents who agree with the question that the catalogue's
-- extract_item names (survey:question), weighted; or the percentage as published.
select
    measures.measure_id,
    answers.source,
    answers.period_month,
    answers.months_covered,
    answers.area_id,
    {{ survey_parts(
        answered="answers.answer in "
            ~ "('strongly_agree', 'tend_to_agree', 'neither', 'tend_to_disagree', 'strongly_disagree')",
        agreed="answers.answer in ('strongly_agree', 'tend_to_agree')",
    ) }},
    {{ the_published_value('answers.ethnic_group is null and answers.answer is null') }} as published_value
from {{ ref('stg_public_attitude') }} as answers
inner join {{ ref('measures') }} as measures
    on measures.extract = 'public_attitude' and measures.extract_item = answers.survey || ':' || answers.question
group by measures.measure_id, answers.source, answers.period_month, answers.months_covered, answers.area_id
