"""Publishing: from a green build to a numbered release that readers can rely on.

Here: the release folder, its database, its manifest, and the repointing of `current`.
Belongs here: what is written under `warehouse/releases`.
Does not belong here: what a figure is (`dbt_project/models/marts`).

A release is a copy, written beside the others, frozen, renamed into place and then pointed at: a reader never waits,
and never sees part of one.
"""

import datetime as dt
import hashlib
import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.guard import BUILD, BUILDING

DATABASE = "performance.duckdb"
MANIFEST = "manifest.json"
# Readable by every DuckDB client from 1.2 on.
STORAGE_VERSION = "v1.2.0"
# When a delivery was first read, or withdrawn, says nothing about its content.
NOT_CONTENT = {"delivery": {"received_at", "withdrawn_at"}}

OWN_TABLES: dict[str, dict[str, Any]] = {
    "release": {
        "description": "This release: one row.",
        "source": "the refresh that built it",
        "columns": {
            "release_id": ("varchar", "reporting month and number of the release", "identifier"),
            "reporting_month": ("date", "the last month the release holds", "month"),
            "built_at": ("timestamp with time zone", "when it was built", "instant"),
            "code_version": ("varchar", "version of the code that built it", "identifier"),
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
            "content_hash": ("varchar", "digest of every table but this one, and of how it is labelled", "identifier"),
        },
    },
    "data_dictionary": {
        "description": "Every table and column of the release.",
        "source": "the dbt project",
        "columns": {
            "table_name": ("varchar", "the table", "identifier"),
            "column_name": ("varchar", "the column; null for the table itself", "identifier"),
            "meaning": ("varchar", "what it holds", "words"),
            "unit": ("varchar", "its unit", "words"),
            "source": ("varchar", "where it comes from", "words"),
        },
    },
}


@dataclass(frozen=True)
class Release:
    """A published release; `is_new` is False when the refresh changed nothing. `damaged` names the folders of its
    month that are no whole release any more."""

    release_id: str
    folder: Path
    is_new: bool
    manifest: dict[str, Any]
    damaged: list[str]


def publish(warehouse: Path, dbt_manifest: Path, month: str, built_at: dt.datetime) -> Release:
    """Copy the marts of `build.duckdb`, built for `month` ("2008-12"), into a release and point `current` at it.

    When a release of the reporting month with the same content exists and is its newest, `current` is pointed at
    that one and no number is used.
    """
    releases = warehouse / "releases"
    releases.mkdir(parents=True, exist_ok=True)
    documented = _documented_tables(dbt_manifest)
    with duckdb.connect(str(warehouse / BUILD)) as build:
        described = _describe(build, _content_hash(build, sorted(documented)))
        content_hash = described["content_hash"]
        if {described["reporting_month"], _scorecard_month(build)} != {f"{month}-01"}:
            raise RuntimeError(f"The build is not of {month}: refresh the whole of it, then publish.")
        numbered = numbered_releases(releases, month)
        manifests = {number: manifest for number, folder in numbered.items() if (manifest := whole_manifest(folder))}
        damaged = [folder.name for number, folder in sorted(numbered.items()) if number not in manifests]
        newest = max(manifests, default=0)
        if newest and manifests[newest]["content_hash"] == content_hash:
            _point_at(warehouse, numbered[newest])
            return Release(numbered[newest].name, numbered[newest], False, manifests[newest], damaged)
        # The number of a damaged release stays taken: somebody may have read it when it was whole.
        release_id = f"{month}_r{max(numbered, default=0) + 1}"
        manifest = {"release_id": release_id, "built_at": built_at.isoformat(timespec="seconds"), **described}
        building = releases / f"{BUILDING}{release_id}"
        building.mkdir()
        manifest["row_counts"] = _write_database(build, building / DATABASE, documented, manifest)
    # Whoever may enter the warehouse may read a release, though not the rows beside it.
    for folder in (releases, building):
        folder.chmod(0o755)
    manifest["database_sha256"] = _digest(building / DATABASE)
    (building / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    for path in (building / MANIFEST, building / DATABASE):
        path.chmod(0o444)
        _flush(path)
    _flush(building)
    final = releases / release_id
    building.rename(final)
    _flush(releases)
    _point_at(warehouse, final)
    return Release(release_id, final, True, manifest, damaged)


def numbered_releases(releases: Path, month: str) -> dict[int, Path]:
    """The releases of a reporting month ("2008-12") by their number, whole or not."""
    return {
        int(found[1]): folder
        for folder in releases.iterdir()
        if (found := re.fullmatch(rf"{month}_r(\d+)", folder.name))
    }


def whole_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a release whose database is the one that was published; None when anything of it is damaged."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        is_whole = manifest["database_sha256"] == _digest(folder / DATABASE)
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None
    # DuckDB replays a log that lies beside a database, or refuses to open it: no release has one.
    return manifest if is_whole and not (folder / f"{DATABASE}.wal").exists() else None


def _documented_tables(dbt_manifest: Path) -> dict[str, dict[str, Any]]:
    """Table → description, source and columns (type, meaning, unit), from the marts of the dbt project."""
    nodes = json.loads(dbt_manifest.read_text(encoding="utf-8"))["nodes"].values()
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
        for node in nodes
        if node["resource_type"] == "model" and node["schema"] == "marts"
    }


def _content_hash(build: duckdb.DuckDBPyConnection, tables: list[str]) -> str:
    """A digest of every row of every mart, whatever their order, as this version of DuckDB hashes them: another version
    publishes the same marts once more."""
    digests = []
    for table in tables:
        left_out = ", ".join(sorted(NOT_CONTENT.get(table, set())))
        exclude = f" exclude ({left_out})" if left_out else ""
        digests.append(
            f"select '{table}' as name, count(*) as row_count,"
            " sum(hash(content)::hugeint) as digest"
            f" from (select *{exclude} from marts.{table}) as content"
        )
    query = " union all ".join(digests)
    lines = f"select md5(string_agg(name || row_count || coalesce(digest, 0), ',' order by name)) from ({query})"
    return str(_one(build, lines)[0])


def _describe(build: duckdb.DuckDBPyConnection, marts_hash: str) -> dict[str, Any]:
    """What a release says of itself, from the deliveries its figures rest on."""
    month, known_on = _one(build, "select reporting_month, targets_known_on from landing.reporting_month")
    deliveries = build.execute(
        "select extract, source, file_name, revision, sha256, rows_accepted, rows_quarantined, is_synthetic"
        " from marts.delivery where status in ('current', 'partly superseded')"
        " order by extract, source, first_month, revision, sha256"
    )
    columns = [column[0] for column in deliveries.description]
    used = [dict(zip(columns, row, strict=True)) for row in deliveries.fetchall()]
    verdicts = build.execute(
        "select tier, verdict, count(*), count(*) filter (where is_provisional) from marts.scorecard"
        " group by tier, verdict order by all"
    ).fetchall()
    reasons = _provisional_reasons(build)
    described = {
        "reporting_month": month.isoformat(),
        "code_version": _code_version(),
        "data_kind": "synthetic sample" if any(d["is_synthetic"] for d in used) else "real",
        "status": "provisional" if reasons else "final",
        "provisional_because": "; ".join(reasons) or None,
        "targets_known_on": known_on.isoformat(),
        "content_hash": marts_hash,
        "verdicts": [dict(zip(("tier", "verdict", "count", "provisional"), row, strict=True)) for row in verdicts],
        "deliveries": used,
    }
    labels = [str(described[name]) for name in ("data_kind", "status", "provisional_because", "targets_known_on")]
    described["content_hash"] = hashlib.md5(" ".join([marts_hash, *labels]).encode()).hexdigest()
    return described


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
) -> dict[str, int]:
    """Write every table with its comments; returns the number of rows of each."""
    build.execute(f"attach {_text(str(path))} as release_file (storage_version '{STORAGE_VERSION}')")
    tables = {**documented, **OWN_TABLES}
    build.begin()
    for name in documented:
        build.execute(f"create table release_file.main.{name} as select * from marts.{name} order by all")
    for name, table in OWN_TABLES.items():
        columns = ", ".join(f"{column} {kind}" for column, (kind, _, _) in table["columns"].items())
        build.execute(f"create table release_file.main.{name} ({columns})")
    hashes = [delivery["sha256"] for delivery in manifest["deliveries"]]
    row = [hashes if column == "delivery_hashes" else manifest[column] for column in OWN_TABLES["release"]["columns"]]
    build.execute(f"insert into release_file.main.release values ({', '.join('?' for _ in row)})", row)
    build.executemany("insert into release_file.main.data_dictionary values (?, ?, ?, ?, ?)", _dictionary(tables))
    for name, table in tables.items():
        build.execute(f"comment on table release_file.main.{name} is {_text(table['description'])}")
        for column, (_, meaning, unit) in table["columns"].items():
            comment = _text(f"{meaning} [{unit}]")
            build.execute(f"comment on column release_file.main.{name}.{column} is {comment}")
    counts = {name: int(_one(build, f"select count(*) from release_file.main.{name}")[0]) for name in sorted(tables)}
    build.commit()
    build.execute("detach release_file")
    return counts


def _dictionary(tables: dict[str, dict[str, Any]]) -> list[tuple[str, str | None, str, str | None, str]]:
    rows: list[tuple[str, str | None, str, str | None, str]] = []
    for name, table in sorted(tables.items()):
        rows.append((name, None, table["description"], None, table["source"]))
        rows += [
            (name, column, meaning, unit, table["source"]) for column, (_, meaning, unit) in table["columns"].items()
        ]
    return rows


def _point_at(warehouse: Path, folder: Path) -> None:
    """Repoint `current` in one step: readers that have the old one open keep it."""
    beside = warehouse / ".current"
    beside.unlink(missing_ok=True)
    beside.symlink_to(folder.relative_to(warehouse))
    beside.replace(warehouse / "current")
    _flush(warehouse)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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
