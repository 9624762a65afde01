"""The record of one delivery: what was received, what became of its rows, and how it stands.

Here: the record and how it is read from and written to JSON.
Belongs here: what is known of a delivery without its rows.
Does not belong here: where records lie (`store.py`), which deliveries stand (`standing.py`).
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from orchestration.landing.received import read_as

Status = Literal["landed", "refused", "withdrawn"]


class Damaged(Exception):
    """What landed of a delivery cannot be read any more: where it lies, and what to do."""


@dataclass(frozen=True)
class DeliveredPeriod:
    """Rows of one period; `period_month` is None for quarantined rows whose month could not be read."""

    period_month: str | None
    months_covered: int
    rows_accepted: int
    rows_quarantined: int


@dataclass(frozen=True)
class Delivery:
    """One delivery. `reason` says why it was refused or withdrawn; one that was refused when it was read has no
    periods. `sha256` is of the file and its sidecar, `file_sha256` of the file alone; `rules` gives the sentence of
    each rule in `rows_by_rule`."""

    delivery_id: str
    extract: str
    file_name: str
    sha256: str
    file_sha256: str
    revision: int
    received_at: str
    status: Status
    source: str | None = None
    is_partial: bool | None = None
    is_synthetic: bool | None = None
    confirmed_because: str | None = None
    rows_received: int | None = None
    rows_accepted: int | None = None
    rows_quarantined: int | None = None
    rows_by_rule: dict[str, int] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    periods: list[DeliveredPeriod] = field(default_factory=list)
    areas: list[str] = field(default_factory=list)
    reason: str | None = None
    withdrawn_at: str | None = None

    @property
    def landed_months(self) -> set[tuple[str, int]]:
        return {(p.period_month, p.months_covered) for p in self.periods if p.period_month}


def delivery_id(sha256: str, revision: int, file_name: str) -> str:
    """What a delivery is known by: the same content under another revision, or read as another month, is another."""
    return hashlib.sha256(f"{sha256} {revision} {read_as(file_name)}".encode()).hexdigest()[:16]


def read_record(path: Path) -> Delivery:
    """A record from its file; raises `Damaged` when there is none, or none that is whole."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        content["periods"] = [DeliveredPeriod(**period) for period in content["periods"]]
        return Delivery(**content)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise Damaged(f"{path} is missing or damaged. Refresh: that mends it, or says what to do.") from None


def write_record(path: Path, delivery: Delivery) -> None:
    """Write a record in one step: a process killed meanwhile leaves the old one, or none."""
    write_json(path, asdict(delivery))


def write_json(path: Path, content: object) -> None:
    """Write JSON beside its place and move it there in one step."""
    beside = path.with_name(f".{path.name}")
    beside.write_text(json.dumps(content, indent=1), encoding="utf-8")
    beside.replace(path)
