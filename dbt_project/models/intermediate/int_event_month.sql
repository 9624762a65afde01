-- One row per source of recorded crime, month and area for which later facts (detections, arrests) are known: the
-- records of the month and of the three months before it are covered, from which most of its facts come. Areas other
-- than boroughs may have no record in a month, and go by the source.
with covered as (
    select
        coverage.source,
        coverage.period_month,
        coverage.area_id,
        count(*) over (
            partition by coverage.source, coverage.area_id
            order by coverage.period_month
            range between interval 3 months preceding and current row
        ) as months_of_area
    from {{ ref('int_coverage') }} as coverage
    where coverage.extract = 'recorded_crime' and coverage.months_covered = 1
),

months as (
    select
        source,
        period_month
    from covered
    group by source, period_month
    qualify count(*) over (
        partition by source order by period_month range between interval 3 months preceding and current row
    ) = 4
)

select
    covered.source,
    covered.period_month,
    covered.area_id
from covered
inner join months using (source, period_month)
inner join {{ ref('areas') }} as areas on covered.area_id = areas.area_id
where covered.months_of_area = 4 and areas.area_type = 'borough'
union all
select
    months.source,
    months.period_month,
    others.area_id
from months
inner join (
    select distinct
        covered.source,
        covered.area_id
    from covered
    inner join {{ ref('areas') }} as areas on covered.area_id = areas.area_id
    where areas.area_type <> 'borough'
) as others on months.source = others.source
