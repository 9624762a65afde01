"""Restatements: what a release says otherwise than the releases before it, and why.

Here: the comparison of the marts with what was said, and the causes, as named steps of SQL.
Belongs here: what makes a figure or a verdict a restated one, and what explains it.
Does not belong here: how what was said is stored (`ledger.py`), the digests of definitions (`measure_definition.py`).

A figure is held against what was said of it last, in the order of publishing. What may explain a difference is held
against the release that last spoke of its month: the deliveries that were current, the definitions, the targets.
"""

import duckdb

# Set 2026-11-24: another version of the code or of DuckDB may add up in another order, which moves a double by some
# 1e-16 of its size; a figure that a person would call another one differs by far more than 1e-9.
RELATIVE_TOLERANCE = 1e-9
# Set 2026-11-24: the same where two equal figures are taken from each other and leave 1e-15 in place of none.
ABSOLUTE_TOLERANCE = 1e-12

# The least ordinary first, so that nothing remarkable hides behind what happens every month. A change far behind a
# measure, in what many measures share, comes last: most figures that a delivery moves in the same release owe it
# nothing.
TARGET, DEFINITION, SOURCE, POPULATION, RE_DELIVERY, LATE_RECORDS, BEHIND = range(7)

RESTATEMENT_COLUMNS = """
    measure_id varchar, target_id varchar, period_basis varchar, period_month date, area_id varchar,
    population_group varchar, release_before varchar, value_before double, value_after double,
    threshold_before double, threshold_after double, verdict_before varchar, verdict_after varchar,
    is_verdict_flipped boolean, cause varchar, explanation varchar
"""

DIFFER = f"""
    create temp macro differ(one, other) as
        one is distinct from other
        and not coalesce(
            abs(one - other) <= greatest({RELATIVE_TOLERANCE} * greatest(abs(one), abs(other)), {ABSOLUTE_TOLERANCE}),
            false
        )
"""


def same_figure(one: str, other: str) -> str:
    """Whether the rows of two relations are of one figure."""
    keys = ("measure_id", "period_basis", "period_month", "area_id", "population_group")
    return " and ".join(f"{one}.{key} = {other}.{key}" for key in keys)


# In this order, each a temporary table. They read the marts, what was said (`said_…`), the releases (`entry`) and
# `definition_now`.
STEPS = {
    "this": """
        -- One row: the release that is being made.
        select entry.number, entry.release_id, entry.reporting_month, reporting.targets_known_on
        from entry
        cross join landing.reporting_month as reporting
        where entry.is_new
    """,
    "figure_statement": f"""
        -- One row per figure and release that gave it anew, with the next release that did.
        select
            said.*,
            next.release_id as until_release
        from said_figure as said
        left join (select * from said_figure where replaces is not null) as next
            on said.release_id = next.replaces and {same_figure("said", "next")}
    """,
    "figure_changed": """
        -- One row per figure that is new, or not as it was said last. One that is no more is said to be null.
        with said as (
            select figure_statement.*
            from figure_statement
            inner join this on figure_statement.period_month <= this.reporting_month
            where figure_statement.until_release is null
        ),

        now as (
            select * from marts.fct_measure_result where value is not null
        )

        select
            measure_id, period_basis, period_month, area_id, population_group,
            coalesce(now.window_from, said.window_from) as window_from,
            said.source as source_before, now.source,
            said.value as value_before, now.value,
            said.numerator as numerator_before, now.numerator,
            said.denominator as denominator_before, now.denominator,
            said.release_id as replaces
        from said
        full join now using (measure_id, period_basis, period_month, area_id, population_group)
        where differ(said.value, now.value)
            or differ(said.numerator, now.numerator)
            or differ(said.denominator, now.denominator)
    """,
    "verdict_changed": """
        -- One row per target, area, group and month whose verdict is new, or not as it was said last. A target that
        -- takes the place of another is held against what was said of that one.
        with said as (
            select said_verdict.*
            from said_verdict
            inner join entry using (release_id)
            cross join this
            where said_verdict.period_month <= this.reporting_month
            qualify row_number() over (
                partition by target_id, area_id, population_group, period_month order by entry.number desc
            ) = 1
        ),

        -- A target that is not known yet on this release's day is not withdrawn by it.
        standing as (
            select said.*
            from said
            inner join this on said.known_from <= this.targets_known_on
        ),

        now as (
            select * from marts.fct_target_verdict
        ),

        changed as (
            select
                target_id, area_id, population_group, period_month,
                coalesce(now.measure_id, standing.measure_id) as measure_id,
                coalesce(now.known_from, standing.known_from) as known_from,
                coalesce(now.period_basis, standing.period_basis) as period_basis,
                coalesce(now.compared_month, standing.compared_month) as compared_month,
                standing.target_id is null as is_new,
                standing.source as source_before, now.source,
                standing.value as value_before, now.value,
                standing.threshold as threshold_before, now.threshold,
                standing.verdict as verdict_before, now.verdict,
                standing.is_settled as is_settled_before, now.is_settled
            from standing
            full join now using (target_id, area_id, population_group, period_month)
            where differ(standing.value, now.value)
                or differ(standing.threshold, now.threshold)
                or standing.verdict is distinct from now.verdict
                or standing.is_settled is distinct from now.is_settled
        )

        select
            changed.* replace (
                case when changed.is_new then superseded.source else changed.source_before end as source_before,
                case when changed.is_new then superseded.value else changed.value_before end as value_before,
                case when changed.is_new then superseded.threshold else changed.threshold_before end
                    as threshold_before,
                case when changed.is_new then superseded.verdict else changed.verdict_before end as verdict_before,
                case when changed.is_new then superseded.is_settled else changed.is_settled_before end
                    as is_settled_before
            ),
            superseded.target_id as takes_the_place_of
        from changed
        left join seeds.targets as targets using (target_id)
        left join said as superseded
            on changed.is_new
            and targets.supersedes = superseded.target_id
            and changed.area_id = superseded.area_id
            and changed.population_group = superseded.population_group
            and changed.period_month = superseded.period_month
    """,
    "spoken": """
        -- One row per month that was reported before: the release that spoke of it last.
        select months.period_month, max(entry.number) as number
        from (
            select period_month from figure_changed
            union
            select period_month from verdict_changed
        ) as months
        inner join entry on months.period_month <= entry.reporting_month and not entry.is_new
        group by months.period_month
    """,
    "restated": """
        -- One row per figure, or verdict, that is not as it was said, with what it rests on. A verdict may rest on any
        -- earlier month: the outturn it is held against, the seasons of the years before.
        select
            null::varchar as target_id, measure_id, period_basis, period_month, area_id, population_group,
            window_from as rests_from, source_before, source, value_before, value,
            null::double as threshold_before, null::double as threshold,
            null::varchar as verdict_before, null::varchar as verdict,
            differ(numerator_before, numerator) or not differ(denominator_before, denominator) as is_count_moved,
            differ(denominator_before, denominator) as is_base_moved,
            false as is_age_moved,
            null::varchar as takes_the_place_of,
            spoken.number
        from figure_changed
        inner join spoken using (period_month)
        union all by name
        select
            target_id, measure_id, period_basis, period_month, area_id, population_group,
            date '1990-01-01' as rests_from, source_before, source, value_before, value, threshold_before, threshold,
            verdict_before, verdict,
            true as is_count_moved,
            true as is_base_moved,
            coalesce(is_settled_before <> is_settled, false) as is_age_moved,
            takes_the_place_of,
            spoken.number
        from verdict_changed
        inner join spoken using (period_month)
        -- Of a target that is new, and takes no other's place, nothing was said.
        where (not is_new or takes_the_place_of is not null)
            and (
                differ(value_before, value)
                or differ(threshold_before, threshold)
                or verdict_before is distinct from verdict
            )
    """,
    "question": """
        -- One row per kind of change that has one answer: restatements of one measure or target, window and source.
        select
            row_number() over () as question,
            *
        from (
            select distinct
                target_id, measure_id, period_month, rests_from, source_before, source, is_count_moved, is_base_moved,
                is_age_moved, takes_the_place_of, number
            from restated
        )
    """,
    "new_delivery": """
        -- One row per extract, source and period: the delivery that is current for it.
        select
            this.release_id, current_delivery.extract, current_delivery.source, current_delivery.period_month,
            current_delivery.months_covered, current_delivery.revision, delivery.sha256,
            sum(periods.rows_accepted) as rows_accepted,
            sum(periods.rows_quarantined) as rows_quarantined
        from staging.stg_current_delivery as current_delivery
        cross join this
        inner join landing.delivery as delivery using (delivery_id)
        inner join landing.delivery_period as periods
            on current_delivery.delivery_id = periods.delivery_id
            and current_delivery.period_month = periods.period_month
            and current_delivery.months_covered = periods.months_covered
        where current_delivery.period_month <= this.reporting_month or current_delivery.extract = 'population'
        group by all
    """,
    "delivery_changed": """
        -- One row per earlier release, extract, source and period whose current delivery is another now: how so, and
        -- the months it is of. A year's residents divide the months of the financial year that begins in it.
        with said as (
            select entry.number, deliveries.* exclude (release_id)
            from said_delivery as deliveries
            inner join entry using (release_id)
            cross join this
            where entry.number in (select number from question)
                and (deliveries.period_month <= this.reporting_month or deliveries.extract = 'population')
        ),

        now as (
            select entry.number, deliveries.* exclude (release_id)
            from new_delivery as deliveries
            inner join entry
                on deliveries.period_month <= entry.reporting_month or deliveries.extract = 'population'
            where entry.number in (select number from question)
        )

        select
            number, extract, source, period_month,
            case
                when extract = 'population' then make_date(year(period_month), 4, 1)
                else (period_month - to_months(months_covered::integer - 1))::date
            end as first_month,
            case when extract = 'population' then make_date(year(period_month) + 1, 3, 1) else period_month end
                as last_month,
            case
                when said.sha256 is null then 'delivered for the first time'
                when now.sha256 is null or now.revision < said.revision then 'withdrawn'
                when now.sha256 = said.sha256 and now.revision = said.revision then 'read by other rules'
                when now.rows_quarantined < said.rows_quarantined then 'delivered again, rows mended'
                else 'delivered again'
            end as how
        from said
        full join now using (number, extract, source, period_month, months_covered)
        where (said.sha256, said.revision, said.rows_accepted, said.rows_quarantined)
            is distinct from (now.sha256, now.revision, now.rows_accepted, now.rows_quarantined)
    """,
    "new_definition": """
        -- One row per measure, target and other definition: its digest. What a target says of itself in words is none.
        select this.release_id, kind, id, digest
        from definition_now
        cross join this
        union all
        select this.release_id, 'target', targets.target_id, md5(targets::varchar)
        from (select * exclude (source, reading) from seeds.targets) as targets
        inner join this on targets.known_from <= this.targets_known_on
    """,
    "definition_changed": """
        -- One row per earlier release and definition that is another now, new, or gone.
        with said as (
            select entry.number, definitions.kind, definitions.id, definitions.digest
            from said_definition as definitions
            inner join entry using (release_id)
            where entry.number in (select number from question)
        ),

        now as (
            select entry.number, definitions.kind, definitions.id, definitions.digest
            from new_definition as definitions
            cross join entry
            where entry.number in (select number from question)
        )

        select
            number, kind, id,
            case when said.digest is null then 'new' when now.digest is null then 'gone' else 'changed' end as how
        from said
        full join now using (number, kind, id)
        where said.digest is distinct from now.digest
    """,
    "delivery_cause": f"""
        -- One row per question, cause and extract whose deliveries answer it. Facts that come late, a network's first
        -- disruption of the year and a milestone's story reach from the delivery's month into any later one.
        with catalogue as (
            select
                *,
                measure_type = 'milestone'
                or list_has_any(
                    string_split(coalesce(needs_columns, ''), ' '),
                    ['arrest_date', 'outcome_date', 'closed_date', 'network_ref']
                ) as looks_back
            from seeds.measures
        ),

        last_reported as (
            select max(reporting_month) as reporting_month from entry where not is_new
        ),

        answers as (
            select
                question.question,
                deliveries.extract,
                deliveries.period_month,
                deliveries.how,
                case
                    when deliveries.extract = 'population' then [{POPULATION}]
                    when deliveries.how in ('withdrawn', 'read by other rules') then [{RE_DELIVERY}]
                    when catalogue.settles_after is null
                        or deliveries.last_month + to_months(catalogue.settles_after::integer)
                        <= last_reported.reporting_month
                        then [{RE_DELIVERY}]
                    when deliveries.how = 'delivered again, rows mended' then [{RE_DELIVERY}, {LATE_RECORDS}]
                    else [{LATE_RECORDS}]
                end as ranks
            from question
            inner join catalogue using (measure_id)
            cross join last_reported
            inner join delivery_changed as deliveries
                on question.number = deliveries.number
                and deliveries.first_month <= question.period_month
                and deliveries.last_month >= case
                    when catalogue.looks_back then date '1990-01-01'
                    when catalogue.numerator_kind = 'stock' and question.target_id is null then question.period_month
                    else question.rests_from
                end
                and (
                    (
                        (question.is_count_moved or catalogue.denominator_extract is null)
                        and deliveries.extract in (catalogue.extract, 'measure_returns')
                        and (
                            question.target_id is not null
                            or deliveries.source in (
                                regexp_replace(question.source_before, '_(total|rate)$', ''),
                                regexp_replace(question.source, '_(total|rate)$', '')
                            )
                        )
                    )
                    or (question.is_base_moved and deliveries.extract = catalogue.denominator_extract)
                )
        )

        select
            question, unnest(ranks) as rank, extract, how,
            count(*) as deliveries, min(period_month) as first_month, max(period_month) as last_month
        from answers
        group by question, rank, extract, how
    """,
    "cause": f"""
        -- One row per question and cause, in words.
        select
            question, rank,
            case rank when {LATE_RECORDS} then 'late records: ' when {POPULATION} then 'population: '
                else 're-delivery: ' end
            || string_agg(
                extract || ' of ' || strftime(first_month, '%Y-%m')
                || case when first_month < last_month then ' to ' || strftime(last_month, '%Y-%m') else '' end
                || ' ' || how,
                ', ' order by extract, how
            ) as words
        from delivery_cause
        group by question, rank
        union all
        select question, {SOURCE}, 'source: ' || source || ' in place of ' || source_before
        from question
        where source <> source_before
        union all
        select question.question, {DEFINITION}, 'definition: the measure''s own is ' || changed.how
        from question
        inner join definition_changed as changed
            on question.number = changed.number and changed.kind = 'measure' and question.measure_id = changed.id
        union all
        select question.question, {BEHIND}, 'definition: what the measure is made from is ' || changed.how
        from question
        inner join definition_changed as changed
            on question.number = changed.number and changed.kind = 'behind' and question.measure_id = changed.id
        union all
        select question.question, {BEHIND}, 'definition: the way verdicts are made is ' || changed.how
        from question
        inner join definition_changed as changed on question.number = changed.number and changed.kind = 'verdict'
        where question.target_id is not null
        union all
        select
            question.question, {TARGET},
            'target: ' || coalesce('it takes the place of ' || question.takes_the_place_of, 'it is ' || changed.how)
        from question
        inner join definition_changed as changed
            on question.number = changed.number and changed.kind = 'target' and question.target_id = changed.id
        union all
        -- What is held against last year's at the same age is judged as it is in the end once it has settled.
        select question, {LATE_RECORDS}, 'late records: judged at another age'
        from question
        where is_age_moved
    """,
    "new_restatement": f"""
        -- One row per figure, or verdict, that is not as it was said: before and after, and why.
        with answered as (
            select
                question,
                min(rank) as rank,
                string_agg(words, '; ' order by rank, words) as explanation
            from cause
            group by question
        ),

        flipped as (
            select distinct measure_id, period_basis, compared_month as period_month, area_id, population_group
            from verdict_changed
            where verdict_before <> verdict
        )

        select
            this.release_id, restated.measure_id, restated.target_id, restated.period_basis, restated.period_month,
            restated.area_id, restated.population_group, before.release_id as release_before,
            restated.value_before, restated.value as value_after,
            restated.threshold_before, restated.threshold as threshold_after,
            restated.verdict_before, restated.verdict as verdict_after,
            case
                when restated.target_id is null then flipped.measure_id is not null
                else coalesce(restated.verdict_before <> restated.verdict, false)
            end as is_verdict_flipped,
            case answered.rank
                when {TARGET} then 'target'
                when {SOURCE} then 'source'
                when {POPULATION} then 'population'
                when {RE_DELIVERY} then 're_delivery'
                when {LATE_RECORDS} then 'late_records'
                when {DEFINITION} then 'definition'
                when {BEHIND} then 'definition'
                else 'unexplained'
            end as cause,
            answered.explanation
        from restated
        cross join this
        inner join entry as before on restated.number = before.number
        inner join question
            on restated.measure_id = question.measure_id
            and restated.period_month = question.period_month
            and restated.rests_from = question.rests_from
            and restated.number = question.number
            and restated.is_count_moved = question.is_count_moved
            and restated.is_base_moved = question.is_base_moved
            and restated.is_age_moved = question.is_age_moved
            and restated.target_id is not distinct from question.target_id
            and restated.source_before is not distinct from question.source_before
            and restated.source is not distinct from question.source
            and restated.takes_the_place_of is not distinct from question.takes_the_place_of
        left join answered on question.question = answered.question
        left join flipped
            on restated.target_id is null and {same_figure("restated", "flipped")}
        order by
            restated.measure_id, restated.target_id, restated.period_basis, restated.period_month, restated.area_id,
            restated.population_group
    """,
    "new_figure": """
        select
            this.release_id, measure_id, period_basis, period_month, area_id, population_group, window_from, source,
            value, numerator, denominator, replaces
        from figure_changed
        cross join this
        order by measure_id, period_basis, period_month, area_id, population_group
    """,
    "new_verdict": """
        select
            this.release_id, target_id, measure_id, area_id, population_group, period_month, known_from, period_basis,
            compared_month, source, value, threshold, verdict, is_settled
        from verdict_changed
        cross join this
    """,
    "new_scorecard": """
        select
            this.release_id, measure_id, target_id, population_group, period_basis, value, threshold, verdict,
            verdict_stage
        from marts.scorecard
        cross join this
    """,
}


class Unexplained(Exception):
    """Figures that are not as they were said, without a delivery, definition, target or source that changed."""


def find_restatements(build: duckdb.DuckDBPyConnection) -> None:
    """Fill `new_…` with what the marts say that was not said before, or otherwise, and why; raises `Unexplained`."""
    build.execute(DIFFER)
    for name, query in STEPS.items():
        if name.startswith("new_"):
            build.execute(f"insert into {name} by name {query}")
        else:
            build.execute(f"create temp table {name} as {query}")
    unexplained = build.execute(
        "select measure_id, count(*), count(target_id) from new_restatement where cause = 'unexplained'"
        " group by measure_id order by measure_id"
    ).fetchall()
    if unexplained:
        named = ", ".join(
            f"{measure_id} ({count - verdicts} figures, {verdicts} verdicts)"
            for measure_id, count, verdicts in unexplained
        )
        raise Unexplained(
            f"These are not as they were reported, and no delivery, definition, target or source has changed: {named}."
            " The build is made anew by the next refresh: run it again. If it says the same, hand it to the engineers:"
            " the same deliveries gave other figures."
        )
