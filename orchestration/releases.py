"""Releases that are there: `make releases`, `make rollback`, `make verify`, `make rebuild`.

Here: listing them, pointing `current` at an earlier one, holding one against its manifest, building one again.
Belongs here: what a person at a terminal needs of published releases.
Does not belong here: how a release is made and which are kept (`publishing.py`), what releases said (`ledger.py`).
"""

import argparse
import datetime as dt
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from orchestration.folders import ROOT, warehouse_folder
from orchestration.guard import NotStarted, only_refresh
from orchestration.landing.delivery import Delivery, read_record, write_json, write_record
from orchestration.landing.store import ACCEPTED_ROWS, RECORD, REFUSAL, WITHDRAWAL, Landing
from orchestration.ledger import LedgerDamaged, read_entries
from orchestration.publishing import (
    DATABASE,
    OWN_TABLES,
    content_of,
    damages,
    month_and_number,
    point_at,
    read_manifest,
    whole_manifest,
)

# Where a release is built again: in the warehouse, so that the rows are linked and not copied.
SCRATCH = "rebuild"


def main() -> None:
    """List, roll back to, verify or rebuild releases; exit 1 with the reason when it cannot be, or does not hold."""
    parser = argparse.ArgumentParser(prog="releases", description=main.__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every release, newest month first")
    for name, words in (
        ("rollback", "point `current` at an earlier release"),
        ("verify", "hold a release against its manifest (default: the current one)"),
        ("rebuild", "build a release again from its deliveries, and compare"),
    ):
        command = commands.add_parser(name, help=words)
        command.add_argument("--release", required=name != "verify", help="like 2008-12_r1")
    arguments = parser.parse_args()
    warehouse = warehouse_folder()
    try:
        match arguments.command:
            case "list":
                _list(warehouse)
            case "rollback":
                roll_back(warehouse, arguments.release)
            case "verify":
                _verify(warehouse, arguments.release or _current(warehouse))
            case "rebuild":
                _rebuild(warehouse, arguments.release)
    except NotStarted as held:
        sys.exit(str(held))


def _list(warehouse: Path) -> None:
    folders = [path for path in (warehouse / "releases").glob("[!.]*") if month_and_number(path.name)]
    current = _current(warehouse)
    print(f"{'release':<16}{'month':<9}{'built':<18}{'data':<18}{'status':<13}{'MB':>6}")
    for folder in sorted(folders, key=lambda path: month_and_number(path.name), reverse=True):
        ((month, _),) = month_and_number(folder.name)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1024**2
        manifest = whole_manifest(folder)
        if manifest:
            built = dt.datetime.fromisoformat(manifest["built_at"]).strftime("%Y-%m-%d %H:%M")
            said = f"{built:<18}{manifest['data_kind']:<18}{manifest['status']:<13}"
        else:
            said = f"{'damaged':<49}"
        print(f"{folder.name:<16}{month:<9}{said}{size:>6.1f}{'  current' if folder.name == current else ''}")
    print(f"In {warehouse / 'releases'}: {len(folders)}.")


def _current(warehouse: Path) -> str:
    """The name of the release that `current` points to; none that exists when it points to none."""
    current = warehouse / "current"
    return current.readlink().name if current.is_symlink() else "current"


def _folder(warehouse: Path, release_id: str) -> Path:
    folder = warehouse / "releases" / release_id
    if not month_and_number(release_id) or not folder.is_dir():
        sys.exit(f"No release is called «{release_id}». `make releases` lists them.")
    return folder


def roll_back(warehouse: Path, release_id: str) -> None:
    """Point `current` at a release that is whole, while no refresh holds the warehouse."""
    folder = _folder(warehouse, release_id)
    with only_refresh(warehouse):
        manifest = whole_manifest(folder)
        if manifest is None:
            sys.exit(f"Not rolled back: {release_id} is damaged. `make verify RELEASE={release_id}` says where.")
        before = _current(warehouse)
        point_at(warehouse, folder)
    print(f"current was {before} and is now {release_id} ({manifest['data_kind']}, {manifest['status']}).")
    print("Nothing else has changed: the next refresh points it at the release it makes, or finds unchanged.")


def _verify(warehouse: Path, release_id: str) -> None:
    found = violations(warehouse, _folder(warehouse, release_id))
    if found:
        sys.exit("\n".join([f"{release_id} is not as it was published:", *found]))
    print(f"{release_id} is as it was published: every file, table and number of rows its manifest names.")


def violations(warehouse: Path, folder: Path) -> list[str]:
    """What of a release is not as its manifest says: files, the release its tables name, their rows and content, its
    entry in the ledger."""
    manifest = read_manifest(folder)
    if manifest is None:
        return ["manifest.json is missing or cannot be read"]
    if found := damages(folder, manifest):
        return found
    with duckdb.connect(str(folder / DATABASE), read_only=True) as database:
        tables = [name for (name,) in database.execute("select table_name from duckdb_tables()").fetchall()]
        content = content_of(database, "main", tables)
        named = database.execute(
            "select release_id, content_hash, (select max_by(release_id, published_at) from fct_reported_verdict)"
            " from release"
        ).fetchall()
    wrong = []
    # The public edition repeats what the force's releases said, up to the one it was made from.
    spoken_last = manifest.get("made_from", folder.name)
    if named != [(folder.name, manifest["content_hash"], spoken_last)] or manifest["release_id"] != folder.name:
        wrong.append("its tables or its manifest name another release, or other content")
    wrong += [f"table {name} is not in the manifest" for name in sorted(content.keys() - manifest["tables"].keys())]
    hashed_alike = manifest["packages"]["duckdb"] == duckdb.__version__
    for name, expected in manifest["tables"].items():
        got = content.get(name, {"rows": "no", "content_hash": None})
        if got["rows"] != expected["rows"]:
            wrong.append(f"table {name} has {got['rows']} rows in place of {expected['rows']}")
        elif hashed_alike and got["content_hash"] != expected["content_hash"]:
            wrong.append(f"table {name} has other content")
    if manifest.get("audience") != "public":
        try:
            read_entries(warehouse, {folder.name: manifest["ledger_entry"]})
        except LedgerDamaged as damaged:
            wrong.append(str(damaged))
    return wrong


def _rebuild(warehouse: Path, release_id: str) -> None:
    folder = _folder(warehouse, release_id)
    manifest = whole_manifest(folder)
    if manifest is None:
        sys.exit(f"Not rebuilt: {release_id} is damaged. `make verify RELEASE={release_id}` says where.")
    with _scratch(warehouse, manifest) as scratch:
        month = manifest["reporting_month"][:7]
        print(f"Building {release_id} again from its {len(manifest['deliveries'])} deliveries", flush=True)
        ended = subprocess.run(
            [sys.executable, "-m", "orchestration.refresh", "--month", month]
            + ["--known-on", manifest["targets_known_on"]],
            cwd=ROOT,
            env={**os.environ, "RAW_DIR": str(scratch / "raw"), "WAREHOUSE_DIR": str(scratch)},
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            sys.exit(f"Not rebuilt: the refresh of its deliveries failed.\n{ended.stderr.strip()}")
        apart = _tables_apart(folder / DATABASE, scratch / "current" / DATABASE)
        rebuilt = read_manifest(scratch / "current") or {}
    for name in ("code_version", "packages"):
        if rebuilt[name] != manifest[name]:
            print(f"Its {name.replace('_', ' ')} was {manifest[name]}, and is {rebuilt[name]} now.")
    if apart:
        sys.exit("\n".join([f"{release_id} comes out otherwise. These tables differ:", *apart]))
    print(f"{release_id} comes out the same: every mart has the same content.")


def _tables_apart(published: Path, rebuilt: Path) -> list[str]:
    """The marts that do not have the same rows in two databases, both hashed by this version of DuckDB."""
    contents = []
    for path in (published, rebuilt):
        with duckdb.connect(str(path), read_only=True) as database:
            tables = [name for (name,) in database.execute("select table_name from duckdb_tables()").fetchall()]
            contents.append(content_of(database, "main", [name for name in tables if name not in OWN_TABLES]))
    before, after = contents
    return [name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]


@contextmanager
def _scratch(warehouse: Path, manifest: dict[str, Any]) -> Iterator[Path]:
    """A warehouse with the deliveries of a release as they stood, and nothing waiting in `raw/`; deleted at the end."""
    scratch = warehouse / SCRATCH
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / "raw").mkdir(parents=True)
    try:
        # What landed is never edited, but a refresh may be moving it into place.
        with only_refresh(warehouse):
            for delivery in manifest["deliveries"]:
                _stand(Landing(warehouse), Landing(scratch), delivery)
        yield scratch
    finally:
        shutil.rmtree(scratch)


def _stand(landing: Landing, scratch: Landing, was: dict[str, Any]) -> None:
    """Put one delivery into the scratch landing as it stood when the release was made."""
    named = ("delivery_id", "extract", "file_name", "sha256", "revision", "received_at")
    if was["status"] == "refused":
        folder = scratch.quarantine / was["extract"] / was["delivery_id"]
        folder.mkdir(parents=True)
        declared = {name: was[name] for name in ("source", "is_partial", "is_synthetic", "confirmed_because", "reason")}
        refused = Delivery(**{name: was[name] for name in named}, file_sha256="", status="refused", **declared)
        write_record(folder / REFUSAL, refused)
        return
    landed = landing.folder / was["extract"] / was["delivery_id"]
    if not landed.is_dir():
        sys.exit(
            f"Not rebuilt: {was['extract']}/{was['file_name']} ({was['delivery_id']}) is no longer in {landing.folder}."
            " Restore it from a backup and run again."
        )
    folder = scratch.folder / was["extract"] / was["delivery_id"]
    folder.mkdir(parents=True)
    os.link(landed / ACCEPTED_ROWS, folder / ACCEPTED_ROWS)
    write_record(folder / RECORD, replace(read_record(landed / RECORD), **{name: was[name] for name in named}))
    if was["status"] == "withdrawn":
        write_json(folder / WITHDRAWAL, {"reason": was["reason"], "withdrawn_at": was["withdrawn_at"]})


if __name__ == "__main__":
    main()
