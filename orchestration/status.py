"""How things stand, in one page: `make status`; and for monitoring, in its first line and its exit status.

Here: what is looked at, and how bad each finding is.
Belongs here: what the person on call wants to know before anything else.
Does not belong here: looking at `raw/` (`arrival.py`), days (`timetable.py`), mending anything. Dagster is not
imported: it takes seconds to load, and may be what is down.
"""

import argparse
import datetime as dt
import enum
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration import alerts
from orchestration.arrival import Look, look
from orchestration.folders import raw_folder, warehouse_folder
from orchestration.guard import BUILD, PUBLIC, holder
from orchestration.landing.delivery import Damaged
from orchestration.public_edition import wanted_audience
from orchestration.publishing import (
    month_and_number,
    read_manifest,
    strays,
    whole_manifest,
)
from orchestration.run_summary import kept_summary
from orchestration.timetable import Late, last_month, late_extracts, timetable

# Set 2026-11-30: a refresh takes minutes, and the sensor looks each minute; what lies longer has been forgotten.
WAITING_TOO_LONG = dt.timedelta(days=1)
# Set 2026-11-30: room for so many refreshes is time to make more.
REFRESHES_AHEAD = 5
MOST_NAMES = 5
OVERDUE = "Overdue"

# Of a release that is whole.
Manifest = dict[str, Any] | None


class Level(enum.IntEnum):
    """How bad it is, as monitoring programs number it. At `UNKNOWN` nothing could be seen."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


@dataclass(frozen=True)
class Finding:
    """One line of the page; `said` is whole without its title."""

    title: str
    said: str
    level: Level = Level.OK


def main() -> None:
    """Print how things stand; exit 0 when all is well, 1 for a warning, 2 when somebody must act, 3 when unknown."""
    parser = argparse.ArgumentParser(prog="status", description=main.__doc__)
    parser.add_argument("--at", type=dt.datetime.fromisoformat, help="as if it were then, like 2009-04-20T09:00+01:00")
    arguments = parser.parse_args()
    now = (arguments.at or dt.datetime.now()).astimezone(dt.UTC)
    try:
        found = findings(raw_folder(), warehouse_folder(), now)
    except (OSError, ValueError, sqlite3.Error) as error:
        # Of another user's folder, say, or of a working day that is none.
        found = [Finding("Status", f"not to be seen: {error}", Level.UNKNOWN)]
    print("\n".join(page(found)))
    sys.exit(max(finding.level for finding in found))


def page(found: list[Finding]) -> list[str]:
    """The lines: first how bad it is and why, then every finding, those that are not well marked."""
    worst = max(finding.level for finding in found)
    why = [finding.said.splitlines()[0] for finding in found if finding.level == worst]
    lines = [f"{worst.name}: {'; '.join(why) if worst else why[0]}", ""]
    for finding in found:
        mark = " " if finding.level == Level.OK else "!"
        lines += f"{mark} {finding.title:<12}{finding.said}".replace("\n", f"\n{'':14}").splitlines()
    return lines


def findings(raw: Path, warehouse: Path, now: dt.datetime) -> list[Finding]:
    """How everything stands at an instant; reads, and changes nothing."""
    manifest = whole_manifest(warehouse / "current")
    found = [*_release(warehouse, manifest, now), *_overdue(warehouse, manifest, now), *_public(warehouse, manifest)]
    if not warehouse.is_dir():
        return found
    # To look would make the folders.
    if missing := [folder for folder in (raw, warehouse / "landing") if not folder.is_dir()]:
        found.append(Finding("Waiting", f"not to be seen: there is no {missing[0]}", Level.CRITICAL))
    else:
        found += _arrived(raw, warehouse, now)
    return [*found, *_last_run(warehouse), *_machine(warehouse), *_alerts(warehouse)]


def _release(warehouse: Path, manifest: Manifest, now: dt.datetime) -> Iterator[Finding]:
    current = warehouse / "current"
    if manifest:
        built = dt.datetime.fromisoformat(manifest["built_at"])
        said = f"{manifest['release_id']}, {manifest['status']}, {manifest['data_kind']}, built {_when(built, now)}"
        yield Finding("Release", said)
        if manifest["provisional_because"]:
            yield Finding("Provisional", manifest["provisional_because"])
    elif current.is_symlink():
        remedy = "`make releases` lists the others, `make rollback` goes back to one, `make refresh` makes one"
        yield Finding("Release", f"{current.readlink().name} is damaged; {remedy}", Level.CRITICAL)
    else:
        yield Finding("Release", "there is none yet: `make refresh` makes the first", Level.CRITICAL)
    releases = {folder: read_manifest(folder) for folder in _releases(warehouse)}
    newest = max((found for found in releases.values() if found), key=lambda found: found["built_at"], default=None)
    if manifest and newest and newest["built_at"] > manifest["built_at"]:
        name = newest["release_id"]
        said = f"{name} was made after it; `make rollback RELEASE={name}` points readers there"
        yield Finding("Newer", said, Level.WARNING)
    damaged = [folder.name for folder, found in releases.items() if found is None or strays(folder, found)]
    others = sorted(set(damaged) - ({current.readlink().name} if current.is_symlink() else set()))
    if others:
        yield Finding(
            "Damaged", f"{_listed(others)}: restore from a backup, or leave; `make verify` says what", Level.WARNING
        )


def _releases(warehouse: Path) -> list[Path]:
    return [folder for folder in (warehouse / "releases").glob("[!.]*") if month_and_number(folder.name)]


def _overdue(warehouse: Path, manifest: Manifest, now: dt.datetime) -> list[Finding]:
    """That readers have no release as late as is due at an instant; `manifest` is that of `current`, when it is whole.
    Nothing when they have."""
    days, has = timetable(), {dt.date.fromisoformat(manifest["reporting_month"])} if manifest else set()
    month = days.overdue_release(has, now)
    if month is None:
        return []
    said = f"readers have no release of {month:%Y-%m}, which was due by {days.release_due(month):%Y-%m-%d}"
    there = sorted(folder.name for folder in _releases(warehouse) if folder.name[:7] >= f"{month:%Y-%m}")
    if there:
        said += f"\nthere is {_listed(there)}: `make rollback RELEASE=…` points readers to one, if it is whole"
    return [Finding(OVERDUE, said, Level.CRITICAL)]


def _public(warehouse: Path, manifest: Manifest) -> Iterator[Finding]:
    """Of a warehouse that has a public edition, or is to have one: whether it is that of the release readers have."""
    current = warehouse / PUBLIC / "current"
    # While a refresh is under way it may be on its way.
    if not manifest or not (current.is_symlink() or wanted_audience() == "public") or holder(warehouse):
        return
    edition = whole_manifest(current)
    if edition and edition["made_from"] == manifest["release_id"]:
        yield Finding("Public", f"the public edition {edition['release_id']} is made from {manifest['release_id']}")
        return
    stands = f"made from {edition['made_from']}" if edition else "damaged" if current.is_symlink() else "not there"
    said = f"the public edition is {stands}, and {manifest['release_id']} is current: `AUDIENCE=public make refresh`"
    yield Finding("Public", said, Level.CRITICAL)


def looked(raw: Path, warehouse: Path) -> Look:
    """What lies in `raw/`; a file counts as whole when it has not changed between two looks. Raises `Damaged`."""
    first = look(raw, warehouse, {})
    return look(raw, warehouse, first.seen) if first.arriving else first


def _arrived(raw: Path, warehouse: Path, now: dt.datetime) -> list[Finding]:
    try:
        seen = looked(raw, warehouse)
    except Damaged as damaged:
        return [Finding("Landing", str(damaged), Level.CRITICAL)]
    return [*_deliveries(raw, warehouse, seen, now), *_late(seen, now)]


def _deliveries(raw: Path, warehouse: Path, seen: Look, now: dt.datetime) -> Iterator[Finding]:
    refused = {f"{d.extract}/{d.file_name}" for d in seen.refused}
    new = [name for file in seen.new if (name := f"{file.extract}/{file.file_name}") not in refused]
    waiting = sorted([*new, *seen.arriving])
    since = [(raw / name).stat().st_ctime for name in waiting if (raw / name).exists()]
    is_forgotten = bool(since) and now.timestamp() - min(since) > WAITING_TOO_LONG.total_seconds()
    said = f"in raw/, not taken in yet: {_counted(waiting)}"
    yield Finding("Waiting", said, Level.WARNING if is_forgotten else Level.OK)
    if refused:
        reasons = [f"{d.extract}/{d.file_name} {d.reason}" for d in seen.refused][:MOST_NAMES]
        said = f"in raw/, refused: {_counted(sorted(refused))}; `make quarantine` says why and what mends it"
        yield Finding("Refused", "\n".join([said, *reasons]), Level.CRITICAL)
    manifest = read_manifest(warehouse / "current") or {"deliveries": []}
    in_release = {d["delivery_id"]: d["status"] for d in manifest["deliveries"]}
    taken_back = [
        f"{d.extract}/{d.file_name}"
        for d in seen.on_record
        if d.status == "withdrawn" and in_release.get(d.delivery_id) in ("current", "partly superseded")
    ]
    if taken_back:
        said = f"withdrawn, and the release still rests on it: {_counted(taken_back)}; `make refresh` makes one without"
        yield Finding("Withdrawn", said, Level.WARNING)
    aside = [
        d.rows_quarantined
        for d in seen.on_record
        if d.status == "landed"
        and d.rows_quarantined
        # What landed since is in no release; what is superseded needs no mending.
        and in_release.get(d.delivery_id, "current") in ("current", "partly superseded")
    ]
    said = f"in quarantine: {sum(aside):,} rows of {len(aside):,} deliveries"
    yield Finding("Set aside", said + ("; `make quarantine` lists them" if aside else ""))


def _late(seen: Look, now: dt.datetime) -> Iterator[Finding]:
    """What is late for the month that has ended, and for the one before it: the next is not due for some days."""
    month = last_month(now)
    late: dict[str, Late] = {}
    for of in (last_month(month), month):
        for each in late_extracts(of, seen.delivered, now):
            late.setdefault(each.extract.name, each)
    lines = [f"extracts late: {len(late) or 'none'}", *map(str, late.values())]
    yield Finding("Late", "\n".join(lines), Level.WARNING if late else Level.OK)


def _last_run(warehouse: Path) -> Iterator[Finding]:
    by = holder(warehouse)
    if by:
        yield Finding("Running", f"the warehouse is held: {by}")
    history = warehouse / "dagster" / "history" / "runs.db"
    if not history.is_file():
        yield Finding("Last run", "the last run: none yet")
        return
    with closing(sqlite3.connect(f"{history.as_uri()}?mode=ro", uri=True)) as runs:
        row = runs.execute(
            "select run_id, status, partition, coalesce(start_time, unixepoch(create_timestamp)), end_time from runs"
            " order by id desc limit 1"
        ).fetchone()
    if row is None:
        yield Finding("Last run", "the last run: none yet")
        return
    run_id, status, month, began, ended = row
    kept = kept_summary(warehouse, run_id) or {}
    started = f"{dt.datetime.fromtimestamp(began):%Y-%m-%d %H:%M}"
    what = f"of {month}" if month else "to take in deliveries"
    run = f"the last run, {what}, begun {started} by {kept.get('started_by') or 'hand'},"
    if status == "SUCCESS":
        yield Finding("Last run", f"{run} ended well after {ended - began:,.0f} s")
    elif status in ("FAILURE", "CANCELED"):
        reasons = list(kept.get("failed_steps", {}).values()) or [f"it was killed or cancelled ({status})"]
        yield Finding("Last run", "\n".join([f"{run} failed", *reasons]), Level.CRITICAL)
    elif by:
        yield Finding("Last run", f"{run} is under way")
    else:
        yield Finding("Last run", f"{run} has not ended and is not alive: the next one carries on", Level.WARNING)


def _machine(warehouse: Path) -> Iterator[Finding]:
    places = ("releases", BUILD, "landing", "quarantine", "ledger", "dagster", "runs", "dbt")
    sizes = {place: _size(warehouse / place) for place in places}
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:3]
    named = ", ".join(f"{place} {_megabytes(size)}" for place, size in largest)
    free = shutil.disk_usage(warehouse).free
    # The build, should it have to be made anew, and another release. After a restore there is none yet.
    build = sizes[BUILD] or (read_manifest(warehouse / "current") or {}).get("build_bytes", 0)
    needed = build + _size((warehouse / "current").resolve())
    level = Level.CRITICAL if free < needed else Level.WARNING if free < REFRESHES_AHEAD * needed else Level.OK
    said = f"{_megabytes(sum(sizes.values()))} used ({named}), {_megabytes(free)} free"
    yield Finding("Disk", f"{said}; a refresh needs {_megabytes(needed)} at most", level)


def _size(path: Path) -> int:
    if not path.is_dir():
        return path.stat().st_size if path.exists() else 0
    return sum(
        entry.stat().st_size
        for folder, _, names in os.walk(path)
        for name in names
        if (entry := Path(folder, name)).exists()
    )


def _megabytes(size: int) -> str:
    return f"{size / 1024**2:,.0f} MB"


def _alerts(warehouse: Path) -> Iterator[Finding]:
    try:
        server = alerts.Server.configured(os.environ)
    except alerts.NotConfigured as fault:
        yield Finding("Alerts", f"alerts cannot be sent: {fault}", Level.WARNING)
        return
    if trouble := alerts.unsent(warehouse):
        yield Finding("Alerts", f"an alert could not be sent, {trouble}", Level.WARNING)
    elif server:
        yield Finding("Alerts", f"alerts go to {len(server.recipients)} recipients, by {server.host}")
    else:
        yield Finding("Alerts", "alerts are off in this environment: ALERTS_TO is not set")


def _when(built: dt.datetime, now: dt.datetime) -> str:
    days = (now.date() - built.date()).days
    ago = "today" if days == 0 else "yesterday" if days == 1 else f"{days:,} days ago" if days > 0 else "after that day"
    return f"{built.astimezone():%Y-%m-%d %H:%M} ({ago})"


def _counted(names: list[str]) -> str:
    files = "no file" if not names else "1 file" if len(names) == 1 else f"{len(names):,} files"
    return f"{files} ({_listed(names)})" if names else files


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


if __name__ == "__main__":
    main()
