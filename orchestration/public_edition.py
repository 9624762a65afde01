"""The public edition: a second release, made from the force's, in which no small count can be worked out.

Here: what becomes of each table, and the edition's own release folder under `warehouse/public`.
Belongs here: which columns a decision reaches, which texts and records the public does not get.
Does not belong here: what is withheld (`disclosure.py`), how a release is frozen and pointed at (`publishing.py`).
"""

import datetime as dt
import hashlib
import itertools
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from orchestration.disclosure import DECISION_COLUMNS, GRAINS, Seeds, decide, tables_of_counts
from orchestration.folders import ROOT
from orchestration.guard import BUILDING, PUBLIC
from orchestration.publishing import (
    DATABASE,
    OWN_TABLES,
    STORAGE_VERSION,
    content_of,
    digest_of_setters,
    digest_of_tables,
    month_and_number,
    nothing,
    numbered_releases,
    point_at,
    prune,
    put_in_place,
    read_manifest,
    whole_manifest,
)

AUDIENCES = ["force", "public"]
SEEDS = Seeds(*(ROOT / "dbt_project" / "seeds" / name for name in ("disclosure.csv", "disclosure_parts.csv")))
WITHHELD = "withheld: a small count could be worked out from it"

# Columns that hold a figure or are made of one, by what has to be given for them. A figure's own window is `now`; what
# it is compared with is the same window `a year ago`.
OF_NOW = "now.measure_id is not null"
OF_A_YEAR_AGO = f"{OF_NOW} and before.measure_id is not null"
# Late facts as they stood at another age are counts that nothing above was checked with.
OF_A_CHANGE = f"{OF_A_YEAR_AGO} and (place.kind = 'force' and t.population_group = 'all' or t.comparison = 'settled')"


class NotMade(Exception):
    """Why there is no public edition, and what to do; the force's release stands."""


@dataclass(frozen=True)
class Edition:
    """The public edition made; `withheld` is how many rows have figures that are not given."""

    release_id: str
    folder: Path
    is_new: bool
    withheld: int


@dataclass(frozen=True)
class Withholding:
    """How a table is given: `columns` by the condition they need, the column that says why one is null, further columns
    that change with it, and the joins the conditions use; columns `given` in every row, which count nobody, and what
    stands in every row in place of `counts` of records. A column that is nowhere here stops the edition."""

    columns: dict[str, list[str]]
    joins: str
    given: list[str]
    reason: str = "reason"
    changed: dict[str, str] = field(default_factory=dict)
    counts: dict[str, str] = field(default_factory=dict)


def _given(alias: str, basis: str, month: str, area: str = "t.area_id", group: str = "t.population_group") -> str:
    """Join the decision on a window of the row's measure and source, as `alias`."""
    return f"""
        left join place as place_of_{alias} on place_of_{alias}.area_id = {area}
        left join given as {alias}
            on {alias}.measure_id = t.measure_id
            and {alias}.source = t.source
            and {alias}.kind = place_of_{alias}.kind
            and {alias}.dimension = split_part({group}, ':', 1)
            and {alias}.period_basis = {basis}
            and {alias}.period_month = {month}
    """


NOW = _given("now", "t.period_basis", "t.period_month") + "left join place on place.area_id = t.area_id"
BEFORE = _given("before", "t.period_basis", "(t.period_month - interval 1 year)")
SERIES = """
    left join wholly_given as series
        on series.measure_id = t.measure_id
        and series.source = t.source
        and series.kind = place.kind
        and series.dimension = split_part(t.population_group, ':', 1)
"""
# A target for every area is shown by the figure of one of them.
COMPARED = (
    _given("now", "t.period_basis", "t.compared_month", area="t.compared_area_id")
    + _given("before", "t.period_basis", "(t.compared_month - interval 1 year)", area="t.compared_area_id")
    + "left join place on place.area_id = t.compared_area_id"
    + SERIES
)
# A level that comes from the year before is given where that year is.
OF_A_VERDICT = (
    f"{OF_NOW} and (t.baseline is null or before.measure_id is not null or coalesce(series.by_month, false))"
    " or t.source is null"
)
VERDICT_COLUMNS = [
    "baseline",
    "threshold",
    "expected_by_now",
    "value",
    "gap_to_target",
    "certainty",
    "detectable_change",
    "verdict_otherwise",
    "parts_judged",
    "parts_met",
    "outlook_probability",
    "projected_year_end",
    "required_run_rate",
]
# That one row could turn a verdict says how near its count is to the threshold; which area stands for all, which is
# the furthest from it.
VERDICT_CHANGED = {
    "compared_area_id": "null",
    "verdict": "'not_measurable'",
    "outlook": "'not_assessable'",
    "outlook_reason": f"'{WITHHELD}'",
    "is_provisional": "null",
    "provisional_because": "null",
}
A_FIGURE = ["measure_id", "source", "area_id", "population_group", "period_basis", "period_month"]
A_VERDICT = [
    "target_id",
    "measure_id",
    "population_group",
    "target_status",
    "rule",
    "amount",
    "period_basis",
    "compared_month",
    "source",
    "verdict_stage",
    "is_settled",
]
ROWS_ASIDE = {"rows_quarantined": "null::bigint"}
# As the macro `provisional_because` says it, without the number.
VERDICT_ROWS_ASIDE = ROWS_ASIDE | {
    "provisional_because": "regexp_replace(t.provisional_because, '[0-9]+ quarantined rows?', 'quarantined rows')"
}

WITHHOLDINGS: dict[str, Withholding] = {
    "fct_measure_result": Withholding(
        {
            OF_NOW: [
                "numerator",
                "denominator",
                "value",
                "lower_95",
                "upper_95",
                "respondents",
                "is_small_base",
            ],
            OF_A_CHANGE: [
                "value_same_period_last_year",
                "numerator_same_period_last_year",
                "value_at_same_age",
                "value_last_year_at_same_age",
                "change",
                "change_lower_95",
                "change_upper_95",
                "change_percent",
                "change_percent_lower_95",
                "change_percent_upper_95",
                "numerator_change_percent",
            ],
        },
        NOW + BEFORE,
        given=[*A_FIGURE, "window_from", "comparison", "is_complete", "is_settled", "is_published_value"],
        counts=ROWS_ASIDE,
    ),
    "fct_source_result": Withholding(
        {OF_NOW: ["numerator", "denominator", "value"]}, NOW, given=[*A_FIGURE, "is_preferred"]
    ),
    "fct_process_control": Withholding(
        {
            OF_NOW: ["value"],
            f"{OF_NOW} and case t.period_basis when 'month' then series.by_month else series.by_quarter end": [
                "centre_line",
                "lower_limit",
                "upper_limit",
                "lower_near_limit",
                "upper_near_limit",
                "is_outside",
                "is_trend",
                "is_shift",
                "is_two_of_three",
                "signal",
                "variation",
                "target_line",
                "assurance",
            ],
        },
        NOW + SERIES,
        given=[*A_FIGURE, "target_id", "limit_group", "points_in_group", "is_seasonally_adjusted", "is_current"],
        reason="note",
    ),
    "fct_peer_comparison": Withholding(
        {
            OF_NOW: ["value", "numerator", "denominator"],
            "coalesce(peers.are_given, false)": [
                "group_value",
                "rest_of_group_value",
                "difference_from_rest",
                "rank_in_group",
                "lower_limit_95",
                "upper_limit_95",
                "lower_limit_998",
                "upper_limit_998",
                "funnel_flag",
                "funnel_flag_without_dispersion",
                "z_dispersed",
                "tau_squared",
            ],
        },
        _given("now", "t.period_basis", "t.period_month", group="'all'")
        + """
            left join (
                select t.measure_id, t.peer_group, t.period_basis, t.period_month,
                    bool_and(now.measure_id is not null) as are_given
                from internal.main.fct_peer_comparison as t
        """
        + _given("now", "t.period_basis", "t.period_month", group="'all'")
        + """
                group by all
            ) as peers
                on peers.measure_id = t.measure_id
                and peers.peer_group = t.peer_group
                and peers.period_basis = t.period_basis
                and peers.period_month = t.period_month
        """,
        given=[
            "measure_id",
            "source",
            "peer_group",
            "peer_group_title",
            "area_id",
            "period_basis",
            "period_month",
            "units",
            "is_substitute",
        ],
        reason="note",
    ),
    "fct_equality_gap": Withholding(
        {
            OF_NOW: [
                "value_of_group",
                "value_compared_with",
                "gap",
                "lower_95",
                "upper_95",
                "fewest_respondents",
                "is_small_base",
            ],
            OF_A_YEAR_AGO: ["change", "change_lower_95", "change_upper_95", "trend"],
        },
        NOW + BEFORE,
        given=[*A_FIGURE, "compared_with", "comparison", "is_settled"],
    ),
    "fct_outlook_backtest": Withholding(
        {
            "coalesce(series.by_month, false)": [
                "projected",
                "lower_80",
                "upper_80",
                "lower_95",
                "upper_95",
                "actual",
                "error_percent",
                "is_inside_80",
                "is_inside_95",
            ]
        },
        "left join place on place.area_id = t.area_id" + SERIES,
        given=[
            "measure_id",
            "source",
            "area_id",
            "population_group",
            "origin_month",
            "month_of_financial_year",
            "method",
            "origins",
        ],
    ),
    "fct_target_verdict": Withholding(
        {
            OF_A_VERDICT: [
                *VERDICT_COLUMNS,
                "judged_value",
                "change_lower_95",
                "change_upper_95",
                "level_for_year",
                "projected_lower_80",
                "projected_upper_80",
                "projected_lower_95",
                "projected_upper_95",
            ]
        },
        COMPARED,
        given=[*A_VERDICT, "area_id", "period_month", "known_from", "known_to", "projected_from"],
        changed=VERDICT_CHANGED,
        counts=VERDICT_ROWS_ASIDE,
    ),
    "scorecard": Withholding(
        {OF_A_VERDICT: [*VERDICT_COLUMNS, "variation", "assurance", "improves_on_outturn"]},
        COMPARED,
        given=[
            *A_VERDICT,
            "reporting_month",
            "pack_order",
            "objective",
            "objective_title",
            "cpa_heading",
            "pack_section",
            "title",
            "tier",
            "owner",
            "unit",
            "better",
            "proxy_for",
            "measure_status",
            "plan_id",
            "is_carried_over",
            "reading",
            "charted_month",
            "chart_note",
        ],
        changed=VERDICT_CHANGED,
        counts=VERDICT_ROWS_ASIDE,
    ),
    "fct_target_ambition": Withholding(
        {
            "coalesce(series.by_month, false) or t.source is null": [
                "outturn",
                "level_asked",
                "improves_on_outturn",
            ]
        },
        "left join place on place.area_id = coalesce(t.area_id, 'force')" + SERIES,
        given=["target_id", "plan_id", "measure_id", "area_id", "population_group", "source"],
    ),
    "fct_local_target": Withholding(
        {
            "exists (from wholly_given as series where series.measure_id = t.measure_id and series.kind = 'boroughs'"
            " and series.dimension = split_part(t.population_group, ':', 1) and series.by_month)": [
                "boroughs_together",
                "reaches_the_forces",
            ]
        },
        "",
        given=["target_id", "measure_id", "population_group", "threshold", "boroughs_with_target"],
    ),
}

# Given as they are: what is known of measures, targets, areas and milestones counts nobody.
AS_THEY_ARE = [
    "dim_area",
    "dim_measure",
    "dim_month",
    "dim_plan",
    "dim_plan_measure",
    "dim_plan_objective",
    "dim_series_break",
    "dim_source",
    "dim_target",
    "fct_milestone",
]
# Of these, the rows that the public gets, and why it does not get the others.
OF_THE_FORCE = (
    "coalesce(population_group, 'all') = 'all' and measure_id not in"
    " (select measure_id from decision where kind = 'force' and dimension = 'all' and grain > 1)"
)
ROWS: dict[str, tuple[str, str]] = {
    "fct_reported_verdict": (OF_THE_FORCE, "earlier releases are repeated for the force as a whole alone"),
    "fct_reported_result": (
        f"area_id = 'force' and {OF_THE_FORCE}",
        "earlier releases are repeated for the force as a whole alone",
    ),
    "fct_restatement": (
        f"area_id = 'force' and {OF_THE_FORCE}",
        "earlier releases are repeated for the force as a whole alone",
    ),
    "fct_commentary": ("false", "written for the Board; no column says that a text is for the public"),
    "fct_board_decision": ("false", "written for the Board; no column says that a text is for the public"),
    "delivery_check": ("false", "rows of deliveries are counts of records"),
    "delivery_quarantine": ("false", "rows of deliveries are counts of records"),
}
# A file's name and digest can be guessed from few rows, and its numbers of rows are counts of records.
DELIVERY = [
    "delivery_id",
    "file_name",
    "sha256",
    "rows_received",
    "rows_accepted",
    "rows_quarantined",
    "rules_broken",
    "confirmed_because",
    "reason",
]

EDITION_TABLES: dict[str, dict[str, Any]] = {
    "withheld": {
        "description": "How much of each table the public edition does not give, and why.",
        "source": "the disclosure control of the public edition",
        "columns": {
            "of_table": ("varchar", "the table", "identifier"),
            "rows_with_figures": ("bigint", "its rows that have a figure in the force's release", "rows"),
            "rows_withheld": ("bigint", "those of which a figure is null here", "rows"),
            "rows_left_out": ("bigint", "those that are not here", "rows"),
            "why": ("varchar", "the reason", "words"),
        },
    },
    "disclosure": {
        "description": "A breakdown of a measure or a table of counts, and a financial year: how finely it is given.",
        "source": "the disclosure control of the public edition",
        "columns": {
            "measure_id": ("varchar", "the measure, as in dim_measure, or the table", "identifier"),
            "source": ("varchar", "the source, as in dim_source", "identifier"),
            "areas": (
                "varchar",
                "force, boroughs, elsewhere (parts of the force or London that are no borough), or a type of area",
                "category",
            ),
            "dimension": ("varchar", "all, or what the population groups differ in", "category"),
            "financial_year_start": ("date", "first month of the financial year", "month"),
            "given_by": (
                "varchar",
                "month, quarter, year, nothing: windows made of whole ones are given",
                "category",
            ),
            "given_until": ("date", "the last month given, of a year that changed while it ran; else null", "month"),
            "seen_to": ("date", "the last reporting month of an edition that gave it", "month"),
        },
    },
    "disclosure_rule": {
        "description": "What is sensitive, and from which count on it is given.",
        "source": "seeds/disclosure.csv",
        "columns": {
            "applies_to": ("varchar", "a measure, a type of measures, or a table", "identifier"),
            "is_sensitive": ("boolean", "whether its breakdowns are held to the least count", "true or false"),
            "counted": ("varchar[]", "its columns that count people or events", "identifier"),
            "follows": ("varchar", "the measure whose counts it goes with", "identifier"),
            "least_count": ("integer", "the least count that is given, but for 0", "the measure's own count"),
            "reason": ("varchar", "why", "words"),
            "set_on": ("date", "since when", "day"),
        },
    },
}


def wanted_audience() -> str:
    """Whom the refresh is for, as `AUDIENCE` says; raises `ValueError` for one that nothing is known of."""
    audience = os.environ.get("AUDIENCE") or AUDIENCES[0]
    if audience not in AUDIENCES:
        raise ValueError(f"AUDIENCE is {' or '.join(AUDIENCES)}; it is «{audience}»")
    return audience


def publish_for_public(
    warehouse: Path, built_at: dt.datetime, write_beside: Callable[[Path], object] = nothing
) -> Edition:
    """Make the public edition of the release that `current` points to, and point `public/current` at it.

    When the newest one of the month has the same content, it stands. `write_beside` is as in `publish`. Raises
    `NotMade`, `NoRule`.
    """
    public = warehouse / PUBLIC
    releases = public / "releases"
    releases.mkdir(parents=True, exist_ok=True)
    public.chmod(0o755)
    forces = read_manifest(warehouse / "current")
    if forces is None:
        raise NotMade(f"{warehouse / 'current'} is no release. Refresh once more.")
    month = forces["reporting_month"][:7]
    earlier = _newest(releases)
    numbered = numbered_releases(releases, month)
    release_id = f"{month}_r{max(numbered, default=0) + 1}"
    building = releases / f"{BUILDING}{release_id}"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    of_the_force = {"build_bytes", "deliveries", "files", "ledger_entry", "tables"}
    manifest = {name: forces[name] for name in forces if name not in of_the_force}
    manifest |= {"audience": "public", "release_id": release_id, "built_at": built_at.isoformat(timespec="seconds")}
    manifest["made_from"] = forces["release_id"]
    manifest |= write_edition((warehouse / "current").resolve() / DATABASE, building / DATABASE, manifest, earlier)
    if numbered:
        newest = numbered[max(numbered)]
        stands = whole_manifest(newest)
        if stands and stands["content_hash"] == manifest["content_hash"]:
            shutil.rmtree(building)
            point_at(public, newest)
            return Edition(newest.name, newest, False, sum(stands["withheld"].values()))
    final = put_in_place(building, manifest, write_beside)
    point_at(public, final)
    prune(releases, kept=release_id)
    return Edition(release_id, final, True, sum(manifest["withheld"].values()))


def _newest(releases: Path) -> Path | None:
    """The database of the public edition made last: it holds what all before it decided."""
    folders = [folder for folder in releases.iterdir() if month_and_number(folder.name)]
    manifests = {folder: read_manifest(folder) for folder in folders}
    unreadable = [folder.name for folder, manifest in manifests.items() if manifest is None]
    newest = max(folders, key=lambda folder: str((manifests[folder] or {}).get("built_at")), default=None)
    if unreadable or (newest and whole_manifest(newest) is None):
        raise NotMade(
            f"{releases / (unreadable[0] if unreadable else newest.name if newest else '')} is damaged, and what was"
            " withheld before is read from it. Restore it from a backup and run again."
        )
    return newest / DATABASE if newest else None


def write_edition(forces: Path, path: Path, manifest: dict[str, Any], earlier: Path | None) -> dict[str, Any]:
    """Write the public database from the force's; `earlier` is that of the edition before. Returns what the manifest
    says of it: content_hash, tables, verdicts, and the number of rows withheld by table."""
    with duckdb.connect() as database:
        database.execute(f"attach '{_quoted(forces)}' as internal (read_only)")
        database.execute(f"attach '{_quoted(path)}' as edition (storage_version '{STORAGE_VERSION}')")
        _read_earlier(database, earlier)
        decide(database, SEEDS, manifest["reporting_month"])
        tables = [
            name
            for (name,) in database.execute(
                "select table_name from duckdb_tables() where database_name = 'internal' order by all"
            ).fetchall()
        ]
        database.begin()
        database.execute(_definition("withheld", EDITION_TABLES["withheld"]))
        for name in tables:
            _write_table(database, name)
        _write_decisions(database)
        _write_comments(database, tables)
        withheld = dict(
            database.execute(
                "select of_table, rows_withheld from edition.main.withheld where rows_withheld > 0 order by all"
            ).fetchall()
        )
        contents = [*tables, *EDITION_TABLES]
        contents.remove("release")
        content = content_of(database, "edition.main", contents)
        described = hashlib.md5(f"{digest_of_tables(content)} {digest_of_setters()}".encode()).hexdigest()
        database.execute(
            "insert into edition.main.release by name select * from internal.main.release;"
            " update edition.main.release set audience = 'public', release_id = $release_id,"
            " built_at = $built_at::timestamptz, delivery_hashes = [], content_hash = $content_hash",
            {"release_id": manifest["release_id"], "built_at": manifest["built_at"], "content_hash": described},
        )
        verdicts = database.execute(
            "select tier, verdict, count(*), count(*) filter (where is_provisional) from edition.main.scorecard"
            " group by tier, verdict order by all"
        ).fetchall()
        content |= content_of(database, "edition.main", ["release"])
        database.commit()
        database.execute("detach edition")
    return {
        "content_hash": described,
        "tables": dict(sorted(content.items())),
        "verdicts": [dict(zip(("tier", "verdict", "count", "provisional"), row, strict=True)) for row in verdicts],
        "withheld": dict(withheld),
    }


def _read_earlier(database: duckdb.DuckDBPyConnection, earlier: Path | None) -> None:
    database.execute(f"create temp table decided_before ({DECISION_COLUMNS})")
    if earlier:
        database.execute(f"attach '{_quoted(earlier)}' as earlier (read_only)")
        database.execute(
            "insert into decided_before select measure_id, source, areas, dimension, financial_year_start,"
            f" list_position({GRAINS}, given_by), given_until, seen_to from earlier.main.disclosure"
        )
        database.execute("detach earlier")


def _write_table(database: duckdb.DuckDBPyConnection, name: str) -> None:
    """Write one table of the force's release as the public gets it, and a line into `withheld`."""
    counts = {table: columns for table, columns, _ in tables_of_counts(database)}
    target = f"create table edition.main.{name} as"
    if name in AS_THEY_ARE:
        database.execute(f"{target} from internal.main.{name}")
    elif name in WITHHOLDINGS:
        _write_withholding(database, name, WITHHOLDINGS[name])
    elif name in ROWS:
        rows, why = ROWS[name]
        database.execute(f"{target} from internal.main.{name} where {rows}")
        database.execute(
            f"insert into edition.main.withheld select '{name}', count(*), 0, count(*) filter (not ({rows})), '{why}'"
            f" from internal.main.{name}"
        )
    elif name in counts:
        _write_counts(database, name)
    elif name == "delivery":
        nulls = ", ".join(f"null as {column}" for column in DELIVERY)
        database.execute(f"{target} select * replace ({nulls}) from internal.main.delivery")
    elif name == "release":
        database.execute(_definition(name, OWN_TABLES["release"]))
    elif name == "data_dictionary":
        database.execute(f"{target} from internal.main.data_dictionary")
    else:
        raise _unsaid(name)


def _unsaid(what: str) -> NotMade:
    return NotMade(f"Nothing says what the public may read of {what}: say it in orchestration/public_edition.py.")


def _write_withholding(database: duckdb.DuckDBPyConnection, name: str, how: Withholding) -> None:
    said = {*itertools.chain(*how.columns.values()), *how.given, how.reason, *how.changed, *how.counts}
    for column, *_ in database.execute(f"describe internal.main.{name}").fetchall():
        if column not in said:
            raise _unsaid(f"{name}.{column}")

    def lost(condition: str, columns: list[str]) -> str:
        return f"(not coalesce({condition}, false) and {_has_any(columns)})"

    (own, own_columns), *_ = how.columns.items()
    its_own = lost(own, own_columns)
    replaced = [
        f"case when {condition} then t.{column} end as {column}"
        for condition, columns in how.columns.items()
        for column in columns
    ]
    changed = {**how.counts, how.reason: f"'{WITHHELD}'", **how.changed}
    replaced += [
        f"case when {its_own} then {content} else {how.counts.get(column, f't.{column}')} end as {column}"
        for column, content in changed.items()
    ]
    is_withheld = " or ".join(lost(condition, columns) for condition, columns in how.columns.items())
    database.execute(
        f"create temp table of_table as select t.* replace ({', '.join(replaced)}), {is_withheld} as is_withheld,"
        f" {_has_any(own_columns)} as has_figure from internal.main.{name} as t {how.joins}"
    )
    # In the order of the force's table: sorting it once more would take as long as all else.
    database.execute(f"create table edition.main.{name} as select * exclude (is_withheld, has_figure) from of_table")
    database.execute(
        f"insert into edition.main.withheld select '{name}', count(*) filter (has_figure or is_withheld),"
        f" count(*) filter (is_withheld), 0, '{WITHHELD}' from of_table"
    )
    database.execute("drop table of_table")


def _has_any(columns: list[str]) -> str:
    return f"coalesce({', '.join(f't.{column}::varchar' for column in columns)}) is not null"


def _write_counts(database: duckdb.DuckDBPyConnection, name: str) -> None:
    """A table of counts by area: where a year's are withheld, the sums over the force stand in their place."""
    described = database.execute(f"describe internal.main.{name}").fetchall()
    numbers = [column for column, kind, *_ in described if kind in ("BIGINT", "DOUBLE")]
    keys = [column for column, *_ in described if column not in [*numbers, "area_id"]]
    nulled = ", ".join(f"case when is_given then {column} end as {column}" for column in numbers)
    sums = ", ".join(f"case when count(*) = count({column}) then sum({column}) end as {column}" for column in numbers)
    database.execute(
        f"""
        create temp table of_table as
        select t.*, decision.grain = 1 and t.period_month <= coalesce(decision.given_until, t.period_month) as is_given
        from internal.main.{name} as t
        inner join place using (area_id)
        inner join internal.main.dim_month as month using (period_month)
        left join decision
            on decision.measure_id = '{name}'
            and decision.source = t.source
            and decision.kind = case
                when place.kind in ('boroughs', 'elsewhere', 'greater_london') then 'parts' else place.kind
            end
            and decision.fy = month.financial_year_start
        """
    )
    database.execute(
        f"""
        create table edition.main.{name} as
        with whole as (
            select source, period_month
            from of_table
            inner join place using (area_id)
            where not is_given
            group by all
            having count(distinct area_id) filter (place.kind = 'boroughs')
                = (select count(*) from place where kind = 'boroughs')
        )

        select * exclude (is_given) replace ({nulled}), case when not is_given then '{WITHHELD}' end as reason
        from of_table
        union all by name
        select {", ".join(keys)}, 'force' as area_id, {sums}, 'sum of the areas that are withheld' as reason
        from of_table
        inner join whole using (source, period_month)
        where area_id in (select area_id from internal.main.dim_area where part_of_force)
        group by all
        order by all
        """
    )
    database.execute(
        f"insert into edition.main.withheld select '{name}', count(*), count(*) filter (not is_given), 0, '{WITHHELD}'"
        " from of_table"
    )
    database.execute("drop table of_table")


def _write_decisions(database: duckdb.DuckDBPyConnection) -> None:
    for name, query in {
        "disclosure": "select measure_id, source, kind, dimension, fy,"
        f" {GRAINS}[grain], given_until, seen_to from decision order by all",
        "disclosure_rule": "from rule order by all",
    }.items():
        database.execute(_definition(name, EDITION_TABLES[name]))
        database.execute(f"insert into edition.main.{name} {query}")


def _write_comments(database: duckdb.DuckDBPyConnection, tables: list[str]) -> None:
    """The force's comments and dictionary, with those of the tables and columns that the edition adds."""
    added = {name: dict(table) for name, table in EDITION_TABLES.items()}
    rows = [
        (name, column, meaning, unit, table["source"])
        for name, table in added.items()
        for column, meaning, unit in [
            (None, table["description"], None),
            *((column, meaning, unit) for column, (_, meaning, unit) in table["columns"].items()),
        ]
    ]
    rows += [
        (name, "reason", "why a number is null, or what it is the sum of", "words", "the public edition")
        for name, _, _ in tables_of_counts(database)
        if name in tables
    ]
    database.executemany("insert into edition.main.data_dictionary values (?, ?, ?, ?, ?)", rows)
    for name, column, meaning, unit in database.execute(
        "select table_name, column_name, meaning, unit from edition.main.data_dictionary"
        " where table_name in (select table_name from duckdb_tables() where database_name = 'edition') order by all"
    ).fetchall():
        comment = (meaning if column is None else f"{meaning} [{unit}]").replace("'", "''")
        kind, place = ("table", name) if column is None else ("column", f"{name}.{column}")
        database.execute(f"comment on {kind} edition.main.{place} is '{comment}'")


def _definition(name: str, table: dict[str, Any]) -> str:
    columns = ", ".join(f"{column} {kind}" for column, (kind, _, _) in table["columns"].items())
    return f"create table edition.main.{name} ({columns})"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
