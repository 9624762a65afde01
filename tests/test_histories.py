"""Histories of deliveries: in whatever order they come, the landing and what is current end the same.

Here: sets of deliveries that come in any order, doubled, corrected, withdrawn and put away between refreshes.
Belongs here: a property of every history, against the landing and, in the soak, against whole refreshes.
Does not belong here: one case shown by itself (`test_standing.py`).
"""

import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orchestration.extracts import EXTRACTS, Extract
from orchestration.landing import store, validation
from orchestration.landing.delivery import Delivery, delivery_id
from orchestration.landing.received import SYNTHETIC_MARKER, Received, delivery_files, named_revision
from orchestration.landing.store import Landing
from orchestration.landing.synchronise import current_deliveries, synchronise_deliveries, synchronise_extract
from orchestration.layouts.layout import Layout
from orchestration.sample_deliveries import write_sample
from tests import conftest
from tests.deliveries import ENOUGH, Row, csv_text, read_csv, valid_rows, without_area, write_csv

CRIME, WORKFORCE = "recorded_crime", "workforce"
MONTHS = ["2008-11", "2008-12", "2009-01"]
# Two rows of each borough.
FEW = 64
KINDS = ["whole", "corrected", "corrected again", "without camden", "with a bad row", "with a stray row", "quarter"]
REVISIONS = ["", "", "_r2", "_r3", "_r4"]
SIDECARS: list[dict[str, Any]] = [{}, {}, {}, {}, {"partial": True}, {"confirmed": "counted twice"}, {"revision": 2}]
BROKEN_SIDECAR = "{"
MONTH = dt.date(2009, 1, 1)
# Derandomized, so that a run that was green stays green; no example is written into the checkout.
settings.register_profile(
    "histories",
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@cache
def content(extract: str, kind: str, month: str) -> bytes:
    """The bytes of a delivery; made once."""
    correct = {CRIME: "victims_under_20", WORKFORCE: "headcount"}[extract]
    rows = valid_rows(extract, FEW, month)
    if kind == "corrected":
        rows[7] = {**rows[7], correct: "2"}
    elif kind == "corrected again":
        rows[7] = {**rows[7], correct: "3"}
    elif kind == "without camden":
        rows = without_area(rows, "camden")
    elif kind == "with a bad row":
        rows = valid_rows(extract, ENOUGH, month)
        rows[7] = {**rows[7], correct: "zqmany"}
    elif kind == "with a stray row":
        rows = [*valid_rows(extract, ENOUGH, month), *valid_rows(extract, 1, "2008-10")]
    elif kind == "quarter":
        rows = [row for each in MONTHS for row in valid_rows(extract, FEW, each)]
    whole = csv_text(rows).encode()
    return whole[:-20] if kind == "cut off" else whole


@dataclass(frozen=True)
class File:
    """One delivered file; `sidecars` are what lies beside it, one after the other, the last for good."""

    extract: str
    name: str
    kind: str
    month: str
    sidecars: tuple[str, ...]

    @property
    def ids(self) -> list[str]:
        """What it is known by under each sidecar."""
        ids = []
        for sidecar in self.sidecars:
            digest = hashlib.sha256(content(self.extract, self.kind, self.month) + sidecar.encode()).hexdigest()
            declared = {} if sidecar in ("", BROKEN_SIDECAR) else json.loads(sidecar)
            revision = declared.get("revision", named_revision(Path(self.name)))
            ids.append(delivery_id(digest, revision, self.name))
        return ids

    @property
    def id(self) -> str:
        return self.ids[-1]


@st.composite
def _file(draw: st.DrawFn, extract: str) -> File:
    month = draw(st.sampled_from(MONTHS))
    kind = draw(st.sampled_from([*KINDS, "cut off"]))
    named = draw(st.sampled_from([month] * 7 + ["2008-12"]))
    copy = draw(st.sampled_from([1, 2]))
    # The last is refused for its name: it looks like a revision and is not written as one.
    stems = [named, named, named, named, f"copy {copy} of {named}", f"export {copy}", f"{named}-r2"]
    name = draw(st.sampled_from(stems)) + draw(st.sampled_from(REVISIONS)) + ".csv"
    declared = draw(st.sampled_from(SIDECARS))
    # The same file declared otherwise, not under another revision: that would be another claim.
    otherwise = draw(st.sampled_from([{**declared, "partial": True}, {**declared, "confirmed": "seen"}, None]))
    last, before = _sidecar(declared), _sidecar(otherwise)
    sidecars = draw(st.sampled_from([(last,), (last,), (last,), (before, last), (last, before, last)]))
    return File(extract, name, kind, month, sidecars)


def _sidecar(declared: dict[str, Any] | None) -> str:
    """The text of a sidecar; none for a file that declares nothing."""
    return BROKEN_SIDECAR if declared is None else json.dumps(declared) if declared else ""


def _has_own_sidecars(files: list[File]) -> bool:
    """Whether no file was for a while what another is: the other would keep its name."""
    final = {file.id for file in files}
    return not any(id in final for file in files for id in file.ids[:-1] if id != file.id)


def _of(extract: str, most: int) -> st.SearchStrategy[list[File]]:
    return st.lists(_file(extract), max_size=most, unique_by=lambda file: file.name)


DELIVERIES = (
    st.tuples(_of(CRIME, 6), _of(WORKFORCE, 2))
    .map(lambda each: each[0] + each[1])
    .filter(lambda files: len(files) > 1 and _has_own_sidecars(files))
)


@dataclass
class Warehouse:
    """A raw folder, its landing, and the copy in DuckDB, refreshed as the landing assets do it."""

    folder: Path
    raw: Path = field(init=False)
    landing: Landing = field(init=False)
    build: duckdb.DuckDBPyConnection = field(init=False)
    refreshes: int = 0

    def __post_init__(self) -> None:
        self.raw = self.folder / "raw"
        self.landing = Landing(self.folder / "warehouse")
        self.build = duckdb.connect(config={"threads": 1})

    def receive(self, file: File, sidecar: str) -> None:
        path = self.raw / file.extract / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(file.extract, file.kind, file.month))
        beside = path.with_name(path.name + ".json")
        if sidecar:
            beside.write_text(sidecar)
        else:
            beside.unlink(missing_ok=True)

    def put_away(self, file: File) -> None:
        path = self.raw / file.extract / file.name
        path.unlink()
        path.with_name(path.name + ".json").unlink(missing_ok=True)

    def refresh(self) -> dict[str, bool]:
        """Land all that lies in raw, in the folder's order or against it, and load an extract if nothing of it is
        refused; returns for each extract whether anything was."""
        self.refreshes += 1
        failed = {}
        for name in (CRIME, WORKFORCE):
            files = list(delivery_files(self.raw / name))
            if self.refreshes % 2:
                files.reverse()
            _, refused = self.landing.land(files, EXTRACTS[name], is_synthetic=False)
            failed[name] = bool(refused)
            if not refused:
                synchronise_extract(self.build, EXTRACTS[name], self.landing)
        return failed

    def withdraw(self, id: str) -> bool:
        """Withdraw a delivery, if it has landed."""
        found = [d for d in self.landing.deliveries() if d.delivery_id == id and self.landing.has_landed(d)]
        for delivery in found:
            self.landing.withdraw(delivery, "wrong")
        return bool(found)

    def landed(self) -> list[Delivery]:
        return [d for d in self.landing.deliveries() if d.status == "landed"]

    def has_taken_in(self, file: File) -> bool:
        return (self.landing.folder / file.extract / file.id / store.RECORD).is_file()


@dataclass(frozen=True)
class History:
    """An order of arrival: each step brings a file, or the next sidecar of one, and may end with a refresh. A
    withdrawal or a putting away waits for its step, and for the delivery to land."""

    steps: list[tuple[File, bool]]
    withdrawals: dict[str, int]
    put_away: dict[File, int]

    def live(self, warehouse: Warehouse) -> Iterator[None]:
        """Live through it; yields after each refresh."""
        withdrawals, put_away = dict(self.withdrawals), dict(self.put_away)
        arrived: Counter[File] = Counter()
        for number, (file, is_refreshed) in enumerate(self.steps):
            warehouse.receive(file, file.sidecars[arrived[file]])
            arrived[file] += 1
            if not is_refreshed:
                continue
            warehouse.refresh()
            yield
            for id in [id for id, step in withdrawals.items() if step <= number and warehouse.withdraw(id)]:
                del withdrawals[id]
            for away in [file for file, step in put_away.items() if step <= number]:
                if arrived[away] == len(away.sidecars) and warehouse.has_taken_in(away):
                    warehouse.put_away(away)
                    del put_away[away]
        warehouse.refresh()
        yield
        assert all(warehouse.withdraw(id) for id in withdrawals)
        assert all(warehouse.has_taken_in(file) for file in put_away)
        for file in put_away:
            warehouse.put_away(file)
        warehouse.refresh()
        yield


@st.composite
def _history(draw: st.DrawFn, files: list[File], landed: list[str], taken_in: list[File]) -> History:
    arrivals = draw(st.permutations([file for file in files for _ in file.sidecars]))
    steps = [(file, draw(st.booleans())) for file in arrivals]
    moment = st.integers(0, len(steps))
    withdrawals = st.dictionaries(st.sampled_from(landed), moment, max_size=2) if landed else st.just({})
    put_away = st.dictionaries(st.sampled_from(taken_in), moment, max_size=2) if taken_in else st.just({})
    return History(steps, draw(withdrawals), draw(put_away))


def _all_at_once(files: list[File], folder: Path) -> Warehouse:
    """A warehouse that received every file, as it is declared in the end, before its first refresh."""
    warehouse = Warehouse(folder)
    for file in files:
        warehouse.receive(file, file.sidecars[-1])
    warehouse.refresh()
    return warehouse


def _a_history(files: list[File], data: st.DataObject, at_once: Warehouse) -> History:
    """A history of the files; what it withdraws and puts away is withdrawn and put away in the other warehouse too."""
    landed = [d.delivery_id for d in at_once.landed()]
    history = data.draw(_history(files, landed, [file for file in files if at_once.has_taken_in(file)]))
    for id in history.withdrawals:
        at_once.withdraw(id)
    for file in history.put_away:
        at_once.put_away(file)
    at_once.refresh()
    return history


TIMES = {"received_at", "withdrawn_at"}


def _records(warehouse: Warehouse, ids: set[str]) -> dict[str, dict[str, Any]]:
    """What is on record of the deliveries as they are declared now, but for times."""
    return {
        d.delivery_id: {name: value for name, value in asdict(d).items() if name not in TIMES}
        for d in warehouse.landing.deliveries()
        if d.delivery_id in ids
    }


def _tables(warehouse: Warehouse, ids: set[str]) -> dict[str, list[tuple[Any, ...]]]:
    """Every table of the `landing` schema, loaded whatever is refused, but for times and earlier declarations."""
    build = warehouse.build
    for name in (CRIME, WORKFORCE):
        synchronise_extract(build, EXTRACTS[name], warehouse.landing)
    synchronise_deliveries(build, warehouse.landing, MONTH, MONTH)
    tables = build.execute("select table_name from duckdb_tables() where schema_name = 'landing'").fetchall()
    content = {}
    for (table,) in tables:
        columns = [row[0] for row in build.execute(f"describe landing.{table}").fetchall()]
        kept = ", ".join(f'"{name}"' for name in columns if name not in TIMES)
        rows = build.execute(f"select {kept} from landing.{table} order by all").fetchall()
        is_declared_now = "delivery_id" not in columns or table in (CRIME, WORKFORCE, "loaded", "repeated_key")
        place = None if is_declared_now else [n for n in columns if n not in TIMES].index("delivery_id")
        content[table] = [row for row in rows if place is None or row[place] in ids]
    return content


@pytest.fixture(scope="module", autouse=True)
def _validated_once() -> Iterator[None]:
    """Validating is a function of a file's content and its name's month: the same file is validated once here."""
    seen: dict[tuple[object, ...], validation.Validated] = {}

    def validate(received: Received, layout: Layout, extract: Extract) -> validation.Validated:
        key = (received.sha256, received.file_month, layout.source)
        if key not in seen:
            seen[key] = validation.validate(received, layout, extract)
        return seen[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "validate", validate)
        yield


def _holds_an_order_against_all_at_once(files: list[File], data: st.DataObject) -> None:
    ids = {file.id for file in files}
    with tempfile.TemporaryDirectory() as folder:
        at_once, warehouse = _all_at_once(files, Path(folder, "at_once")), Warehouse(Path(folder, "history"))
        for _ in _a_history(files, data, at_once).live(warehouse):
            pass
        assert _records(warehouse, ids) == _records(at_once, ids)
        assert current_deliveries(warehouse.landing) == current_deliveries(at_once.landing)
        assert _tables(warehouse, ids) == _tables(at_once, ids)


@settings(settings.get_profile("histories"), max_examples=10)
@given(files=DELIVERIES, data=st.data())
def test_no_order_of_arrival_changes_what_landed_or_is_current(files: list[File], data: st.DataObject) -> None:
    _holds_an_order_against_all_at_once(files, data)


@pytest.mark.long
@settings(settings.get_profile("histories"), max_examples=250)
@given(files=DELIVERIES, data=st.data())
def test_no_order_of_arrival_changes_what_landed_in_many_histories(files: list[File], data: st.DataObject) -> None:
    _holds_an_order_against_all_at_once(files, data)


def _digests(warehouse: Warehouse) -> dict[str, str]:
    """Digest of every file of the landing and the quarantine, but for what is remembered to save time."""
    return {
        str(path.relative_to(warehouse.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in (warehouse.landing.folder, warehouse.landing.quarantine)
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("identities.json", store.REFUSAL)
    }


def _newest(landed: list[Delivery]) -> dict[str, set[str]]:
    """Delivery → months it is the highest revision of, worked out plainly."""
    highest: dict[tuple[object, ...], Delivery] = {}
    for delivery in sorted(landed, key=lambda d: d.revision):
        for month, covered in delivery.landed_months:
            highest[(delivery.source, month, covered)] = delivery
    newest = defaultdict(set)
    for (_, month, _), delivery in highest.items():
        newest[delivery.delivery_id].add(str(month)[:7])
    return newest


@settings(settings.get_profile("histories"), max_examples=6)
@given(files=DELIVERIES, data=st.data())
def test_what_holds_after_every_refresh_of_a_history(files: list[File], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        at_once, warehouse = _all_at_once(files, Path(folder, "at_once")), Warehouse(Path(folder, "history"))
        rows: dict[str, str] = {}
        for _ in _a_history(files, data, at_once).live(warehouse):
            landed = warehouse.landed()
            # What landed once stays, its rows untouched.
            digests = _digests(warehouse)
            assert {path: digests.get(path) for path in rows} == rows
            rows |= {path: digest for path, digest in digests.items() if path.endswith(store.ACCEPTED_ROWS)}
            # Received is accepted and quarantined.
            assert all(d.rows_received == (d.rows_accepted or 0) + (d.rows_quarantined or 0) for d in landed)
            # The highest revision that landed and is not withdrawn is current.
            assert current_deliveries(warehouse.landing) == _newest(landed)
            # The same files again change nothing.
            warehouse.refresh()
            assert (warehouse.landed(), _digests(warehouse)) == (landed, digests)


# --- Whole refreshes ------------------------------------------------------------------------------

WRONG = Path("road_casualties", "2008-12 wrong.csv")
RIGHT = Path("road_casualties", "2008-12.csv")


@pytest.fixture(scope="module")
def half_a_year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a year of the sample with its revisions, and beside it: one file doubled, one correction taken back by a
    revision that restores the first, and a wrong delivery that claims the revision of a right one."""
    raw = tmp_path_factory.mktemp("half_a_year") / "raw"
    write_sample(raw, 0.01, "2008-10", "2009-03")
    crime, casualties = raw / CRIME, raw / "road_casualties"
    shutil.copy(crime / "2008-12.parquet", crime / "copy of 2008-12.parquet")
    write_csv(casualties / "2009-02_r2.csv", _without_one(read_csv(casualties / "2009-02.csv")))
    shutil.copy(casualties / "2009-02.csv", casualties / "2009-02_r3.csv")
    write_csv(raw / WRONG, _without_one(read_csv(raw / RIGHT)))
    return raw


def _without_one(rows: list[Row]) -> list[Row]:
    """The rows without the first whose area has another: no area is lost."""
    areas = Counter(row["area"] for row in rows)
    left_out = next(number for number, row in enumerate(rows) if areas[row["area"]] > 1)
    return rows[:left_out] + rows[left_out + 1 :]


def _receive(warehouse: conftest.Warehouse, source: Path, files: Iterable[Path]) -> None:
    for file in [*files, Path(SYNTHETIC_MARKER)]:
        (warehouse.raw / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / file, warehouse.raw / file)


def _withdraw_the_wrong_one(warehouse: conftest.Warehouse) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "orchestration.withdraw", "--delivery", str(WRONG), "--reason", "a row is missing"],
        env={**os.environ, "RAW_DIR": str(warehouse.raw), "WAREHOUSE_DIR": str(warehouse.folder)},
        cwd=conftest.ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr


def _published(warehouse: conftest.Warehouse) -> dict[str, str]:
    """Table of the release → digest of its rows but for times; and the content hash the release is known by."""
    with warehouse.release() as release:
        known_by = dict(release.execute("select 'content_hash', content_hash from release").fetchall())
        tables = {row[0] for row in release.execute("select table_name from duckdb_tables()").fetchall()} - {"release"}
        for table in sorted(tables):
            columns = [row[0] for row in release.execute(f"describe {table}").fetchall() if row[0] not in TIMES]
            rows = release.execute(f"select {', '.join(columns)} from {table} order by all").fetchall()
            known_by[table] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return known_by


@pytest.fixture(scope="module")
def published_at_once(half_a_year: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What one refresh publishes, the wrong delivery having been withdrawn before anything else came."""
    folder = tmp_path_factory.mktemp("at_once")
    warehouse = conftest.Warehouse(folder / "raw", folder / "warehouse")
    _receive(warehouse, half_a_year, [WRONG])
    Landing(warehouse.folder).land([warehouse.raw / WRONG], EXTRACTS["road_casualties"], is_synthetic=True)
    _withdraw_the_wrong_one(warehouse)
    _receive(warehouse, half_a_year, _files_of(half_a_year))
    ended = warehouse.refresh("2009-03")
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    return _published(warehouse)


def _files_of(raw: Path) -> list[Path]:
    return sorted(path.relative_to(raw) for path in raw.glob("*/*"))


@pytest.mark.long
@settings(settings.get_profile("histories"), max_examples=5, phases=[Phase.generate])
@given(data=st.data())
def test_whole_refreshes_publish_the_same_whatever_came_first(
    half_a_year: Path, published_at_once: dict[str, str], data: st.DataObject
) -> None:
    """The first refresh sees some of the files; the wrong one is withdrawn after it, or once it has stopped the next.
    That a refresh of the first few files may fail is part of it."""
    order = data.draw(st.permutations(_files_of(half_a_year)))
    first = order[: data.draw(st.integers(1, len(order) - 1))]
    is_withdrawn_early = data.draw(st.booleans())
    with tempfile.TemporaryDirectory() as folder:
        warehouse = conftest.Warehouse(Path(folder, "raw"), Path(folder, "warehouse"))
        _receive(warehouse, half_a_year, {WRONG, *first} - {RIGHT})
        warehouse.refresh("2009-03")
        if is_withdrawn_early:
            _withdraw_the_wrong_one(warehouse)
        _receive(warehouse, half_a_year, order)
        ended = warehouse.refresh("2009-03")
        if not is_withdrawn_early:
            assert "Revision 1 of 2008-12 from casualty_system is also in" in ended.stderr
            _withdraw_the_wrong_one(warehouse)
            ended = warehouse.refresh("2009-03")
        assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
        assert _published(warehouse) == published_at_once
