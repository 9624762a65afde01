"""The landing: one folder per delivery that landed, known by its content, its rows never edited.

Here: landing deliveries, withdrawing one, their records and quarantined rows, and reading the records back.
Belongs here: what is written under `warehouse/landing` and `warehouse/quarantine`.
Does not belong here: how deliveries stand beside each other (`standing.py`), which of a period is current (the dbt
model `stg_current_delivery`).
"""

import datetime as dt
import json
import os
import shutil
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet

from orchestration.extracts import Extract
from orchestration.landing.delivery import (
    Damaged,
    DeliveredPeriod,
    Delivery,
    delivery_id,
    read_record,
    write_json,
    write_record,
)
from orchestration.landing.identity import Identities, identify
from orchestration.landing.received import Received, named_month, read_as, receive
from orchestration.landing.standing import DECLARED_ANEW, declared_anew, is_declared_anew, judge
from orchestration.landing.table import Refused, shown
from orchestration.landing.validation import Validated, validate
from orchestration.layouts import recognise
from orchestration.layouts.layout import Layout
from orchestration.machine import PassingFault

ACCEPTED_ROWS = "accepted.parquet"
RECORD = "delivery.json"
WITHDRAWAL = "withdrawal.json"
REPEAT = "repeat"
REFUSAL = "refusal.json"
QUARANTINED_ROWS = "rows.csv"
# Both folders hold rows of records: for their owner alone.
PRIVATE = 0o700


class Landing:
    """The landed deliveries of one warehouse."""

    def __init__(self, warehouse: Path) -> None:
        self.folder = warehouse / "landing"
        self.quarantine = warehouse / "quarantine"
        for folder in (self.folder, self.quarantine):
            folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE)

    def deliveries(self, extract: str | None = None) -> list[Delivery]:
        """Every delivery on record as it stands, of one extract or of all, in a stable order; repeats are none.

        Raises `Damaged` when a record cannot be read: without it a delivery would be missing from every figure.
        """
        refused = self._refused(extract or "*")
        # One that is refused now is told as such, whether it landed before or never.
        stored = {
            id: d
            for id, d in self._stored(extract or "*").items()
            if (d.status == "withdrawn" or id not in refused) and not (self._folder(d) / REPEAT).is_file()
        }
        return sorted({**refused, **stored}.values(), key=lambda d: (d.extract, d.delivery_id))

    def refusal(self, extract: str, delivery_id: str) -> Path:
        """Where it is recorded that a delivery is refused."""
        return self.quarantine / extract / delivery_id / REFUSAL

    def is_taken_in(self, extract: str, delivery_id: str) -> bool:
        """Whether a delivery was taken in: landed, repeating another, or withdrawn since."""
        return (self.folder / extract / delivery_id / RECORD).is_file()

    def has_landed(self, delivery: Delivery) -> bool:
        """Whether a delivery landed, now or before it was refused or withdrawn."""
        return self.is_taken_in(delivery.extract, delivery.delivery_id)

    def accepted_rows(self, delivery: Delivery) -> Path:
        return self.folder / delivery.extract / delivery.delivery_id / ACCEPTED_ROWS

    def quarantined_rows(self, delivery: Delivery) -> Path:
        return self._quarantine_folder(delivery) / QUARANTINED_ROWS

    def land(self, files: list[Path], extract: Extract, is_synthetic: bool) -> tuple[list[Delivery], list[Delivery]]:
        """Land what is new among the files in one extract's folder; returns (landed, refused) of this call.

        Every file there is must be given: how a delivery stands depends on the others, never on their order. One
        delivery at a time is all that memory holds. Raises `PassingFault` when a file changes meanwhile, which leaves
        everything as it was; `Damaged` for what landed, cannot be read any more, and lies in `raw/` no longer.
        """
        self._clear_abandoned(extract)
        self._clear_damaged(files, extract)
        before = {d.delivery_id for d in self.deliveries(extract.name) if d.status == "landed"}
        stored = self._stored(extract.name)
        known = {_content(d): d for d in stored.values() if d.status == "landed" or _has_rows(self.accepted_rows(d), d)}
        candidates: dict[str, Delivery] = {}
        refused: list[Delivery] = []
        names: dict[str, str] = {}
        identities = Identities(self.folder / extract.name)
        # In order: a delivery that came under several names goes by the first of them.
        for path in sorted(files):
            identity = identities.of(path)
            name = shown(path.name)
            id = delivery_id(identity.sha256, identity.revision, name)
            if id in names:
                continue
            names[id] = name
            if id in stored:
                stored[id] = self._met_again(stored[id], name)
                continue
            delivery = Delivery(
                delivery_id=id,
                extract=extract.name,
                file_name=name,
                **vars(identity),
                received_at=_now(),
                status="landed",
                is_synthetic=is_synthetic,
            )
            try:
                if same := known.get(_content(delivery)):
                    candidates[id] = self._build_again(delivery, same)
                else:
                    candidates[id] = known[_content(delivery)] = self._build(delivery, path, extract)
            except Refused as refusal:
                refused.append(_refused(delivery, refusal))
        if changed := identities.changed():
            names_of = ", ".join(f"{extract.name}/{shown(path.name)}" for path in changed)
            raise PassingFault(f"Written to while it was read: {names_of}. Run again when the copy is whole.")
        identities.remember()

        waiting = [d for id, d in {**stored, **candidates}.items() if id in names]
        for old in declared_anew(stored.values(), waiting):
            stored[old.delivery_id] = self.withdraw(old, DECLARED_ANEW)
        valid = [*stored.values(), *candidates.values()]
        standing = judge(valid, names.keys(), extract)
        not_taken_in = {d.delivery_id for d, _ in standing.refused}
        for id, delivery in candidates.items():
            if standing.repeats.get(id, id) not in not_taken_in:
                _mark_repeat(self._building(delivery), id in standing.repeats)
                self._building(delivery).rename(self._folder(delivery))
        for id, delivery in stored.items():
            _mark_repeat(self._folder(delivery), id in standing.repeats)
        refused = [d for d in refused if not _says_nothing_new(d, valid)]
        refused += [_refused(d, refusal) for d, refusal in standing.refused]
        self._record_refusals(refused, names.keys(), {d.sha256 for d in standing.landed}, extract)
        self._clear_abandoned(extract)
        return [d for d in standing.landed if d.delivery_id not in before], refused

    def withdraw(self, delivery: Delivery, reason: str) -> Delivery:
        """Take back a delivery that landed: it is never current again, and its record and rows stay."""
        write_json(self._folder(delivery) / WITHDRAWAL, {"reason": reason, "withdrawn_at": _now()})
        return _stored_in(self._folder(delivery))

    def _folder(self, delivery: Delivery) -> Path:
        return self.folder / delivery.extract / delivery.delivery_id

    def _building(self, delivery: Delivery) -> Path:
        return self.folder / delivery.extract / f".{delivery.delivery_id}"

    def _quarantine_folder(self, delivery: Delivery) -> Path:
        return self.quarantine / delivery.extract / delivery.delivery_id

    def _clear_abandoned(self, extract: Extract) -> None:
        """Delete what was built beside the landing and did not land, now or in a refresh that was killed."""
        for place in (self.folder / extract.name, self.quarantine / extract.name):
            for abandoned in [*place.glob(".*"), *place.glob("[!.]*/.*")]:
                if abandoned.is_dir():
                    shutil.rmtree(abandoned)
                else:
                    abandoned.unlink()

    def _clear_damaged(self, files: list[Path], extract: Extract) -> None:
        """Delete what cannot be read any more of deliveries whose files wait in `raw/`, so that they land again."""
        for record in self.quarantine.glob(f"{extract.name}/*/{REFUSAL}"):
            if _recorded_as(record) is None:
                print(f"{record} is damaged and is deleted: the file is refused again if it still waits.")
                record.unlink()
        damaged = [folder for folder in self._folders(extract.name) if not _is_whole(folder)]
        if not damaged:
            return
        identities = [(identify(path), shown(path.name)) for path in files]
        waiting = {delivery_id(found.sha256, found.revision, name) for found, name in identities}
        for folder in damaged:
            if folder.name not in waiting or (folder / WITHDRAWAL).exists():
                raise Damaged(
                    f"What landed of {extract.name}/{_name_of(folder)} cannot be read any more: {folder} is damaged."
                    f" Restore that folder from a backup, or put the file back into raw/{extract.name} (and delete the"
                    " folder if the delivery was withdrawn, then withdraw it again), and run again."
                )
            print(f"{folder} is damaged; {_name_of(folder)} is landed again from raw/.")
            shutil.rmtree(folder)

    def _folders(self, extract: str) -> list[Path]:
        """The folder of every delivery that ever landed, of one extract or of all (`*`)."""
        return [folder for folder in self.folder.glob(f"{extract}/[!.]*") if folder.is_dir()]

    def _stored(self, extract: str) -> dict[str, Delivery]:
        """Every delivery that was ever taken in, by id: landed, repeating one, refused or withdrawn since."""
        return {folder.name: _stored_in(folder) for folder in self._folders(extract)}

    def _met_again(self, stored: Delivery, file_name: str) -> Delivery:
        """A stored delivery whose file lies in `raw/`: it goes by the first of its names, and a sidecar that is back
        undoes the withdrawal that its change had caused."""
        folder = self._folder(stored)
        if file_name < stored.file_name:
            write_record(folder / RECORD, replace(read_record(folder / RECORD), file_name=file_name))
        if is_declared_anew(stored):
            (folder / WITHDRAWAL).unlink()
        return _stored_in(folder)

    def _refused(self, extract: str) -> dict[str, Delivery]:
        """Every delivery that is refused, by id; one that landed before another came in its way is also stored."""
        records = self.quarantine.glob(f"{extract}/*/{REFUSAL}")
        return {d.delivery_id: d for d in map(read_record, records)}

    def _build(self, delivery: Delivery, path: Path, extract: Extract) -> Delivery:
        """Read, validate and write one delivery beside the landing; raises `Refused`."""
        try:
            received = receive(path, delivery.sha256)
            layout = recognise(received, extract.name)
            validated = validate(received, layout, extract)
        except pl.exceptions.PolarsError as error:
            # Not passed on: the library's message may quote a value.
            raise Refused(
                "unreadable",
                "The file's columns are not of the types agreed",
                "Deliver text, or numbers, dates and flags as such",
            ) from error
        self._set_aside(delivery, validated)
        _refuse_over_limit(validated, extract)
        delivery = _with_rows(delivery, received, layout, validated)
        building = self._building(delivery)
        building.mkdir(parents=True, mode=PRIVATE)
        validated.accepted.write_parquet(building / ACCEPTED_ROWS)
        write_record(building / RECORD, delivery)
        return delivery

    def _build_again(self, delivery: Delivery, known: Delivery) -> Delivery:
        """The same content under another revision: the rows it has, under a record of its own."""
        again = replace(
            known,
            delivery_id=delivery.delivery_id,
            file_name=delivery.file_name,
            revision=delivery.revision,
            received_at=delivery.received_at,
            status="landed",
            reason=None,
            withdrawn_at=None,
        )
        rows = self.accepted_rows(known)
        rows = rows if rows.is_file() else self._building(known) / ACCEPTED_ROWS
        building = self._building(again)
        building.mkdir(parents=True, mode=PRIVATE)
        os.link(rows, building / ACCEPTED_ROWS)
        write_record(building / RECORD, again)
        if self.quarantined_rows(known).is_file():
            self._quarantine_folder(again).mkdir(parents=True, exist_ok=True, mode=PRIVATE)
            shutil.copyfile(self.quarantined_rows(known), self.quarantined_rows(again))
        return again

    def _set_aside(self, delivery: Delivery, validated: Validated) -> None:
        """Write the quarantined rows for the people who mend them: line number, reasons, the row as received."""
        if not validated.quarantined.height:
            return
        self._quarantine_folder(delivery).mkdir(parents=True, exist_ok=True, mode=PRIVATE)
        rows = validated.quarantined.drop("quarantined_period", "quarantined_months").select(
            "line_number", "rules", "reasons", pl.exclude("line_number", "rules", "reasons")
        )
        rows.write_csv(self.quarantined_rows(delivery))

    def _record_refusals(
        self, refused: list[Delivery], waiting: Collection[str], landed: set[str], extract: Extract
    ) -> None:
        """Keep a record of what is refused, also when its file is taken away, and none of what has landed by now."""
        for delivery in refused:
            self._quarantine_folder(delivery).mkdir(parents=True, exist_ok=True, mode=PRIVATE)
            write_record(self._quarantine_folder(delivery) / REFUSAL, delivery)
        ids = {d.delivery_id for d in refused}
        for id, delivery in self._refused(extract.name).items():
            if id not in ids and (id in waiting or delivery.sha256 in landed):
                (self._quarantine_folder(delivery) / REFUSAL).unlink()


def _stored_in(folder: Path) -> Delivery:
    """A delivery as its folder records it, withdrawn or not; raises `Damaged`."""
    delivery, withdrawal = read_record(folder / RECORD), folder / WITHDRAWAL
    if not withdrawal.is_file():
        return delivery
    try:
        return replace(delivery, status="withdrawn", **json.loads(withdrawal.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise Damaged(f"{withdrawal} is damaged. Refresh: that mends it, or says what to do.") from None


def _recorded_as(record: Path) -> Delivery | None:
    try:
        return read_record(record)
    except Damaged:
        return None


def _is_whole(folder: Path) -> bool:
    """Whether all can be read that figures need of a delivery: its record, and its rows unless it was withdrawn."""
    try:
        delivery = _stored_in(folder)
    except Damaged:
        return False
    return delivery.status == "withdrawn" or _has_rows(folder / ACCEPTED_ROWS, delivery)


def _has_rows(rows: Path, delivery: Delivery) -> bool:
    """Whether a Parquet file is whole to its footer, which is at its end, and has the rows that the record counts."""
    try:
        return bool(pa.parquet.read_metadata(rows).num_rows == delivery.rows_accepted)
    except (FileNotFoundError, pa.ArrowException):
        return False


def _name_of(folder: Path) -> str:
    """The name a delivery came under; its id when the record does not say it any more (table `delivery` does)."""
    delivery = _recorded_as(folder / RECORD)
    return delivery.file_name if delivery else folder.name


def _mark_repeat(folder: Path, is_repeat: bool) -> None:
    """A delivery that repeats another is kept, for the day when other content comes in between; it counts for nothing
    until then."""
    if is_repeat:
        (folder / REPEAT).touch()
    else:
        (folder / REPEAT).unlink(missing_ok=True)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def _content(delivery: Delivery) -> tuple[str, str]:
    """What the rows of a delivery follow from."""
    return delivery.sha256, read_as(delivery.file_name)


def _says_nothing_new(refused: Delivery, valid: Iterable[Delivery]) -> bool:
    """Whether content refused under this name is taken in under another, and the name does not claim another month."""
    month = named_month(refused.file_name)
    alike = [d for d in valid if d.sha256 == refused.sha256 and not is_declared_anew(d)]
    months = {taken for d in alike for taken, _ in d.landed_months}
    return month.isoformat() in months if month else bool(months)


def _refused(delivery: Delivery, refusal: Refused) -> Delivery:
    return replace(
        delivery,
        status="refused",
        reason=str(refusal),
        rows_by_rule={refusal.rule: refusal.rows or 0},
        rules={},
        rows_received=None,
        rows_accepted=None,
        rows_quarantined=None,
        periods=[],
    )


def _with_rows(delivery: Delivery, received: Received, layout: Layout, validated: Validated) -> Delivery:
    return replace(
        delivery,
        source=layout.source,
        is_partial=received.is_partial,
        confirmed_because=received.confirmed_because,
        rows_received=validated.rows_received,
        rows_accepted=validated.accepted.height,
        rows_quarantined=validated.quarantined.height,
        rows_by_rule=validated.rows_by_rule,
        rules=validated.sentences,
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
