"""What a pack needs of a release, read once.

Here: a query per table of the release's database, each for all measures at once, and its rows by what they are of.
Belongs here: which rows of the marts a pack rests on.
Does not belong here: what is said of them (`content.py`).
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.board_pack.words import month, plain

Row = dict[str, Any]
Rows = list[Row]

FORCE = "force"
# The group of all boroughs, in seeds/peer_groups.csv.
BOROUGHS = "london_boroughs"
# Five years are charted: the years an outlook is tested on.
MONTHS_SHOWN = 60
# Areas beside each other are shown as long as the scorecard shows the latest figure of a yearly measure.
MONTHS_COMPARED = 24


@dataclass(frozen=True)
class Marts:
    """The rows of a release that a pack of one area rests on. Keys of several parts are in the order they are named."""

    release: Row
    scorecard: Rows
    plan: Row
    months: dict[dt.date, Row]
    measures: dict[str, Row]
    areas: dict[str, Row]
    targets: dict[str | None, Row]
    # target_id, population_group → the area's verdict of the reporting month, with what it rests on.
    verdicts: dict[tuple[str, str], Row]
    # Of areas that have targets of their own: how many of each verdict.
    local_verdicts: Rows
    # measure_id, period_basis, period_month → the area's figure of the whole population.
    results: dict[tuple[str, str, dt.date], Row]
    # The same of the parts of the force (boroughs, central units, not recorded) in the months that are compared.
    parts: dict[tuple[str, str, dt.date], Rows]
    # The area's figures of groups of people, offenders or cases in those months.
    groups: dict[tuple[str, str, dt.date], Rows]
    charts: dict[str, Rows]
    breaks: dict[str, Rows]
    # measure_id → the boroughs of the latest year; and the area beside the areas of each of its groups.
    boroughs: dict[str, Rows]
    peers: dict[str, Rows]
    gaps: dict[str, Rows]
    commentary: dict[str, Rows]
    decisions: Rows
    milestones: Rows
    reported: Rows
    restatements: Rows
    restated_verdicts: Rows
    deliveries: Rows
    sources: Rows
    quarantine: Rows
    checks: Rows
    checks_counted: Rows


def read_marts(database: Path, area_id: str) -> Marts:
    """Read the release whose database it is, for one area of it."""
    with duckdb.connect(str(database), read_only=True) as connection:

        def read(query: str) -> Rows:
            found = connection.execute(query, {"area": area_id} if "$area" in query else None)
            columns = [column[0] for column in found.description]
            return [
                {
                    name: plain(value) if isinstance(value, str) else value
                    for name, value in zip(columns, row, strict=True)
                }
                for row in found.fetchall()
            ]

        recent = f"period_month > (select reporting_month - interval {MONTHS_COMPARED} months from release)"
        # What the figures of the scorecard end with, and the month a year before each.
        connection.execute(
            "create temporary table compared as"
            " select distinct compared_month as period_month from scorecard where compared_month is not null"
            " union select reporting_month from release"
        )
        connection.execute(
            "insert into compared select period_month - interval 12 months from compared"
            " except select period_month from compared"
        )
        # A second release of a month tells of what the first restated as well.
        connection.execute(
            "create temporary table of_this_month as select distinct release_id from fct_reported_verdict"
            " where reporting_month = (select reporting_month from release)"
        )
        # A release that was published before it had the table keeps its packs.
        has_breaks = read("select table_name from duckdb_tables() where table_name = 'dim_series_break'")
        return Marts(
            release=read("select * from release")[0],
            scorecard=read("select * from scorecard order by pack_order nulls last, measure_id, target_id"),
            plan=read("select * from dim_plan where plan_id in (select plan_id from scorecard)")[0],
            months={row["period_month"]: row for row in read("select * from dim_month")},
            measures={row["measure_id"]: row for row in read("select * from dim_measure")},
            areas={row["area_id"]: row for row in read("select * from dim_area order by title")},
            targets={row["target_id"]: row for row in read("select * from dim_target")},
            verdicts={
                (row["target_id"], row["population_group"]): row
                for row in read(
                    "select * from fct_target_verdict where area_id = $area and known_to is null"
                    " and period_month = (select reporting_month from release)"
                )
            },
            local_verdicts=read(
                "select measure_id, verdict, count(*) as targets from fct_target_verdict"
                " where area_id <> 'force' and known_to is null"
                " and period_month = (select reporting_month from release) group by all order by measure_id, verdict"
            ),
            results={
                (row["measure_id"], row["period_basis"], row["period_month"]): row
                for row in read(
                    "select * from fct_measure_result where area_id = $area and population_group = 'all'"
                    f" and period_month > (select reporting_month - interval {MONTHS_SHOWN} months from release)"
                )
            },
            parts=_by(
                read(
                    "select measure_id, period_basis, period_month, area_id, areas.title, numerator, denominator,"
                    " value, lower_95, upper_95, respondents, window_from, change, change_lower_95, change_upper_95,"
                    " change_percent, change_percent_lower_95, change_percent_upper_95, comparison, is_small_base,"
                    " is_published_value, reason"
                    " from fct_measure_result inner join dim_area as areas using (area_id)"
                    " where areas.part_of_force and areas.area_type <> 'force' and population_group = 'all'"
                    " and period_month in (select period_month from compared)"
                    " and period_basis in ('financial_year_to_date', 'rolling_12_months', 'month')"
                    " order by areas.title"
                ),
                lambda row: (row["measure_id"], row["period_basis"], row["period_month"]),
            ),
            groups=_by(
                read(
                    "select * from fct_measure_result where area_id = $area and population_group <> 'all'"
                    " and period_month in (select period_month from compared) order by population_group"
                ),
                lambda row: (row["measure_id"], row["period_basis"], row["period_month"]),
            ),
            charts=_by(
                read(
                    "select * from fct_process_control where area_id = $area and population_group = 'all'"
                    f" and period_month > (select reporting_month - interval {MONTHS_SHOWN} months from release)"
                    " order by period_month"
                ),
                lambda row: row["measure_id"],
            ),
            breaks=_by(
                read("select * from dim_series_break order by break_month") if has_breaks else [],
                lambda row: row["measure_id"],
            ),
            boroughs=_by(
                read(
                    f"select * from fct_peer_comparison where peer_group = '{BOROUGHS}' and {recent}"
                    " qualify period_month = max(period_month) over (partition by measure_id)"
                    " order by rank_in_group, area_id"
                ),
                lambda row: row["measure_id"],
            ),
            peers=_by(
                read(
                    "select * from fct_peer_comparison where (measure_id, peer_group, period_month) in ("
                    " select (measure_id, peer_group, max(period_month)) from fct_peer_comparison"
                    f" where area_id = $area and {recent} group by measure_id, peer_group)"
                    " order by peer_group, rank_in_group, area_id"
                ),
                lambda row: row["measure_id"],
            ),
            gaps=_by(
                read(
                    "select * from fct_equality_gap where area_id = $area and period_basis = 'rolling_12_months'"
                    f" and period_month > (select reporting_month - interval {MONTHS_SHOWN} months from release)"
                    " order by population_group, period_month"
                ),
                lambda row: row["measure_id"],
            ),
            commentary=_by(
                read("select * from fct_commentary order by period_month desc, author_role"),
                lambda row: row["measure_id"],
            ),
            decisions=read("select * from fct_board_decision order by due_on nulls last, decision_ref"),
            milestones=read("select * from fct_milestone order by programme, current_due, milestone_ref"),
            reported=read(
                # The newest of this month is this release, or the one that a public edition is made from.
                "with newest as (select reporting_month, max_by(release_id, published_at) as release_id"
                " from fct_reported_verdict where reporting_month <= (select reporting_month from release)"
                " group by reporting_month order by reporting_month desc limit 2)"
                " select said.* from fct_reported_verdict as said inner join newest using (release_id)"
                " left join (select distinct measure_id, pack_order from scorecard) as lines using (measure_id)"
                " order by lines.pack_order nulls last, measure_id, target_id, population_group"
            ),
            restatements=read(
                "select measure_id, cause, count(*) as figures, count(*) filter (area_id = 'force') as of_force,"
                " count(distinct area_id) filter (area_id <> 'force') as areas,"
                " min(period_month) as first_month, max(period_month) as last_month,"
                " count(distinct explanation) as explanations, min(explanation) as explanation"
                " from fct_restatement where target_id is null and ($area = 'force' or area_id = $area)"
                " and release_after in (select release_id from of_this_month)"
                " group by measure_id, cause order by measure_id, cause"
            ),
            restated_verdicts=read(
                "select restated.*, areas.title as area_title from fct_restatement as restated"
                " inner join dim_area as areas using (area_id)"
                " where release_after in (select release_id from of_this_month) and target_id is not null"
                " order by is_verdict_flipped desc, measure_id, target_id, period_month desc, area_id"
            ),
            deliveries=read(
                "select extract, source, file_name, first_month, last_month, revision, received_at, rows_received,"
                " rows_quarantined, is_partial, confirmed_because, status, reason from delivery as received"
                # One that was mended under its own name is told by the delivery that landed.
                " where status <> 'refused' or not exists (select 1 from delivery as mended"
                " where mended.extract = received.extract and mended.file_name = received.file_name"
                " and mended.received_at > received.received_at and mended.status <> 'refused')"
                " order by extract, source, last_month desc nulls last, revision desc, file_name"
            ),
            sources=read("select * from dim_source"),
            quarantine=read("select * from delivery_quarantine order by extract, first_month, rule"),
            checks=read(
                "select * from delivery_check where is_passed = false order by severity, extract, period_month"
            ),
            checks_counted=read(
                "select severity, count(*) as checks, count(*) filter (is_passed) as passed,"
                " count(*) filter (not is_passed) as failed, count(*) filter (is_passed is null) as not_judged"
                " from delivery_check group by severity order by severity"
            ),
        )


def latest_point(charted: Rows) -> Row:
    """The latest point of a control chart, as the scorecard takes it: one of an earlier period than the latest says
    nothing of now. Nothing without a chart."""
    if not charted:
        return {}
    point = charted[-1]
    # Releases made before the column are of a time when it was not asked.
    if point.get("is_current", True):
        return point
    ended = f"its latest point is of {month(point['period_month'])}"
    note = "; ".join(said for said in (ended, point["note"]) if said)
    return point | {"variation": "not_assessable", "signal": None, "assurance": None, "note": note}


def _by(rows: Rows, key: Callable[[Row], Any]) -> dict[Any, Rows]:
    grouped: dict[Any, Rows] = defaultdict(list)
    for row in rows:
        grouped[key(row)].append(row)
    return dict(grouped)
