-- One row per measure, source, month and area: milestones achieved over those due by the month end, for the programme
-- that the catalogue's extract_item names. A milestone is due on the earlier of its dates, so that one re-dated after
-- its first date counts as due and not achieved.
select
    measures.measure_id,
    milestones.source,
    milestones.period_month,
    milestones.months_covered,
    milestones.area_id,
    count(*) filter (where milestones.is_due and milestones.is_achieved) as numerator,
    count(*) filter (where milestones.is_due) as denominator
from {{ ref('int_milestone') }} as milestones
inner join {{ ref('measures') }} as measures
    on measures.extract = 'milestones' and measures.extract_item = milestones.programme
group by
    measures.measure_id, milestones.source, milestones.period_month, milestones.months_covered, milestones.area_id
