"""Publishing: from a green build to a numbered release that readers can rely on.

Here: the release folder, its database, its manifest, the repointing of `current`, and which releases are kept.
Belongs here: what is written under `warehouse/releases`.
Does not belong here: what a figure is (`dbt_project/models/marts`), what was said before (`ledger.py`), commands over
releases (`releases.py`).

A release is a copy, written beside the others, frozen, renamed into place and then pointed at: a reader never waits,
and never sees part of one.
"""

import datetime as dt
import hashlib
import importlib.metadata
import json
import platform
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration import ledger
from orchestration.guard import BUILD, BUILDING
from orchestration.landing.delivery import write_json
from orchestration.ledger import digest_of, flush
from orchestration.measure_definition import definition_digests
from orchestration.parquet_tables import write_parquet
from orchestration.table_macros import create_macros, dictionary_rows

DATABASE = "performance.duckdb"
MANIFEST = "manifest.json"
# What the run did until it published (`run_summary.py`).
RUN = "run.json"
# Readable by every DuckDB client from 1.2 on.
STORAGE_VERSION = "v1.2.0"
RELEASE_ID = re.compile(r"^(\d{4}-\d{2})_r(\d+)$")
# What figures and verdicts pass through.
PACKAGES = ["dagster", "dbt-core", "dbt-duckdb", "duckdb", "pandera", "polars"]
# Set 2026-11-24: the newest of a month is what stands, the two before it are what a question is about ("it said
# otherwise last week"). What older ones said is in the ledger.
KEPT_OF_A_MONTH = 3
# Set 2026-11-24: five years of months; a release that holds five years of figures has some 135 MB, so 8 GB in all.
KEPT_IN_ALL = 60
# The code of what is written beside the tables: other code sets another pack of the same figures.
SETTERS = ["board_pack", "parquet_tables.py", "table_macros.py"]
# When a delivery was first read, or withdrawn, says nothing about its content.
NOT_CONTENT = {"delivery": {"received_at", "withdrawn_at"}}

OWN_TABLES: dict[str, dict[str, Any]] = {
    **ledger.TABLES,
    "release": {
        "description": "This release: one row.",
        "source": "the refresh that built it",
        "columns": {
            "release_id": ("varchar", "reporting month and number of the release", "identifier"),
            "reporting_month": ("date", "the last month the release holds", "month"),
            "built_at": ("timestamp with time zone", "when it was built", "instant"),
            "code_version": ("varchar", "version of the code that built it", "identifier"),
            "audience": (
                "varchar",
                "force, with every figure, or public, with none that a small count could be worked out from",
                "category",
            ),
            "data_kind": ("varchar", "real, or synthetic sample", "category"),
            "status": (
                "varchar",
                "final, or provisional: an extract has not wholly reached the month, or quarantined rows could change a"
                " verdict",
                "category",
            ),
            "provisional_because": (
                "varchar",
                "the extracts that are late or in part, and how many verdicts quarantined rows could change",
                "words",
            ),
            "targets_known_on": ("date", "targets agreed up to this day are judged", "day"),
            "delivery_hashes": ("varchar[]", "SHA-256 of every delivery a figure rests on", "identifier"),
            "content_hash": (
                "varchar",
                "digest of every table but this one, of how it is labelled, and of the code that sets its packs",
                "identifier",
            ),
        },
    },
    "data_dictionary": {
        "description": "Every table, column and table macro of the release.",
        "source": "the dbt project",
        "columns": {
            "table_name": ("varchar", "the table, or the macro", "identifier"),
            "column_name": ("varchar", "the column; null for a table or macro itself", "identifier"),
            "meaning": ("varchar", "what it holds", "words"),
            "unit": ("varchar", "its unit", "words"),
            "source": ("varchar", "where it comes from", "words"),
        },
    },
}


Table = dict[str, Any]


@dataclass(frozen=True)
class Release:
    """A published release; `is_new` is False when the refresh changed nothing. `damaged` names the folders of its
    month that are no whole release any more, `pruned` those that are kept no longer."""

    release_id: str
    folder: Path
    is_new: bool
    manifest: dict[str, Any]
    damaged: list[str]
    pruned: list[str]


class NotOfMonth(Exception):
    """The build is of another month than the one to be published."""


def nothing(database: Path) -> None:
    """Beside the database lies nothing but what every release has."""


def publish(
    warehouse: Path,
    dbt_manifest: Path,
    month: str,
    built_at: dt.datetime,
    run: Mapping[str, Any],
    write_beside: Callable[[Path], object] = nothing,
) -> Release:
    """Copy the marts of `build.duckdb`, built for `month` ("2008-12"), into a release and point `current` at it.

    When a release of the reporting month with the same content exists and is its newest, `current` is pointed at
    that one and no number is used. `run` is the summary of the run so far, kept beside the database; the manifest
    keeps its checks and times. `write_beside` is given the release's database and writes beside it what else the
    release holds. Raises `Unexplained` when a figure differs from what was said before and nothing explains it,
    `LedgerDamaged`, `NotOfMonth`.
    """
    releases = warehouse / "releases"
    releases.mkdir(parents=True, exist_ok=True)
    ledger.settle(warehouse)
    entries = ledger.read_entries(warehouse, _entries_named(releases))
    project = json.loads(dbt_manifest.read_text(encoding="utf-8"))
    documented = _documented_tables(project)
    with duckdb.connect(str(warehouse / BUILD)) as build:
        tables = content_of(build, "marts", documented)
        described = _describe(build, digest_of_tables(tables))
        content_hash = described["content_hash"]
        if {described["reporting_month"], _scorecard_month(build)} != {f"{month}-01"}:
            raise NotOfMonth(f"The build is not of {month}: refresh the whole of it, then publish.")
        numbered = numbered_releases(releases, month)
        manifests = {number: manifest for number, folder in numbered.items() if (manifest := whole_manifest(folder))}
        damaged = [folder.name for number, folder in sorted(numbered.items()) if number not in manifests]
        newest = max(manifests, default=0)
        if newest and manifests[newest]["content_hash"] == content_hash:
            point_at(warehouse, numbered[newest])
            return Release(numbered[newest].name, numbered[newest], False, manifests[newest], damaged, [])
        # The number of a damaged release, and of one that is kept no longer, stays taken: somebody may have read it.
        said = {number for entry in entries for of, number in month_and_number(entry.release_id) if of == month}
        release_id = f"{month}_r{max(said | numbered.keys(), default=0) + 1}"
        entry = ledger.write_entry(build, warehouse, entries, release_id, built_at, definition_digests(build, project))
        manifest = {"release_id": release_id, "audience": "force", "built_at": built_at.isoformat(timespec="seconds")}
        manifest |= described
        building = releases / f"{BUILDING}{release_id}"
        # There when the step is tried again.
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir()
        tables |= _write_database(build, building / DATABASE, documented, manifest)
        manifest["restated"] = ledger.count_restatements(build)
    write_json(building / RUN, run)
    manifest |= {"ledger_entry": entry.digest, "packages": _packages(), "tables": tables}
    # What a refresh needs room for where the build is not: after a restore, say.
    manifest["build_bytes"] = (warehouse / BUILD).stat().st_size
    manifest |= {name: run[name] for name in ("started_at", "seconds", "checks") if name in run}
    final = put_in_place(building, manifest, write_beside)
    ledger.settle(warehouse)
    point_at(warehouse, final)
    return Release(release_id, final, True, manifest, damaged, prune(releases, kept=release_id))


def put_in_place(building: Path, manifest: dict[str, Any], write_beside: Callable[[Path], object]) -> Path:
    """Write what lies beside a release's database, made from it alone, freeze all of it, and give it its name; returns
    its folder."""
    create_macros(building / DATABASE)
    write_parquet(building / DATABASE, building)
    write_beside(building / DATABASE)
    _freeze(building, manifest)
    final = building.with_name(manifest["release_id"])
    building.rename(final)
    flush(final.parent)
    return final


def _freeze(building: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest, with the digest of every file there is, and make all of it outlive a loss of power."""
    files = sorted(path for path in building.rglob("*") if path.is_file())
    manifest["files"] = {str(path.relative_to(building)): digest_of(path) for path in files}
    (building / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    # Whoever may enter the warehouse may read a release, though not the rows beside it.
    folders = [building, *(path for path in building.rglob("*") if path.is_dir())]
    for folder in (building.parent, *folders):
        folder.chmod(0o755)
    for path in (building / MANIFEST, *files):
        path.chmod(0o444)
        flush(path)
    for folder in folders:
        flush(folder)


def prune(releases: Path, kept: str) -> list[str]:
    """Delete what is too many: of each month all but its newest, of all the oldest but the newest of each month.

    Never deleted are the release named `kept`, which `current` points to, and what has no manifest: damaged ones are
    left for people. Returns the names of those deleted; what they said is in the ledger.
    """
    built: dict[str, str] = {}
    months: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for folder in releases.iterdir():
        for month, number in month_and_number(folder.name):
            if manifest := read_manifest(folder):
                built[folder.name] = manifest["built_at"]
                months[month].append((number, folder.name))
    newest_first = [[name for _, name in sorted(numbered, reverse=True)] for numbered in months.values()]
    too_many = {name for names in newest_first for name in names[KEPT_OF_A_MONTH:]}
    fixed = {kept, *(names[0] for names in newest_first)}
    others = sorted(built.keys() - too_many - fixed, key=lambda name: built[name])
    too_many |= set(others[: max(0, len(built) - len(too_many) - KEPT_IN_ALL)])
    gone = sorted(too_many - fixed)
    for name in gone:
        # Under such a name it is deleted by the next refresh, if this one is killed.
        (releases / name).rename(releases / f"{BUILDING}{name}")
        shutil.rmtree(releases / f"{BUILDING}{name}")
    return gone


def numbered_releases(releases: Path, month: str) -> dict[int, Path]:
    """The releases of a reporting month ("2008-12") by their number, whole or not."""
    return {
        number: folder for folder in releases.iterdir() for of, number in month_and_number(folder.name) if of == month
    }


def month_and_number(name: str) -> list[tuple[str, int]]:
    """2008-12_r1 → its month and number; nothing for a name that is none of a release."""
    return [(month, int(number)) for month, number in RELEASE_ID.findall(name)]


def published_months(warehouse: Path) -> set[dt.date]:
    """The months that there is a release of."""
    folders = [folder for folder in (warehouse / "releases").glob("[!.]*") if read_manifest(folder)]
    return {dt.date.fromisoformat(f"{month}-01") for path in folders for month, _ in month_and_number(path.name)}


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a release, whatever became of its other files; None when it cannot be read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) else None


def whole_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a release whose files are those that were published; None when anything of it is damaged."""
    manifest = read_manifest(folder)
    return manifest if manifest is not None and not damages(folder, manifest) else None


def damages(folder: Path, manifest: dict[str, Any]) -> list[str]:
    """What is not as it was published in a release's folder, a sentence each."""
    files = manifest.get("files", {})
    present = [name for name in sorted(files) if (folder / name).is_file()]
    changed = [name for name in present if digest_of(folder / name) != files[name]]
    return strays(folder, manifest) + [f"{name} has other content than was published" for name in changed]


def strays(folder: Path, manifest: dict[str, Any]) -> list[str]:
    """What is missing or too much in a release's folder, a sentence each; what is in the files is not read."""
    if DATABASE not in manifest.get("files", {}):
        return [f"{MANIFEST} does not name {DATABASE}"]
    present = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {MANIFEST}
    files = manifest["files"]
    # A log beside a database, say: DuckDB replays it, or refuses to open the database.
    found = [f"{name} was not published with it" for name in sorted(present - files.keys())]
    return found + [f"{name} is missing" for name in sorted(files.keys() - present)]


def _entries_named(releases: Path) -> dict[str, str]:
    """Release → digest of its entry in the ledger, of every release that says so."""
    manifests = {folder.name: read_manifest(folder) for folder in releases.glob("[!.]*")}
    return {
        name: manifest["ledger_entry"]
        for name, manifest in manifests.items()
        if manifest and "ledger_entry" in manifest
    }


def _documented_tables(project: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Table → description, source and columns (type, meaning, unit), from the marts in dbt's manifest."""
    return {
        node["name"]: {
            "description": node["description"].strip(),
            "source": node["config"]["meta"].get("source"),
            "columns": {
                column["name"]: (
                    column["data_type"],
                    column["description"],
                    column["config"]["meta"].get("unit"),
                )
                for column in node["columns"].values()
            },
        }
        for node in project["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "marts"
    }


def content_of(connection: duckdb.DuckDBPyConnection, schema: str, tables: Iterable[str]) -> dict[str, Table]:
    """Table → its rows and a digest of them, whatever their order, as this version of DuckDB hashes them: another
    version publishes the same marts once more."""
    digests = []
    for table in sorted(tables):
        left_out = ", ".join(sorted(NOT_CONTENT.get(table, set())))
        exclude = f" exclude ({left_out})" if left_out else ""
        digests.append(
            f"select '{table}', count(*), md5(count(*) || ' ' || coalesce(sum(hash(content)::hugeint), 0))"
            f" from (select *{exclude} from {schema}.{table}) as content"
        )
    rows = connection.execute(" union all ".join(digests)).fetchall()
    return {name: {"rows": row_count, "content_hash": digest} for name, row_count, digest in sorted(rows)}


def digest_of_tables(tables: dict[str, Table]) -> str:
    return hashlib.md5(json.dumps(tables, sort_keys=True).encode()).hexdigest()


def _describe(build: duckdb.DuckDBPyConnection, marts_hash: str) -> dict[str, Any]:
    """What a release says of itself, from the deliveries its figures rest on."""
    month, known_on = _one(build, "select reporting_month, targets_known_on from landing.reporting_month")
    found = build.execute(
        "select delivery_id, extract, source, file_name, revision, sha256, status, reason,"
        " strftime(received_at at time zone 'UTC', $instant) as received_at,"
        " strftime(withdrawn_at at time zone 'UTC', $instant) as withdrawn_at,"
        " is_partial, is_synthetic, confirmed_because, rows_accepted, rows_quarantined from marts.delivery"
        " order by extract, source, first_month, revision, sha256, delivery_id",
        {"instant": "%Y-%m-%dT%H:%M:%S+00:00"},
    )
    columns = [column[0] for column in found.description]
    deliveries = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    (targets_version,) = _one(
        build,
        "select md5(string_agg(targets::varchar, chr(10) order by target_id)) from seeds.targets as targets"
        " where known_from <= (select targets_known_on from landing.reporting_month)",
    )
    verdicts = build.execute(
        "select tier, verdict, count(*), count(*) filter (where is_provisional) from marts.scorecard"
        " group by tier, verdict order by all"
    ).fetchall()
    reasons = _provisional_reasons(build)
    described = {
        "reporting_month": month.isoformat(),
        "code_version": _code_version(),
        "data_kind": "synthetic sample" if any(d["is_synthetic"] for d in deliveries if _is_used(d)) else "real",
        "status": "provisional" if reasons else "final",
        "provisional_because": "; ".join(reasons) or None,
        "targets_known_on": known_on.isoformat(),
        "targets_version": targets_version,
        "content_hash": marts_hash,
        "verdicts": [dict(zip(("tier", "verdict", "count", "provisional"), row, strict=True)) for row in verdicts],
        "deliveries": deliveries,
    }
    labels = [str(described[name]) for name in ("data_kind", "status", "provisional_because", "targets_known_on")]
    described["content_hash"] = hashlib.md5(" ".join([marts_hash, *labels, digest_of_setters()]).encode()).hexdigest()
    return described


def digest_of_setters(code: Path = Path(__file__).parent) -> str:
    """Of the code that writes what lies beside the tables of a release, with its templates."""
    files = sorted(path for name in SETTERS for path in [code / name, *(code / name).rglob("*")] if path.is_file())
    parts = [f"{path.relative_to(code)} {digest_of(path)}" for path in files if path.suffix != ".pyc"]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def _is_used(delivery: dict[str, Any]) -> bool:
    """Whether a figure rests on a delivery."""
    return delivery["status"] in ("current", "partly superseded")


def _packages() -> dict[str, str]:
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {"python": platform.python_version(), **versions}


def _provisional_reasons(build: duckdb.DuckDBPyConnection) -> list[str]:
    """Every extract that has not wholly reached the month, what else of the kind the scorecard's figures rest on, and
    how many verdicts the quarantined rows could change."""
    rows = build.execute(
        # The words of the macro `provisional_because`: those on quarantined rows differ by their number alone.
        "with said as (select unnest(string_split(provisional_because, '; ')) as because from marts.scorecard),"
        " kinds as (select because, because like '%could change it' as of_quarantine from said)"
        " select because, 0 as verdicts from kinds where not of_quarantine"
        " union select because, 0 from intermediate.int_late_month"
        " where input in (select extract from landing.extract)"
        " and period_month = (select reporting_month from landing.reporting_month)"
        " union select 'quarantined rows could change ', count(*) from kinds where of_quarantine having count(*) > 0"
        " order by verdicts, because"
    ).fetchall()
    return [because + (f"{verdicts} verdict{'s' * (verdicts > 1)}" if verdicts else "") for because, verdicts in rows]


def _scorecard_month(build: duckdb.DuckDBPyConnection) -> str:
    return str(_one(build, "select max(reporting_month)::varchar from marts.scorecard")[0])


def _write_database(
    build: duckdb.DuckDBPyConnection,
    path: Path,
    documented: dict[str, dict[str, Any]],
    manifest: dict[str, Any],
) -> dict[str, Table]:
    """Write every table with its comments; returns the rows and digests of those that are no marts."""
    build.execute(f"attach {_text(str(path))} as release_file (storage_version '{STORAGE_VERSION}')")
    tables = {**documented, **OWN_TABLES}
    build.begin()
    for name in documented:
        build.execute(f"create table release_file.main.{name} as select * from marts.{name} order by all")
    for name, table in OWN_TABLES.items():
        columns = ", ".join(f"{column} {kind}" for column, (kind, _, _) in table["columns"].items())
        build.execute(f"create table release_file.main.{name} ({columns})")
    hashes = [delivery["sha256"] for delivery in manifest["deliveries"] if _is_used(delivery)]
    row = [hashes if column == "delivery_hashes" else manifest[column] for column in OWN_TABLES["release"]["columns"]]
    build.execute(f"insert into release_file.main.release values ({', '.join('?' for _ in row)})", row)
    meanings = [*_dictionary(tables), *dictionary_rows(tables)]
    build.executemany("insert into release_file.main.data_dictionary values (?, ?, ?, ?, ?)", meanings)
    ledger.fill_tables(build, path.parents[2], "release_file.main")
    for name, table in tables.items():
        build.execute(f"comment on table release_file.main.{name} is {_text(table['description'])}")
        for column, (_, meaning, unit) in table["columns"].items():
            comment = _text(f"{meaning} [{unit}]")
            build.execute(f"comment on column release_file.main.{name}.{column} is {comment}")
    own = content_of(build, "release_file.main", OWN_TABLES)
    build.commit()
    build.execute("detach release_file")
    return own


def _dictionary(tables: dict[str, dict[str, Any]]) -> list[tuple[str, str | None, str, str | None, str]]:
    rows: list[tuple[str, str | None, str, str | None, str]] = []
    for name, table in sorted(tables.items()):
        rows.append((name, None, table["description"], None, table["source"]))
        rows += [
            (name, column, meaning, unit, table["source"]) for column, (_, meaning, unit) in table["columns"].items()
        ]
    return rows


def point_at(warehouse: Path, folder: Path) -> None:
    """Repoint `current` in one step: readers that have the old one open keep it."""
    beside = warehouse / ".current"
    beside.unlink(missing_ok=True)
    beside.symlink_to(folder.relative_to(warehouse))
    beside.replace(warehouse / "current")
    flush(warehouse)


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    if row is None:
        raise LookupError(f"no row from: {query}")
    return row


def _text(content: str) -> str:
    return "'" + content.replace("'", "''") + "'"


def _code_version() -> str:
    """The commit the code is at, with `-dirty` when it was changed since; `unversioned` outside a checkout."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or "unversioned"
