-- One row per extract of texts, source and period: how many of the texts of the revision before, the current one has no
-- longer. A revision replaces all of its month, so one that holds a single new text takes away the others.
with texts as (
    select
        'commentary' as extract,
        delivery_id,
        period_month,
        measure_id || ' ' || author_role as text_of
    from {{ source('landing', 'commentary') }}
    union all
    select
        'board_decisions' as extract,
        delivery_id,
        period_month,
        decision_ref as text_of
    from {{ source('landing', 'board_decisions') }}
),

current_revisions as (
    select
        delivery.*,
        thresholds.check_name,
        thresholds.upper
    from {{ ref('int_checked_delivery') }} as delivery
    {{ thresholds_of('delivery', ['every_revision_keeps_the_texts_of_the_one_before']) }}
),

before as (
    select
        current_revisions.extract,
        current_revisions.source,
        current_revisions.period_month,
        earlier.delivery_id,
        earlier.revision
    from current_revisions
    inner join {{ source('landing', 'delivery') }} as earlier
        on current_revisions.extract = earlier.extract
        and current_revisions.source = earlier.source
        and current_revisions.revision > earlier.revision
        and earlier.status = 'landed'
    inner join {{ source('landing', 'delivery_period') }} as periods
        on earlier.delivery_id = periods.delivery_id
        and current_revisions.period_month = periods.period_month
    qualify row_number() over (
        partition by current_revisions.extract, current_revisions.source, current_revisions.period_month
        order by earlier.revision desc
    ) = 1
),

compared as (
    select
        before.extract,
        before.source,
        before.period_month,
        before.revision,
        count(*) as texts,
        count(*) filter (where still.text_of is null) as texts_gone
    from before
    inner join current_revisions using (extract, source, period_month)
    inner join texts on before.delivery_id = texts.delivery_id and before.period_month = texts.period_month
    left join texts as still
        on current_revisions.delivery_id = still.delivery_id
        and texts.extract = still.extract
        and texts.period_month = still.period_month
        and texts.text_of = still.text_of
    group by all
)

select
    current_revisions.check_name,
    current_revisions.extract,
    current_revisions.source,
    current_revisions.period_month,
    current_revisions.months_covered,
    coalesce(compared.texts_gone, 0)::double as measured,
    'texts' as measured_in,
    null::double as lower,
    current_revisions.upper,
    coalesce(compared.texts_gone, 0) <= current_revisions.upper
    or current_revisions.confirmed_because is not null as is_passed,
    current_revisions.period_in_words || ': '
        || case
            when compared.texts is null then 'no revision with texts is before it.'
            else compared.texts_gone || ' of the ' || compared.texts || ' texts of revision ' || compared.revision
                || ' are gone'
                || case
                    when compared.texts_gone <= current_revisions.upper then '.'
                    when current_revisions.confirmed_because is not null
                        then '. Confirmed by who sent it: ' || current_revisions.confirmed_because
                    else ': a revision replaces all of its month. To keep them, deliver it with them as '
                        || current_revisions.next_revision || '; if they were to go, add {"confirmed": "the reason"}'
                        || ' to the sidecar of the file.'
                end
        end as finding
from current_revisions
left join compared using (extract, source, period_month)
