"""What lies in `raw/` and has not been taken in, and what is to be run for it.

Here: a look at `raw/` beside the landing and the releases, which reads no row; and the one decision that the schedule
and the sensor share.
Belongs here: what is to be known before a run is started, and what is said when none is.
Does not belong here: days (`timetable.py`), starting runs (`schedules.py`, `sensors.py`), judging deliveries
(`landing/`).

A delivery is taken in as soon as it is whole, so that its sender hears of a fault on the day. A reporting month is
refreshed when it can be published by itself, and the latest published one again when a delivery for any month up to it
comes or is withdrawn: every figure of those months is in its release.
"""

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestration.extracts import EXTRACTS
from orchestration.landing.delivery import Damaged, Delivery, delivery_id, read_record
from orchestration.landing.identity import Identities, Identity, identify, times_of
from orchestration.landing.received import delivery_files, named_month
from orchestration.landing.standing import BESIDE_ANOTHER
from orchestration.landing.store import WITHDRAWAL, Landing
from orchestration.landing.table import shown
from orchestration.publishing import month_and_number, read_manifest
from orchestration.timetable import Delivered, Timetable, last_month

# Path → size and times of a file that the landing does not know, as they were at a look, and its identity once those
# were the same at two looks.
Seen = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class New:
    """A whole file in `raw/` that was not judged yet, or is to be judged again after it was refused at an instant."""

    extract: str
    file_name: str
    delivery_id: str
    refused_at: int = 0

    @property
    def month(self) -> dt.date | None:
        """The month its name states."""
        return named_month(self.file_name)


@dataclass(frozen=True)
class Look:
    """What was found: files still being written (`extract/name`), new ones, refused ones that lie in `raw/`, and the
    deliveries on record; the latest published month with the deliveries its newest release names (id → whether it was
    withdrawn by then)."""

    arriving: list[str]
    new: list[New]
    refused: list[Delivery]
    on_record: list[Delivery]
    published: dt.date | None
    in_release: Mapping[str, bool]
    seen: Seen = field(repr=False)

    @property
    def delivered(self) -> Delivered:
        """Extract → the months it landed for, or that the names of new files state."""
        months = landed_months(self.on_record)
        for file in self.new:
            if file.month:
                months.setdefault(file.extract, set()).add(file.month)
        return months

    def news_for(self, month: dt.date) -> list[str]:
        """Ids of what a release of a reporting month would know and the newest release does not."""
        recorded = [
            f"{d.delivery_id} {d.status}"
            for d in self.on_record
            if d.status != "refused"
            and any(of <= month for of in _months(d))
            and self.in_release.get(d.delivery_id) != (d.status == "withdrawn")
        ]
        return sorted(recorded + [f"{f.delivery_id} landed" for f in self.new if f.month and f.month <= month])


@dataclass(frozen=True)
class Wanted:
    """A run to be started: of a reporting month, or (without one) to take in what is new of some extracts."""

    month: dt.date | None
    extracts: list[str]
    because: str
    # Of what it would find: a run that ended is not started again for the same.
    digest: str


def look(raw: Path, warehouse: Path, seen: Seen) -> Look:
    """Look at `raw/`; a file counts as whole when its size and times are those of the look before, which left `seen`.

    Raises `Damaged` when a record of the landing cannot be read.
    """
    landing = Landing(warehouse)
    arriving, new, refused, now_seen = [], [], [], {}
    for extract in EXTRACTS:
        taken_in = Identities(landing.folder / extract)
        for path in delivery_files(raw / extract):
            identity = taken_in.known(path)
            if identity is None:
                identity, now_seen[str(path)] = _seen_twice(path, seen.get(str(path)))
            name = shown(path.name)
            if identity is None:
                arriving.append(f"{extract}/{name}")
                continue
            id = delivery_id(identity.sha256, identity.revision, name)
            refusal = landing.refusal(extract, id)
            if refusal.is_file():
                delivery = read_record(refusal)
                refused.append(delivery)
                if _may_pass_now(delivery, refusal, path.parent, landing):
                    new.append(New(extract, name, id, refusal.stat().st_mtime_ns))
            elif not landing.is_taken_in(extract, id):
                new.append(New(extract, name, id))
    published, in_release = _newest_release(warehouse / "releases")
    return Look(arriving, new, refused, landing.deliveries(), published, in_release, now_seen)


def wanted(found: Look, timetable: Timetable, now: dt.datetime) -> list[Wanted]:
    """The runs that are wanted at an instant for what was found, the first of them before the others.

    None while a file is still being written: a run reads every file there is.
    """
    if found.arriving:
        return []
    runs = []
    publishable = timetable.publishable_month(found.delivered, now)
    month = max((known for known in (publishable, found.published) if known), default=None)
    # A refused file stops the refresh before the release.
    if month and not found.refused:
        news = found.news_for(month)
        if month != found.published:
            said = f"{month:%Y-%m} can be published"
        else:
            said = (
                f"came or were withdrawn, of months up to {month:%Y-%m}, the latest published: {len(news)} deliveries"
            )
        if news or month != found.published:
            runs.append(Wanted(month, [], said, _digest([f"{month:%Y-%m}", *news])))
    if found.new:
        extracts = sorted({file.extract for file in found.new})
        said = f"new: {_listed([f'{file.extract}/{file.file_name}' for file in found.new])}"
        states = sorted(f"{file.delivery_id} {file.refused_at}" for file in found.new)
        runs.append(Wanted(None, extracts, said, _digest(states)))
    return runs


def to_mend(warehouse: Path, damaged: Damaged) -> list[Wanted]:
    """The run that lands a damaged delivery again from `raw/`, or says what to do: of the latest published month."""
    month, _ = _newest_release(warehouse / "releases")
    return [Wanted(month, [], f"to mend the landing: {damaged}", _digest([str(damaged)]))] if month else []


def waits(found: Look, timetable: Timetable, now: dt.datetime) -> str:
    """What is waited for at an instant, as far as it is to be seen here, in a sentence."""
    if found.arriving:
        return f"Still being written, or arrived a moment ago: {_listed(found.arriving)}."
    if found.refused:
        names = _listed([f"{d.extract}/{d.file_name}" for d in found.refused])
        return f"Refused, and still in raw/: {names}. Nothing is published until they are mended or taken out."
    month = last_month(now)
    if found.published and found.published >= month:
        return f"{found.published:%Y-%m} is published."
    missing = timetable.waits_for(month, found.delivered, now)
    return f"{month:%Y-%m} waits for {', '.join(extract.name for extract in missing) or 'nothing'}."


def landed_months(deliveries: Iterable[Delivery]) -> dict[str, set[dt.date]]:
    """Extract → the months that its landed deliveries end with."""
    months: dict[str, set[dt.date]] = defaultdict(set)
    for delivery in deliveries:
        if delivery.status == "landed":
            months[delivery.extract] |= _months(delivery)
    return dict(months)


def _seen_twice(path: Path, before: dict[str, Any] | None) -> tuple[Identity | None, dict[str, Any]]:
    """The identity of a file whose size and times are as they were, hashed once; None for one that has changed."""
    times = times_of(path)
    if before is None or before["times"] != times:
        return None, {"times": times, "identity": None}
    identity = Identity(**before["identity"]) if before["identity"] else identify(path)
    return identity, {"times": times, "identity": vars(identity)}


def _may_pass_now(refused: Delivery, refusal: Path, folder: Path, landing: Landing) -> bool:
    """Whether what was refused beside another delivery has had something taken away from beside it since."""
    if not BESIDE_ANOTHER & refused.rows_by_rule.keys():
        return False
    changed = [folder, *landing.folder.glob(f"{refused.extract}/*/{WITHDRAWAL}")]
    # Both times are of the file system's clock, which stands still for some milliseconds.
    return max(path.stat().st_mtime_ns for path in changed) >= refusal.stat().st_mtime_ns


def _newest_release(releases: Path) -> tuple[dt.date | None, dict[str, bool]]:
    """The latest published month, and what the newest of its releases that can be read says of deliveries."""
    if not releases.is_dir():
        return None, {}
    numbered = sorted((found, folder) for folder in releases.iterdir() for found in month_and_number(folder.name))
    for (month, _), folder in reversed(numbered):
        if manifest := read_manifest(folder):
            # One that was refused by then may have landed since.
            in_release = {
                d["delivery_id"]: d["status"] == "withdrawn" for d in manifest["deliveries"] if d["status"] != "refused"
            }
            return dt.date.fromisoformat(f"{month}-01"), in_release
    return None, {}


def _months(delivery: Delivery) -> set[dt.date]:
    return {dt.date.fromisoformat(month) for month, _ in delivery.landed_months}


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()[:16]


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
