"""The ledger: what every release said, kept by change.

Here: the folder `warehouse/ledger` with an entry for each release, and the tables that a release takes from it.
Belongs here: how what was said is stored, and shown to be whole.
Does not belong here: what changed since, and why (`restatement.py`).

An entry holds the scorecard, the figures and verdicts that are new or differ from what was said of them last, and what
explains a difference next time. It is written beside its place before its release is renamed, and moved there after:
of a refresh that was killed in between, the next one moves the entry whose release came, and deletes the other.
"""

import contextlib
import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.guard import BUILDING
from orchestration.restatement import RESTATEMENT_COLUMNS, find_restatements, same_figure

LEDGER = "ledger"
ENTRY = "entry.json"

# What an entry stores: a file for each, with the release it is of.
STORED = {
    "scorecard": """
        release_id varchar, measure_id varchar, target_id varchar, population_group varchar, period_basis varchar,
        value double, threshold double, verdict varchar, verdict_stage varchar
    """,
    "figure": """
        release_id varchar, measure_id varchar, period_basis varchar, period_month date, area_id varchar,
        population_group varchar, window_from date, source varchar, value double, numerator double, denominator double,
        replaces varchar
    """,
    "verdict": """
        release_id varchar, target_id varchar, measure_id varchar, area_id varchar, population_group varchar,
        period_month date, known_from date, period_basis varchar, compared_month date, source varchar, value double,
        threshold double, verdict varchar, is_settled boolean
    """,
    "restatement": f"release_id varchar, {RESTATEMENT_COLUMNS}",
    "delivery": """
        release_id varchar, extract varchar, source varchar, period_month date, months_covered bigint, revision bigint,
        sha256 varchar, rows_accepted bigint, rows_quarantined bigint
    """,
    "definition": "release_id varchar, kind varchar, id varchar, digest varchar",
}

TABLES: dict[str, dict[str, Any]] = {
    "fct_reported_verdict": {
        "description": "A line of the scorecard as each release gave it, this one among them, of no later month.",
        "source": "the ledger of releases",
        "columns": {
            "release_id": ("varchar", "the release that gave it", "identifier"),
            "reporting_month": ("date", "the month that release reports on", "month"),
            "published_at": ("timestamp with time zone", "when it was published", "instant"),
            "measure_id": ("varchar", "the measure, as in dim_measure", "identifier"),
            "target_id": ("varchar", "the target, as in dim_target; null where there was none", "identifier"),
            "population_group": ("varchar", "all, or dimension:value", "category"),
            "period_basis": ("varchar", "month, quarter, financial_year_to_date or rolling_12_months", "category"),
            "value": ("double", "the figure as it was given, unrounded", "dim_measure.unit"),
            "threshold": ("double", "the level the target asked for, resolved", "dim_measure.unit"),
            "verdict": ("varchar", "the verdict as it was given", "category"),
            "verdict_stage": ("varchar", "final, in_year, month or latest_year", "category"),
        },
    },
    "fct_reported_result": {
        "description": (
            "A figure and the span of releases that gave it: one row when it never changed. Releases follow each other"
            " as they were published; one of an earlier month leaves the figures of later months as they were said."
        ),
        "source": "the ledger of releases",
        "columns": {
            "measure_id": ("varchar", "the measure, as in dim_measure", "identifier"),
            "period_basis": ("varchar", "month, quarter, financial_year_to_date or rolling_12_months", "category"),
            "period_month": ("date", "first day of the last month covered", "month"),
            "area_id": ("varchar", "the area, as in dim_area", "identifier"),
            "population_group": ("varchar", "all, or dimension:value", "category"),
            "value": (
                "double",
                "the figure as it was given; null where one that had been given was no more",
                "as given",
            ),
            "numerator": ("double", "what was counted", "the measure's own count"),
            "denominator": ("double", "what it was divided by", "the measure's own base"),
            "reported_from_release": ("varchar", "the first release that gave it", "identifier"),
            "reported_from": ("timestamp with time zone", "when that was published", "instant"),
            "reported_until_release": ("varchar", "the release that gave another; null while it stands", "identifier"),
            "reported_until": ("timestamp with time zone", "when that was published", "instant"),
        },
    },
    "fct_restatement": {
        "description": (
            "A figure, or with a target its verdict, that differs from what was said before, in every release up to"
            " this one; with the cause. A figure that went or came for a month already reported is one too."
        ),
        "source": "the ledger of releases",
        "columns": {
            "measure_id": ("varchar", "the measure, as in dim_measure", "identifier"),
            "target_id": ("varchar", "the target whose verdict it is; null for the figure itself", "identifier"),
            "period_basis": ("varchar", "month, quarter, financial_year_to_date or rolling_12_months", "category"),
            "period_month": ("date", "the last month covered; of a verdict, the month judged", "month"),
            "area_id": ("varchar", "the area, as in dim_area", "identifier"),
            "population_group": ("varchar", "all, or dimension:value", "category"),
            "release_before": ("varchar", "the release that spoke of the month last", "identifier"),
            "release_after": ("varchar", "the release that says otherwise", "identifier"),
            "value_before": ("double", "the figure before; null where there was none", "dim_measure.unit"),
            "value_after": ("double", "the figure after; null where there is none", "dim_measure.unit"),
            "threshold_before": ("double", "of a verdict: the level asked for before", "dim_measure.unit"),
            "threshold_after": ("double", "of a verdict: the level asked for after", "dim_measure.unit"),
            "verdict_before": ("varchar", "of a verdict: as it was; null where there was none", "category"),
            "verdict_after": ("varchar", "of a verdict: as it is; null where there is none", "category"),
            "is_verdict_flipped": (
                "boolean",
                "whether the verdict turned; of a figure, whether a verdict on it did",
                "true or false",
            ),
            "cause": (
                "varchar",
                "the least ordinary of its causes: target, definition, source, population, re_delivery, late_records",
                "category",
            ),
            "explanation": ("varchar", "every cause, in that order", "words"),
        },
    },
}


class LedgerDamaged(Exception):
    """What was said cannot be read any more: where it lies, and what to do."""


@dataclass(frozen=True)
class Entry:
    """What is known of one release's entry; `previous` is the digest of the entry before, which makes a missing or
    exchanged one known, and `files` has the digest of each of its files."""

    number: int
    release_id: str
    reporting_month: str
    published_at: str
    previous: str | None
    files: dict[str, str]

    @property
    def content(self) -> str:
        return json.dumps(asdict(self), indent=1)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content.encode()).hexdigest()


def settle(warehouse: Path) -> None:
    """Move the entries whose releases came into their places, and delete those whose releases never did."""
    for waiting in (warehouse / LEDGER).glob(f"{BUILDING}*"):
        release_id = waiting.name.removeprefix(BUILDING)
        if (warehouse / "releases" / release_id).is_dir():
            waiting.rename(waiting.with_name(release_id))
            flush(waiting.parent)
        else:
            shutil.rmtree(waiting)


def read_entries(warehouse: Path, named: Mapping[str, str]) -> list[Entry]:
    """Every entry in the order of publishing; `named` has the digests of those that releases name (by release id).

    Raises `LedgerDamaged` when a file is missing, or is not what was written: a ledger is never begun anew in silence.
    """
    folder = warehouse / LEDGER
    places = [place for place in folder.glob("[!.]*") if place.is_dir()]
    entries = sorted(map(_read, places), key=lambda entry: entry.number)
    previous = None
    for number, entry in enumerate(entries, 1):
        if (entry.number, entry.previous) != (number, previous):
            raise _damaged(
                folder, f"the entry before that of {entry.release_id} is missing, or not the one it followed"
            )
        previous = entry.digest
    known = {entry.release_id: entry.digest for entry in entries}
    for release_id, digest in sorted(named.items()):
        if known.get(release_id) != digest:
            raise _damaged(folder, f"the entry of {release_id} is missing, or not the one that release was made with")
    return entries


def _read(place: Path) -> Entry:
    try:
        content = (place / ENTRY).read_text(encoding="utf-8")
        entry = Entry(**json.loads(content))
        is_whole = entry.content == content and all(
            digest_of(place / name) == digest for name, digest in entry.files.items()
        )
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
        is_whole = False
    if not is_whole:
        raise _damaged(place.parent, f"the entry of {place.name} is not as it was written")
    return entry


def _damaged(folder: Path, what: str) -> LedgerDamaged:
    return LedgerDamaged(
        f"The ledger of what was said is damaged: {what}. Restore {folder} whole from a backup and run again; nothing"
        " else holds what earlier releases said."
    )


def write_entry(
    build: duckdb.DuckDBPyConnection,
    warehouse: Path,
    entries: list[Entry],
    release_id: str,
    published_at: dt.datetime,
    digests: list[tuple[str, str, str]],
) -> Entry:
    """Compare the marts of `build` with what was said, and write the entry of a release beside its place.

    `digests` are of the measures' definitions (kind, id, digest). What was said and what is new stays in the
    connection, for `fill_tables`. Raises `Unexplained` when a figure changed and nothing says why.
    """
    folder = warehouse / LEDGER
    waiting = folder / f"{BUILDING}{release_id}"
    waiting.mkdir(parents=True)
    # Names without a folder of the person's in front: DuckDB takes a path for a pattern.
    with contextlib.chdir(folder):
        _load(build, entries, release_id, published_at, digests)
        find_restatements(build)
    with contextlib.chdir(waiting):
        for name in STORED:
            build.execute(f"copy new_{name} to '{name}.parquet' (format parquet, compression zstd)")
    reporting_month = build.execute("select reporting_month::varchar from entry where is_new").fetchall()[0][0]
    entry = Entry(
        number=len(entries) + 1,
        release_id=release_id,
        reporting_month=reporting_month,
        published_at=published_at.isoformat(),
        previous=entries[-1].digest if entries else None,
        files={f"{name}.parquet": digest_of(waiting / f"{name}.parquet") for name in STORED},
    )
    (waiting / ENTRY).write_text(entry.content, encoding="utf-8")
    for path in waiting.iterdir():
        flush(path)
    flush(waiting)
    flush(folder)
    return entry


def _load(
    build: duckdb.DuckDBPyConnection,
    entries: list[Entry],
    release_id: str,
    published_at: dt.datetime,
    digests: list[tuple[str, str, str]],
) -> None:
    """Make `entry` (this release's last), the views `said_…` and the empty tables `new_…` of everything that is stored,
    and `definition_now`."""
    build.execute(
        "create temp table entry"
        " (number integer, release_id varchar, reporting_month date, published_at timestamptz, is_new boolean)"
    )
    for entry in entries:
        known = (entry.number, entry.release_id, entry.reporting_month, entry.published_at)
        build.execute("insert into entry values (?, ?, ?, ?, false)", known)
    build.execute(
        "insert into entry select ?, ?, reporting_month, ?, true from landing.reporting_month",
        (len(entries) + 1, release_id, published_at),
    )
    for name, columns in STORED.items():
        build.execute(f"create temp table new_{name} ({columns})")
        if entries:
            files = ", ".join(f"'{entry.release_id}/{name}.parquet'" for entry in entries)
            build.execute(f"create temp view said_{name} as from read_parquet([{files}], union_by_name = true)")
        else:
            build.execute(f"create temp view said_{name} as from new_{name} where false")
    build.execute("create temp table definition_now (kind varchar, id varchar, digest varchar)")
    if digests:
        places = ", ".join("(?, ?, ?)" for _ in digests)
        build.execute(f"insert into definition_now values {places}", [part for row in digests for part in row])


def fill_tables(build: duckdb.DuckDBPyConnection, warehouse: Path, schema: str) -> None:
    """Fill the tables of a release, which are there and empty, from what was said and what is new; none of a month
    after the release's own. Rows are in the order of publishing."""
    with contextlib.chdir(warehouse / LEDGER):
        for query in (REPORTED_VERDICT, REPORTED_RESULT, RESTATEMENT):
            build.execute(query.format(schema=schema))


REPORTED_VERDICT = """
    insert into {schema}.fct_reported_verdict by name
    select entry.reporting_month, entry.published_at, lines.*
    from (from said_scorecard union all from new_scorecard) as lines
    inner join entry using (release_id)
    where entry.reporting_month <= (select reporting_month from this)
"""
REPORTED_RESULT = f"""
    insert into {{schema}}.fct_reported_result by name
    with stated as (
        select said.* replace (coalesce(said.until_release, changed.release_id) as until_release)
        from figure_statement as said
        left join new_figure as changed on said.release_id = changed.replaces and {same_figure("said", "changed")}
        union all by name
        select *, null as until_release from new_figure
    )

    select
        stated.* exclude (release_id, until_release, replaces, window_from, source),
        first.release_id as reported_from_release,
        first.published_at as reported_from,
        next.release_id as reported_until_release,
        next.published_at as reported_until
    from stated
    inner join entry as first on stated.release_id = first.release_id
    left join entry as next on stated.until_release = next.release_id
    where stated.period_month <= (select reporting_month from this)
"""
RESTATEMENT = """
    insert into {schema}.fct_restatement by name
    select * exclude (release_id), release_id as release_after
    from (from said_restatement union all from new_restatement)
    where period_month <= (select reporting_month from this)
"""


def count_restatements(build: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many figures were restated by each cause, and how many verdicts turned, in the release being made."""
    counts = build.execute(
        "select cause, count(*) from new_restatement where target_id is null group by cause"
        " union all select 'verdicts_flipped', count(*) from new_restatement"
        " where target_id is not null and is_verdict_flipped having count(*) > 0 order by all"
    ).fetchall()
    return dict(counts)


def flush(path: Path) -> None:
    """Make a file, or the names in a folder, outlive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def digest_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
