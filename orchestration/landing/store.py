"""The landing: one folder per accepted delivery, known by its content, never edited.

Here: landing a delivery, its record, its quarantined rows, and reading the records back.
Belongs here: what is written under `warehouse/landing` and `warehouse/quarantine`.
Does not belong here: which delivery of a period is current (the dbt model `stg_current_delivery`).
"""

import datetime as dt
import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from orchestration.extracts import Extract
from orchestration.landing.received import Received, Refused, content_hash, named_revision, receive
from orchestration.landing.table import shown
from orchestration.landing.validation import Validated, validate
from orchestration.layouts import recognise
from orchestration.layouts.layout import Layout

ACCEPTED_ROWS = "accepted.parquet"
RECORD = "delivery.json"
REFUSAL = "refusal.json"
QUARANTINED_ROWS = "rows.csv"


@dataclass(frozen=True)
class DeliveredPeriod:
    """Rows of one period; `period_month` is None for quarantined rows whose month could not be read."""

    period_month: str | None
    months_covered: int
    rows_accepted: int
    rows_quarantined: int


@dataclass(frozen=True)
class Delivery:
    """The record of one delivery. `status` is landed or refused; refused ones hold the reason and no periods."""

    delivery_id: str
    extract: str
    file_name: str
    sha256: str
    received_at: str
    status: str
    source: str | None = None
    revision: int | None = None
    is_partial: bool | None = None
    is_synthetic: bool | None = None
    rows_received: int | None = None
    rows_accepted: int | None = None
    rows_quarantined: int | None = None
    rows_by_rule: dict[str, int] = field(default_factory=dict)
    periods: list[DeliveredPeriod] = field(default_factory=list)
    areas: list[str] = field(default_factory=list)
    reason: str | None = None

    @property
    def landed_months(self) -> set[tuple[str, int]]:
        return {(p.period_month, p.months_covered) for p in self.periods if p.period_month}


class Landing:
    """The landed deliveries of one warehouse."""

    def __init__(self, warehouse: Path) -> None:
        self.folder = warehouse / "landing"
        self.quarantine = warehouse / "quarantine"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.quarantine.mkdir(parents=True, exist_ok=True, mode=0o700)

    def deliveries(self, extract: str | None = None) -> list[Delivery]:
        """Every landed and refused delivery on record, of one extract or of all, in a stable order."""
        inside = extract or "*"
        records = [*self.folder.glob(f"{inside}/*/{RECORD}"), *self.quarantine.glob(f"{inside}/*/{REFUSAL}")]
        whole = [record for record in records if not record.parent.name.startswith(".")]
        return sorted((_read(record) for record in whole), key=lambda d: (d.extract, d.delivery_id))

    def accepted_rows(self, delivery: Delivery) -> Path:
        return self.folder / delivery.extract / delivery.delivery_id / ACCEPTED_ROWS

    def land(self, files: list[Path], extract: Extract, is_synthetic: bool) -> tuple[list[Delivery], list[Delivery]]:
        """Land what is new among one extract's files; returns (landed, refused) of this call.

        The same content again is a no-op. Deliveries are taken oldest period and lowest revision first, so that
        the order of arrival decides nothing; two new ones that claim the same place are both refused.
        """
        for abandoned in (self.folder / extract.name).glob(".*"):
            shutil.rmtree(abandoned)
        known = {d.delivery_id: d for d in self.deliveries(extract.name) if d.status == "landed"}
        refused: list[Delivery] = []
        candidates: dict[str, Delivery] = {}
        for path in files:
            sha256 = content_hash(path)
            delivery_id = _id(sha256, path, {**known, **candidates})
            if delivery_id in known or delivery_id in candidates:
                continue
            try:
                received = receive(path, sha256)
                layout = recognise(received, extract.name)
                validated = validate(received, layout, extract)
                _refuse_over_limit(validated, extract)
            except pl.exceptions.PolarsError:
                # Not passed on: the library's message may quote a value.
                refusal = Refused(
                    "unreadable",
                    "The file's columns are not of the types agreed",
                    "Deliver text, or numbers, dates and flags as such",
                )
                refused.append(self._refuse(shown(path.name), sha256, extract, refusal))
                continue
            except Refused as refusal:
                refused.append(self._refuse(shown(path.name), sha256, extract, refusal))
                continue
            delivery = _record(delivery_id, received, layout, validated, extract, is_synthetic)
            self._build(delivery, validated)
            candidates[delivery.delivery_id] = delivery

        landed: list[Delivery] = []
        for delivery in sorted(candidates.values(), key=_first_period_and_revision):
            others = [d for d in candidates.values() if d.delivery_id != delivery.delivery_id]
            try:
                _refuse_same_place(delivery, [*known.values(), *others])
                _refuse_lost_area(delivery, list(known.values()), extract)
            except Refused as refusal:
                shutil.rmtree(self._building(delivery))
                refused.append(self._refuse(delivery.file_name, delivery.sha256, extract, refusal))
                continue
            self._admit(delivery)
            known[delivery.delivery_id] = delivery
            landed.append(delivery)
        return landed, refused

    def _building(self, delivery: Delivery) -> Path:
        return self.folder / delivery.extract / f".{delivery.delivery_id}.{os.getpid()}"

    def _build(self, delivery: Delivery, validated: Validated) -> None:
        """Write a delivery's rows beside the landing; one delivery at a time is all that memory holds."""
        building = self._building(delivery)
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        validated.accepted.write_parquet(building / ACCEPTED_ROWS)
        (building / RECORD).write_text(json.dumps(asdict(delivery), indent=1), encoding="utf-8")
        if validated.quarantined.height:
            aside = self._quarantine_folder(delivery)
            aside.mkdir(parents=True, exist_ok=True, mode=0o700)
            rows = validated.quarantined.drop("quarantined_period", "quarantined_months").select(
                "line_number", "rules", "reasons", pl.exclude("line_number", "rules", "reasons")
            )
            rows.write_csv(aside / QUARANTINED_ROWS)

    def _admit(self, delivery: Delivery) -> None:
        """Rename into place: a folder with a record is whole."""
        final = self.folder / delivery.extract / delivery.delivery_id
        shutil.rmtree(final, ignore_errors=True)
        self._building(delivery).rename(final)
        (self._quarantine_folder(delivery) / REFUSAL).unlink(missing_ok=True)

    def _refuse(self, file_name: str, sha256: str, extract: Extract, refusal: Refused) -> Delivery:
        delivery = Delivery(
            delivery_id=sha256[:16],
            extract=extract.name,
            file_name=file_name,
            sha256=sha256,
            received_at=_now(),
            status="refused",
            rows_by_rule={refusal.rule: refusal.rows or 0},
            reason=str(refusal),
        )
        folder = self._quarantine_folder(delivery)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / REFUSAL).write_text(json.dumps(asdict(delivery), indent=1), encoding="utf-8")
        return delivery

    def _quarantine_folder(self, delivery: Delivery) -> Path:
        return self.quarantine / delivery.extract / delivery.delivery_id


def _read(record: Path) -> Delivery:
    content: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
    content["periods"] = [DeliveredPeriod(**period) for period in content["periods"]]
    return Delivery(**content)


def _id(sha256: str, path: Path, known: dict[str, Delivery]) -> str:
    """The first digits of the content's hash; of hash and revision where known content comes again to restore what a
    later revision replaced."""
    same = known.get(sha256[:16])
    revision = named_revision(path)
    if same is None or revision <= (same.revision or 0):
        return sha256[:16]
    replaced = any(
        d.source == same.source and d.landed_months & same.landed_months and (d.revision or 0) > (same.revision or 0)
        for d in known.values()
    )
    return hashlib.sha256(f"{sha256} {revision}".encode()).hexdigest()[:16] if replaced else sha256[:16]


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def _first_period_and_revision(delivery: Delivery) -> tuple[str, int, str]:
    months = [month for month, _ in delivery.landed_months]
    return (min(months, default=""), delivery.revision or 0, delivery.delivery_id)


def _record(
    delivery_id: str, received: Received, layout: Layout, validated: Validated, extract: Extract, is_synthetic: bool
) -> Delivery:
    return Delivery(
        delivery_id=delivery_id,
        extract=extract.name,
        file_name=received.file_name,
        sha256=received.sha256,
        received_at=_now(),
        status="landed",
        source=layout.source,
        revision=received.revision,
        is_partial=received.is_partial,
        is_synthetic=is_synthetic,
        rows_received=validated.rows_received,
        rows_accepted=validated.accepted.height,
        rows_quarantined=validated.quarantined.height,
        rows_by_rule=validated.rows_by_rule,
        periods=_periods(validated),
        areas=sorted(validated.accepted["area"].unique()),
    )


def _periods(validated: Validated) -> list[DeliveredPeriod]:
    accepted = validated.accepted.group_by("period_month", "months_covered").agg(rows_accepted=pl.len())
    known = accepted.select("period_month", "months_covered", is_known=True)
    # Quarantined rows of a period without accepted ones count against every month of the delivery.
    quarantined = (
        validated.quarantined.select(period_month="quarantined_period", months_covered="quarantined_months")
        .with_columns(pl.col("months_covered").cast(pl.Int64))
        .join(known, on=["period_month", "months_covered"], how="left")
        .select(
            period_month=pl.when("is_known").then("period_month"),
            months_covered=pl.when("is_known").then("months_covered").otherwise(1),
        )
        .group_by("period_month", "months_covered")
        .agg(rows_quarantined=pl.len())
    )
    keys = ["period_month", "months_covered"]
    together = accepted.join(quarantined, on=keys, how="full", coalesce=True, nulls_equal=True)
    return [
        DeliveredPeriod(month.isoformat() if month else None, covered, taken or 0, aside or 0)
        for month, covered, taken, aside in together.sort(keys)
        .select(*keys, "rows_accepted", "rows_quarantined")
        .rows()
    ]


def _refuse_over_limit(validated: Validated, extract: Extract) -> None:
    limit = extract.quarantine_limit * validated.rows_received
    if validated.quarantined.height <= limit and validated.accepted.height:
        return
    counts = ", ".join(f"{rule} {rows:,}" for rule, rows in sorted(validated.rows_by_rule.items()))
    raise Refused(
        "quarantine_limit",
        f"{validated.quarantined.height:,} of {validated.rows_received:,} rows break a rule, more than "
        f"{extract.quarantine_limit:.1%}: {counts}",
        "Mend the rows at their source and deliver the file again",
        rows=validated.quarantined.height,
    )


def _refuse_same_place(delivery: Delivery, others: list[Delivery]) -> None:
    for other in others:
        same = other.source == delivery.source and other.revision == delivery.revision
        shared = sorted(delivery.landed_months & other.landed_months) if same else []
        if shared:
            raise Refused(
                "revision_taken",
                f"Revision {delivery.revision} of {shared[0][0][:7]} from {delivery.source} is also in "
                f"«{other.file_name}», with other content",
                f"If this one is newer, deliver it as revision {(delivery.revision or 0) + 1} (…_r"
                f"{(delivery.revision or 0) + 1})",
            )


def _refuse_lost_area(delivery: Delivery, landed: list[Delivery], extract: Extract) -> None:
    """A delivery must have every area that the one it follows has: the same period's, else the period's before."""
    if delivery.is_partial or extract.areas_vary or not delivery.landed_months:
        return
    same_source = [d for d in landed if d.source == delivery.source and not d.is_partial]
    replaced = [
        d
        for d in same_source
        if d.landed_months & delivery.landed_months and (d.revision or 0) < (delivery.revision or 0)
    ]
    first = min(month for month, _ in delivery.landed_months)
    before = [d for d in same_source if max(month for month, _ in d.landed_months) < first]
    if replaced:
        predecessor = max(replaced, key=lambda d: d.revision or 0)
    elif before:
        predecessor = max(before, key=lambda d: (max(month for month, _ in d.landed_months), d.revision or 0))
    else:
        return
    lost = sorted(set(predecessor.areas) - set(delivery.areas) - extract.occasional_areas)
    if lost:
        named = ", ".join(lost[:5]) + (f" and {len(lost) - 5} more" if len(lost) > 5 else "")
        raise Refused(
            "lost_area",
            f"Areas that «{predecessor.file_name}» has are missing here ({len(lost)}): {named}",
            'Deliver it whole, or declare {"partial": true} in its sidecar',
        )
