"""The everyday questions, as table macros in a release's database.

Here: each macro, what it means, and how it comes into the file.
Belongs here: a question that many analysts ask in the same words, answered from the release's own tables.
Does not belong here: a figure that no table holds (`dbt_project/models/marts`), how to ask (`warehouse/README.md`).

An unknown measure, area or month is no error: it has no rows. Columns are named with their table, because a bare name
that is also a parameter's means the parameter. Nothing here needs an extension: instants are compared as numbers, for
a client without time zones.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb


@dataclass(frozen=True)
class TableMacro:
    """A question with its parameters; `reads` names the tables it is answered from, without which it is not made."""

    name: str
    parameters: str
    meaning: str
    reads: tuple[str, ...]
    query: str


# An area by its id or its title, however the letters are cased.
AREA = "(select area_id from dim_area where lower(area) in (area_id, lower(title)))"

MACROS = [
    TableMacro(
        "measure_trend",
        "measure_id, area, basis := null",
        "A measure in an area over time, everybody taken together, with its control chart: one row per period. Without"
        " basis: on the one it is charted on, or rolling_12_months. The area by its id or its title.",
        ("fct_measure_result", "fct_process_control", "dim_measure", "dim_area"),
        f"""
        with asked as (
            select measure_id as measure
        ),

        charted as (
            select known.control_basis
            from dim_measure as known
            inner join asked on known.measure_id = asked.measure
        )

        select
            result.area_id, result.period_basis, result.period_month, result.value, result.numerator,
            result.denominator, result.lower_95, result.upper_95, result.value_same_period_last_year, result.change,
            result.change_percent, chart.centre_line, chart.lower_limit, chart.upper_limit, chart.signal,
            chart.variation, chart.target_line, result.source, result.is_complete, result.is_settled,
            result.rows_quarantined, result.reason
        from fct_measure_result as result
        left join fct_process_control as chart
            on
                chart.measure_id = result.measure_id
                and chart.area_id = result.area_id
                and chart.population_group = result.population_group
                and chart.period_basis = result.period_basis
                and chart.period_month = result.period_month
        where
            result.measure_id = measure_id
            and result.area_id in {AREA}
            and result.population_group = 'all'
            and result.period_basis = coalesce(basis, (select control_basis from charted), 'rolling_12_months')
        order by result.area_id, result.period_month
        """,
    ),
    TableMacro(
        "borough_table",
        "measure_id, month, basis := 'rolling_12_months'",
        "A measure in every borough for the period that ends with a month, beside the force: one row per borough. Rank"
        " and funnel flag, per 1,000 residents for a count, are of the year to a quarter's end or to the reporting"
        " month. The month as a date, or as text like 2009-03.",
        ("fct_measure_result", "fct_peer_comparison", "dim_area"),
        """
        with figures as (
            select result.*
            from fct_measure_result as result
            where
                result.measure_id = measure_id
                and result.period_month = try_cast(left(month::varchar, 7) || '-01' as date)
                and result.period_basis = basis
                and result.population_group = 'all'
        )

        select
            borough.area_id, borough.title, figures.value, figures.numerator, figures.denominator, figures.lower_95,
            figures.upper_95, figures.value_same_period_last_year, figures.change, figures.change_percent,
            force.value as force_value, peers.rank_in_group as rank_among_boroughs, peers.funnel_flag, figures.source,
            figures.is_complete, figures.is_settled, figures.rows_quarantined, figures.reason
        from figures
        inner join dim_area as borough on figures.area_id = borough.area_id and borough.area_type = 'borough'
        left join figures as force on force.area_id = 'force'
        left join fct_peer_comparison as peers
            on
                peers.measure_id = figures.measure_id
                and peers.area_id = figures.area_id
                and peers.period_basis = figures.period_basis
                and peers.period_month = figures.period_month
                and peers.peer_group = 'london_boroughs'
        order by borough.title
        """,
    ),
    TableMacro(
        "reported_then",
        "measure_id, as_of",
        "What the releases published up to the end of a day (UTC) said of a measure: one row per figure as it stood"
        " then (said is figure), and per line of the newest scorecard of each reporting month (said is verdict, and"
        " period_month the reporting month). The day as a date, or as text like 2009-04-30.",
        ("fct_reported_result", "fct_reported_verdict"),
        """
        with asked as (
            select epoch_us((try_cast(as_of as date) + 1)::timestamp) as day_ended
        ),

        lines as (
            select line.*
            from fct_reported_verdict as line, asked
            where line.measure_id = measure_id and epoch_us(line.published_at) < asked.day_ended
        )

        select
            'figure' as said, figure.reported_from_release as release_id, figure.period_basis, figure.period_month,
            figure.area_id, figure.population_group, figure.value, figure.numerator, figure.denominator,
            null::varchar as target_id, null::double as threshold, null::varchar as verdict,
            null::varchar as verdict_stage
        from fct_reported_result as figure, asked
        where
            figure.measure_id = measure_id
            and epoch_us(figure.reported_from) < asked.day_ended
            and (figure.reported_until is null or epoch_us(figure.reported_until) >= asked.day_ended)
        union all
        select
            'verdict', lines.release_id, lines.period_basis, lines.reporting_month, 'force', lines.population_group,
            lines.value, null, null, lines.target_id, lines.threshold, lines.verdict, lines.verdict_stage
        from lines
        inner join (
            select release_id, reporting_month
            from fct_reported_verdict, asked
            where epoch_us(published_at) < asked.day_ended
            group by release_id, reporting_month
            qualify row_number() over (partition by reporting_month order by max(published_at) desc) = 1
        ) as newest on newest.release_id = lines.release_id
        order by all
        """,
    ),
    TableMacro(
        "verdict_trend",
        "measure_id, area, known_on := null",
        "What was compared and how it was judged, month by month, under the targets known on a day (without one: on the"
        " day the release judges by): one row per target, group and month. The area by its id or its title.",
        ("fct_target_verdict", "dim_area", "release"),
        f"""
        with asked as (
            select coalesce(try_cast(known_on as date), release.targets_known_on) as known_on_day
            from release
        )

        select
            judged.target_id, judged.area_id, judged.population_group, judged.period_month, judged.rule,
            judged.period_basis, judged.compared_month, judged.baseline, judged.threshold, judged.value,
            judged.gap_to_target, judged.verdict_stage, judged.verdict, judged.certainty, judged.is_provisional,
            judged.outlook, judged.is_settled, judged.source, judged.reason
        from fct_target_verdict as judged, asked
        where
            judged.measure_id = measure_id
            and judged.area_id in {AREA}
            and judged.known_from <= asked.known_on_day
            and (judged.known_to is null or judged.known_to > asked.known_on_day)
        order by judged.period_month, judged.target_id, judged.population_group
        """,
    ),
    TableMacro(
        "find_measure",
        "words",
        "The measures whose id, title or definition holds these words, however cased: one row per measure.",
        ("dim_measure",),
        """
        select
            known.measure_id, known.title, known.unit, known.better, known.tier, known.status, known.proxy_for,
            known.definition
        from dim_measure as known
        where contains(lower(concat_ws(chr(10), known.measure_id, known.title, known.definition)), lower(words))
        order by known.measure_id
        """,
    ),
]


def macros_over(tables: Iterable[str]) -> list[TableMacro]:
    """The macros that these tables can answer: a release without the tables of one is without it."""
    there = set(tables)
    return [macro for macro in MACROS if there.issuperset(macro.reads)]


def create_macros(database: Path) -> None:
    """Create the macros in a release's database, each with its meaning as its comment."""
    with duckdb.connect(str(database)) as connection:
        tables = connection.execute("select table_name from information_schema.tables").fetchall()
        for macro in macros_over(name for (name,) in tables):
            connection.execute(f"create macro {macro.name}({macro.parameters}) as table {macro.query}")
            connection.execute(f"comment on macro table {macro.name} is $meaning${macro.meaning}$meaning$")


def dictionary_rows(tables: Iterable[str]) -> list[tuple[str, None, str, None, str]]:
    """A row of `data_dictionary` for each macro: its name, no column, what it means, no unit, its tables."""
    rows = []
    for macro in macros_over(tables):
        meaning = f"Macro {macro.name}({macro.parameters}). {macro.meaning}"
        rows.append((macro.name, None, meaning, None, f"macro over {', '.join(macro.reads)}"))
    return rows
