"""Faults of the machine: what is full, forbidden, damaged, held or wrong about the time, and how a refresh takes it.

Here: disk, permissions, damaged files of every kind, two at once, clocks.
Belongs here: a fault that lies in no delivery.
Does not belong here: the death of a process (`test_kills.py`), bad deliveries (`test_landing.py`).
"""

import datetime as dt
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import duckdb
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from orchestration.extracts import EXTRACTS
from orchestration.guard import NotStarted, discard_build, only_refresh
from orchestration.landing.delivery import Damaged
from orchestration.landing.identity import Identities, identify
from orchestration.landing.store import Landing
from orchestration.machine import remedy
from orchestration.partitions import has_begun
from orchestration.publishing import Release, publish
from orchestration.resources import DBT_PROJECT
from orchestration.schedules import monthly_schedule
from tests.conftest import ROOT, Warehouse
from tests.deliveries import valid_rows, write_csv
from tests.test_kills import content_of, traces

CRIME = EXTRACTS["recorded_crime"]
MONTH = "2009-03"
FAILED = "The refresh failed; what was published is unchanged."


@pytest.fixture
def own(sample: Warehouse, tmp_path: Path) -> Warehouse:
    """A copy of the sample's raw folder and warehouse, to be damaged."""
    return sample.copy(tmp_path)


def _published(warehouse: Warehouse) -> tuple[str, bytes]:
    """Which release is current, and its bytes."""
    current = warehouse.folder / "current"
    return str(current.readlink()), (current / "performance.duckdb").read_bytes()


def _bounded(warehouse: Warehouse, bound: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.bounded", bound, *arguments],
        cwd=ROOT,
        env=warehouse.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def _is_without_stack_trace(ended: subprocess.CompletedProcess[str]) -> bool:
    return "Traceback" not in ended.stdout + ended.stderr and 'File "' not in ended.stdout + ended.stderr


# A full disk


@pytest.mark.parametrize(
    "message",
    [
        "[Errno 28] No space left on device: '/w/landing/x'",
        'IO Error: Could not write file "/w/build.duckdb": No space left on device',
        "(sqlite3.OperationalError) database or disk is full",
        "[Errno 122] Disk quota exceeded",
    ],
)
def test_a_full_disk_is_told_by_its_folder_and_the_room_left_on_it(message: str, tmp_path: Path) -> None:
    said = remedy(message, tmp_path) or ""
    assert said.startswith(f"No room is left on the disk of {tmp_path} (")
    assert said.endswith("Make room there and run again; nothing has to be mended by hand.")


def test_an_error_that_is_not_the_machines_has_no_remedy_here(tmp_path: Path) -> None:
    assert (
        remedy("Corrupt database file: computed checksum 1 does not match 2 in block at location 0", tmp_path) is None
    )


def test_a_file_that_may_not_grow_stops_the_refresh_in_words(tmp_path: Path) -> None:
    """20,000 bytes are fewer than Dagster's own storage takes: it keeps nothing, which is told all the same."""
    own = Warehouse(tmp_path / "raw", tmp_path / "warehouse")
    write_csv(own.raw / "road_casualties" / "2008-12.csv", valid_rows("road_casualties"))
    ended = _bounded(own, "20000", "--month", "2008-12")
    assert ended.returncode == 1
    assert FAILED in ended.stderr
    assert ended.stderr.strip().endswith("Make room there and run again; nothing has to be mended by hand.")
    assert _is_without_stack_trace(ended)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root can mount the small file system that this test fills")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.long
@pytest.mark.parametrize(("stage", "room"), [("landing", 200_000), ("loading", 2_000_000), ("the release", 9_000_000)])
def test_a_full_disk_stops_the_refresh_in_words_and_with_room_the_next_succeeds(
    stage: str, room: int, sample: Warehouse, small_disk: Path, tmp_path: Path
) -> None:
    """The disk is filled up to the room given, before a refresh that lands a revision and makes a release of it."""
    own = Warehouse(tmp_path / "raw", small_disk / "warehouse")
    shutil.copytree(sample.raw, own.raw)
    shutil.copytree(sample.folder, own.folder, symlinks=True)
    month = own.raw / "recorded_crime" / "2009-03.parquet"
    shutil.copy(month.with_name("2009-02.parquet"), own.raw / "recorded_crime" / "2009-02_r3.parquet")
    (own.raw / "recorded_crime" / "2009-02_r3.parquet.json").write_text('{"partial": true}', encoding="utf-8")
    if stage == "loading":
        discard_build(own.folder)
    before = _published(own)
    filler = small_disk / "filler"
    with filler.open("wb") as full:
        full.truncate(0)
        size = shutil.disk_usage(small_disk).free - room
        os.posix_fallocate(full.fileno(), 0, size)
    ended = own.refresh()
    assert ended.returncode == 1, ended.stdout[-1000:]
    assert f"No room is left on the disk of {own.folder}" in ended.stderr.strip().splitlines()[-1]
    assert _is_without_stack_trace(ended)
    assert _published(own) == before

    filler.unlink()
    ended = own.refresh()
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert "Published release 2009-03_r2" in ended.stdout
    assert traces(own) == []


# No permission


def test_a_missing_permission_is_told_with_the_folders_it_is_needed_for(tmp_path: Path) -> None:
    said = remedy("[Errno 13] Permission denied: '/w/refresh.lock'", tmp_path) or ""
    assert said.startswith(f"The user with the id {os.geteuid()} lacks a permission")
    assert str(tmp_path) in said


def test_a_warehouse_that_may_not_be_written_is_told_in_words(sample: Warehouse, tmp_path: Path) -> None:
    closed = Warehouse(sample.raw, tmp_path / "warehouse")
    closed.folder.mkdir()
    closed.folder.chmod(0o555)
    ended = _bounded(closed, "permissions")
    assert ended.returncode == 1
    assert f"Permission denied: '{closed.folder / 'refresh.lock'}'" in ended.stderr
    assert "lacks a permission" in ended.stderr.strip().splitlines()[-1]
    assert _is_without_stack_trace(ended)
    assert list(closed.folder.iterdir()) == []


def test_an_unreadable_file_is_refused_by_name_and_the_others_land(tmp_path: Path) -> None:
    """Asked of a process that permissions bind; the sidecar of one file and another file are closed to it."""
    raw = tmp_path / "raw" / "recorded_crime"
    files = [
        write_csv(raw / f"2008-{month}.csv", valid_rows("recorded_crime", month=f"2008-{month}"))
        for month in ("07", "08", "09")
    ]
    closed = [files[1], files[2].with_name(files[2].name + ".json")]
    closed[1].write_text('{"partial": true}', encoding="utf-8")
    for path in closed:
        path.chmod(0)
    landing = f"""
from pathlib import Path
from tests.bounded import bind_to_permissions
from orchestration.extracts import EXTRACTS
from orchestration.landing.store import Landing
bind_to_permissions()
files = sorted(Path({str(raw)!r}).glob("*.csv"))
landed, refused = Landing(Path({str(tmp_path)!r})).land(files, EXTRACTS["recorded_crime"], False)
print([d.file_name for d in landed])
for delivery in refused:
    print(delivery.file_name, delivery.reason, sep=": ")
"""
    ended = subprocess.run([sys.executable, "-c", landing], cwd=ROOT, capture_output=True, text=True, check=False)
    said = "[permission, whole file] The user who refreshes has no permission to read"
    assert ended.stdout.splitlines() == [
        "['2008-07.csv']",
        f"2008-08.csv: {said} 2008-08.csv. Give it to that user (chmod, chown).",
        f"2008-09.csv: {said} 2008-09.csv.json. Give it to that user (chmod, chown).",
    ], ended.stderr

    for path in closed:
        path.chmod(0o600)
    landed, refused = Landing(tmp_path).land(files, CRIME, False)
    assert ([d.file_name for d in landed], refused) == (["2008-08.csv", "2008-09.csv"], [])
    assert {d.sha256 for d in landed} == {identify(files[1]).sha256, identify(files[2]).sha256}


@pytest.mark.long
def test_releases_that_may_not_be_written_stop_the_refresh_in_words(own: Warehouse) -> None:
    revision = own.raw / "road_casualties" / "2009-03_r2.csv"
    shutil.copy(own.raw / "road_casualties" / "2009-02.csv", revision.with_name("late.csv"))
    revision.with_name("late.csv").rename(own.raw / "road_casualties" / "2009-02_r2.csv")
    (own.raw / "road_casualties" / "2009-02_r2.csv.json").write_text('{"partial": true}', encoding="utf-8")
    (own.folder / "releases").chmod(0o555)
    before = _published(own)
    ended = _bounded(own, "permissions")
    assert ended.returncode == 1
    assert "Permission denied" in ended.stderr
    assert str(own.folder / "releases") in ended.stderr
    assert "lacks a permission" in ended.stderr.strip().splitlines()[-1]
    assert _is_without_stack_trace(ended)
    assert _published(own) == before
    (own.folder / "releases").chmod(0o755)
    assert own.refresh().returncode == 0


# A damaged build database


def _flip(path: Path, start: int, length: int) -> None:
    content = bytearray(path.read_bytes())
    content[start : start + length] = bytes(byte ^ 0xFF for byte in content[start : start + length])
    path.write_bytes(content)


def _cut(path: Path, length: int) -> None:
    os.truncate(path, length)


def _build(warehouse: Path, table: str = "kept") -> Path:
    """A build database of one table, without anything around it."""
    warehouse.mkdir(parents=True, exist_ok=True)
    path = warehouse / "build.duckdb"
    with duckdb.connect(str(path)) as build:
        build.execute(f"create table {table} as select i from range(100000) as numbers(i)")
    return path


def _unfinished_log(folder: Path) -> Path:
    """The write-ahead log of another database, whose process ended without writing it into the file."""
    folder.mkdir()
    database = folder / "other.duckdb"
    code = f"""
import duckdb, os
other = duckdb.connect({str(database)!r})
other.execute("create table before as select 1 as one")
other.execute("checkpoint")
other.execute("create table intruder as select 2 as two")
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    return database.with_name("other.duckdb.wal")


@pytest.mark.parametrize(
    "damage",
    [
        lambda build: build.write_bytes(b"not a database" * 400),
        # DuckDB names the damaged block, which is no lock.
        lambda build: _flip(build, 100, 64),
        lambda build: _flip(build, 4096, 64),
        lambda build: _flip(build, 12288, 4096),
        lambda build: _cut(build, 13_000),
        lambda build: _cut(build, 5_000),
        lambda build: _cut(build, 0),
    ],
    ids=["rubbish", "header", "first_block", "catalogue", "cut", "cut_in_header", "empty"],
)
def test_a_build_that_cannot_be_opened_is_discarded_and_said(
    damage: Callable[[Path], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = _build(tmp_path)
    damage(build)
    with only_refresh(tmp_path):
        assert not build.exists()
    assert capsys.readouterr().out == f"{build} is damaged; it is made again from the landing.\n"


def test_a_log_of_another_database_beside_the_build_discards_both(tmp_path: Path) -> None:
    build = _build(tmp_path)
    shutil.copy(_unfinished_log(tmp_path / "other"), tmp_path / "build.duckdb.wal")
    with only_refresh(tmp_path):
        assert (build.exists(), (tmp_path / "build.duckdb.wal").exists()) == (False, False)


def test_a_log_beside_a_deleted_build_is_never_replayed_into_the_next(tmp_path: Path) -> None:
    shutil.copy(_unfinished_log(tmp_path / "other"), tmp_path / "build.duckdb.wal")
    with only_refresh(tmp_path), duckdb.connect(str(tmp_path / "build.duckdb")) as build:
        assert build.execute("select table_name from duckdb_tables()").fetchall() == []


def test_an_intact_build_is_kept(tmp_path: Path) -> None:
    _build(tmp_path)
    with only_refresh(tmp_path), duckdb.connect(str(tmp_path / "build.duckdb")) as build:
        assert build.execute("select count(*) from kept").fetchone() == (100_000,)


def test_a_build_that_another_process_has_open_is_not_damaged(tmp_path: Path) -> None:
    build = _build(tmp_path)
    code = f"import duckdb, sys; held = duckdb.connect({str(build)!r}); print('open', flush=True); sys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "open\n"
    with pytest.raises(NotStarted, match=r"another process has .*build\.duckdb open"), only_refresh(tmp_path):
        pass
    holder.communicate("")
    assert build.exists()


@pytest.mark.long
def test_a_build_damaged_in_the_middle_is_made_again_within_two_refreshes(own: Warehouse) -> None:
    """Half of every block behind the catalogue's is turned over: the file opens, and a step fails while it reads."""
    before = content_of(own.folder / "current")
    build = own.folder / "build.duckdb"
    for start in range(12_288 + 262_144, build.stat().st_size - 262_144 * 8, 262_144):
        _flip(build, start, 131_072)
    first = own.refresh()
    ended = first if first.returncode == 0 else own.refresh()
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert "Nothing changed: release 2009-03_r1 stands" in ended.stdout
    assert content_of(own.folder / "current") == before
    assert first.returncode == 0 or _is_without_stack_trace(first)


# Releases and `current`


def _publish(warehouse: Warehouse) -> Release:
    with only_refresh(warehouse.folder):
        return publish(warehouse.folder, DBT_PROJECT.manifest_path, MONTH, dt.datetime.now(dt.UTC), {})


def _without_manifest(release: Path) -> None:
    (release / "manifest.json").unlink()


def _without_database(release: Path) -> None:
    (release / "performance.duckdb").unlink()


def _manifest_cut(release: Path) -> None:
    (release / "manifest.json").chmod(0o644)
    _cut(release / "manifest.json", 100)


def _database_cut(release: Path) -> None:
    (release / "performance.duckdb").chmod(0o644)
    _cut(release / "performance.duckdb", 1_000_000)


def _log_beside(release: Path) -> None:
    (release / "performance.duckdb.wal").write_bytes(b"of another database")


@pytest.mark.parametrize(
    "damage",
    [
        _manifest_cut,
        _log_beside,
        *(
            pytest.param(other, marks=pytest.mark.long)
            for other in (_without_manifest, _without_database, _database_cut)
        ),
    ],
)
def test_a_damaged_release_is_left_and_named_and_its_number_stays_taken(
    damage: Callable[[Path], None], own: Warehouse
) -> None:
    """2009-03_r1 is damaged, with the content that is published again: that gets number 2."""
    release = own.folder / "releases" / "2009-03_r1"
    known = content_of(release)
    damage(release)
    published = _publish(own)
    assert (published.release_id, published.is_new, published.damaged) == ("2009-03_r2", True, ["2009-03_r1"])
    assert (own.folder / "current").readlink() == Path("releases/2009-03_r2")
    assert release.is_dir()
    again = content_of(own.folder / "current")
    assert {table for table in known if known[table] != again[table]} == {"release", "fct_reported_verdict"}


def test_a_half_written_release_above_a_whole_one_takes_its_number_and_nothing_else(own: Warehouse) -> None:
    """What an older version left when it was killed: a folder with the next number, without anything whole in it."""
    half = own.folder / "releases" / "2009-03_r2"
    half.mkdir()
    (half / "performance.duckdb").write_bytes(b"half")
    published = _publish(own)
    assert (published.release_id, published.is_new, published.damaged) == ("2009-03_r1", False, ["2009-03_r2"])
    shutil.rmtree(own.folder / "releases" / "2009-03_r1")
    assert _publish(own).release_id == "2009-03_r3"


def test_what_was_being_written_when_a_process_died_is_deleted_before_any_step(tmp_path: Path) -> None:
    building = tmp_path / "releases" / ".building-2009-03_r2"
    building.mkdir(parents=True)
    (building / "performance.duckdb").write_bytes(b"half")
    with only_refresh(tmp_path):
        assert not building.exists()


@pytest.mark.parametrize("target", [None, "releases/2001-01_r9"])
def test_a_missing_or_dangling_current_is_pointed_at_the_release(target: str | None, own: Warehouse) -> None:
    (own.folder / "current").unlink()
    if target:
        (own.folder / "current").symlink_to(target)
    assert not _publish(own).is_new
    assert (own.folder / "current").readlink() == Path("releases/2009-03_r1")


def test_a_folder_in_the_place_of_current_stops_the_refresh_before_it_starts(tmp_path: Path) -> None:
    (tmp_path / "current").mkdir()
    with pytest.raises(NotStarted) as stopped, only_refresh(tmp_path):
        pass
    said = f"Not started: {tmp_path / 'current'} is not the link to a release that it has to be, but a copy."
    assert str(stopped.value) == f"{said} Move it out of the warehouse and run again."


# A damaged landing


@pytest.fixture
def landed(tmp_path: Path) -> tuple[Landing, list[Path], Path]:
    """A landing of two deliveries, their files in `raw/`, and the folder of the second one."""
    months = ("2008-11", "2008-12")
    files = [
        write_csv(tmp_path / "raw" / f"{month}.csv", valid_rows("recorded_crime", month=month)) for month in months
    ]
    landing = Landing(tmp_path / "warehouse")
    deliveries, _ = landing.land(files, CRIME, False)
    second = next(d for d in deliveries if d.file_name == "2008-12.csv")
    return landing, files, landing.accepted_rows(second).parent


def _rows_cut(folder: Path) -> None:
    _cut(folder / "accepted.parquet", 2_000)


def _rows_empty(folder: Path) -> None:
    _cut(folder / "accepted.parquet", 0)


def _rows_missing(folder: Path) -> None:
    (folder / "accepted.parquet").unlink()


def _record_cut(folder: Path) -> None:
    _cut(folder / "delivery.json", 200)


def _record_empty(folder: Path) -> None:
    _cut(folder / "delivery.json", 0)


def _record_missing(folder: Path) -> None:
    (folder / "delivery.json").unlink()


def _of_another_make(folder: Path) -> None:
    (folder / "delivery.json").write_text('{"periods": [], "colour": "red"}', encoding="utf-8")


DAMAGES = [_rows_cut, _rows_empty, _rows_missing, _record_cut, _record_empty, _record_missing, _of_another_make]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_delivery_is_landed_again_from_raw_to_the_same_rows(
    damage: Callable[[Path], None],
    landed: tuple[Landing, list[Path], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    landing, files, folder = landed
    rows = (folder / "accepted.parquet").read_bytes()
    damage(folder)
    again, refused = landing.land(files, CRIME, False)
    assert ([d.file_name for d in again], refused) == (["2008-12.csv"], [])
    assert (folder / "accepted.parquet").read_bytes() == rows
    assert f"{folder} is damaged; " in capsys.readouterr().out
    assert landing.land(files, CRIME, False) == ([], [])


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_delivery_whose_file_is_gone_stops_with_its_name_and_the_remedy(
    damage: Callable[[Path], None], landed: tuple[Landing, list[Path], Path]
) -> None:
    landing, files, folder = landed
    damage(folder)
    name = "2008-12.csv" if damage in (_rows_cut, _rows_empty, _rows_missing) else folder.name
    with pytest.raises(Damaged) as stopped:
        landing.land(files[:1], CRIME, False)
    assert str(stopped.value).startswith(f"What landed of recorded_crime/{name} cannot be read any more: {folder}")
    assert "put the file back into raw/recorded_crime" in str(stopped.value)
    assert folder.is_dir()


def test_no_list_of_deliveries_passes_over_a_record_that_cannot_be_read(
    landed: tuple[Landing, list[Path], Path],
) -> None:
    landing, _, folder = landed
    _record_cut(folder)
    with pytest.raises(Damaged, match=r"delivery\.json is missing or damaged"):
        landing.deliveries()


def test_a_withdrawn_delivery_without_its_rows_stays_withdrawn(landed: tuple[Landing, list[Path], Path]) -> None:
    """Its file still lies in `raw/`, and comes again as revision 2 beside another one in between: read anew."""
    landing, files, folder = landed
    landing.withdraw(next(d for d in landing.deliveries() if d.delivery_id == folder.name), "counted twice")
    _rows_cut(folder)
    assert landing.land(files, CRIME, False) == ([], [])
    assert [d.status for d in landing.deliveries() if d.delivery_id == folder.name] == ["withdrawn"]


def test_a_withdrawn_delivery_whose_record_is_damaged_is_not_landed_again(
    landed: tuple[Landing, list[Path], Path],
) -> None:
    landing, files, folder = landed
    landing.withdraw(next(d for d in landing.deliveries() if d.delivery_id == folder.name), "counted twice")
    _cut(folder / "withdrawal.json", 20)
    with pytest.raises(Damaged, match=r"2008-12\.csv cannot be read any more"):
        landing.land(files, CRIME, False)


def test_a_damaged_record_of_a_refusal_is_written_anew(tmp_path: Path) -> None:
    wrong = [{**row, "offences": "-1"} for row in valid_rows("recorded_crime")]
    file = write_csv(tmp_path / "2008-12.csv", wrong)
    landing = Landing(tmp_path / "warehouse")
    _, (refused,) = landing.land([file], CRIME, False)
    record = tmp_path / "warehouse" / "quarantine" / "recorded_crime" / refused.delivery_id / "refusal.json"
    _cut(record, 50)
    _, again = landing.land([file], CRIME, False)
    assert [(d.delivery_id, d.reason) for d in again] == [(refused.delivery_id, refused.reason)]
    assert [(d.delivery_id, d.status) for d in landing.deliveries()] == [(refused.delivery_id, "refused")]


@pytest.mark.parametrize("rubbish", ["", "{", "[1]", "\x00\xff"])
def test_rubbish_in_the_remembered_identities_is_forgotten(
    rubbish: str, landed: tuple[Landing, list[Path], Path]
) -> None:
    landing, files, _ = landed
    (landing.folder / "recorded_crime" / "identities.json").write_text(rubbish, encoding="latin-1")
    assert landing.land(files, CRIME, False) == ([], [])


@pytest.mark.long
def test_a_refresh_lands_a_damaged_delivery_again_or_names_it(own: Warehouse) -> None:
    """March 2009 of the road casualties, first with its file in `raw/`, then without."""
    before = _published(own)
    query = "select delivery_id from delivery where extract = 'road_casualties' and file_name = '2009-03.csv'"
    ((delivery_id,),) = own.release().execute(query).fetchall()
    record = own.folder / "landing" / "road_casualties" / delivery_id / "delivery.json"
    record.unlink()
    ended = own.refresh()
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert "New deliveries that landed: 1." in ended.stdout
    assert "Nothing changed: release 2009-03_r1 stands" in ended.stdout

    _cut(record, 10)
    (own.raw / "road_casualties" / "2009-03.csv").unlink()
    ended = own.refresh(MONTH)
    assert ended.returncode == 1
    assert ended.stderr.strip().splitlines()[-1].startswith(f"What landed of road_casualties/{delivery_id} cannot be")
    assert _is_without_stack_trace(ended)
    assert _published(own) == before


# Two at once


@pytest.fixture
def held(sample: Warehouse) -> Iterator[Warehouse]:
    """The sample's warehouse, held as a refresh holds it."""
    with (sample.folder / "refresh.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield sample


def test_dagsters_job_fails_with_the_reason_while_a_refresh_holds_the_warehouse(held: Warehouse) -> None:
    """As `dagster dev` runs it: the job by itself, in another process. The build of the first must stay."""
    build = (held.folder / "build.duckdb").read_bytes()
    before = _published(held)
    code = """
import dagster as dg
from orchestration.definitions import definitions
job = definitions.resolve_job_def("monthly_refresh")
with dg.DagsterInstance.ephemeral() as instance:
    result = job.execute_in_process(instance=instance, partition_key="2009-03", raise_on_error=False)
print(result.success)
"""
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=held.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout.splitlines()[-1:] == ["False"], ended.stderr[-2000:]
    assert "Not started: another refresh holds this warehouse" in ended.stderr
    assert (held.folder / "build.duckdb").read_bytes() == build
    assert _published(held) == before


def test_a_withdrawal_during_a_refresh_says_so_and_changes_nothing(held: Warehouse) -> None:
    named = ["--delivery", "road_casualties/2009-03.csv", "--reason", "counted twice"]
    ended = subprocess.run(
        [sys.executable, "-m", "orchestration.withdraw", *named],
        cwd=ROOT,
        env=held.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("Not started: another refresh holds this warehouse")
    assert list(held.folder.glob("landing/*/*/withdrawal.json")) == []


# Clocks

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("now", "has_july_begun"),
    [
        # British Summer Time is an hour ahead of UTC: July begins at 23:00 UTC of 30 June.
        (dt.datetime(2026, 6, 30, 22, 59, tzinfo=dt.UTC), False),
        (dt.datetime(2026, 6, 30, 23, 0, tzinfo=dt.UTC), True),
        (dt.datetime(2026, 6, 30, 23, 30, tzinfo=LONDON), False),
        # On Kiritimati, 14 hours ahead of UTC, it is 1 July by noon of 30 June in London.
        (dt.datetime(2026, 7, 1, 1, 0, tzinfo=ZoneInfo("Pacific/Kiritimati")), False),
        # In Los Angeles, 7 hours behind UTC, it is still 30 June.
        (dt.datetime(2026, 6, 30, 20, 0, tzinfo=ZoneInfo("America/Los_Angeles")), True),
    ],
)
def test_a_reporting_month_begins_by_the_forces_clocks(now: dt.datetime, has_july_begun: bool) -> None:
    assert has_begun("2026-07", now) == has_july_begun


def test_dagster_offers_a_month_from_the_same_instant() -> None:
    job = monthly_schedule.job.partitions_def
    assert isinstance(job, dg.MonthlyPartitionsDefinition)
    before, after = (dt.datetime(2026, 6, 30, hour, minute, tzinfo=dt.UTC) for hour, minute in ((22, 59), (23, 1)))
    for now, month in ((before, "2026-06"), (after, "2026-07")):
        with dg.partition_loading_context(effective_dt=now):
            assert job.get_last_partition_key() == month


def test_the_schedule_fires_at_six_in_london_on_both_sides_of_a_change_of_the_clocks() -> None:
    """The clocks go forward on Sunday, 29 March 2026, and back on Sunday, 25 October."""
    fired = []
    for friday in (dt.datetime(2026, 3, 27, tzinfo=dt.UTC), dt.datetime(2026, 10, 23, tzinfo=dt.UTC)):
        ticks = schedule_execution_time_iterator(
            friday.timestamp(), str(monthly_schedule.cron_schedule), monthly_schedule.execution_timezone, True
        )
        fired += [next(ticks), next(ticks)]
    told = [tick.astimezone(LONDON).strftime("%m-%d %H:%M") for tick in fired]
    assert told == ["03-27 06:00", "03-30 06:00", "10-23 06:00", "10-26 06:00"]
    assert [tick.astimezone(dt.UTC).hour for tick in fired] == [6, 5, 5, 6]


def test_when_a_delivery_was_received_is_told_in_utc(landed: tuple[Landing, list[Path], Path]) -> None:
    landing, _, _ = landed
    for delivery in landing.deliveries():
        received = dt.datetime.fromisoformat(delivery.received_at)
        assert received.utcoffset() == dt.timedelta(0)
        assert abs(dt.datetime.now(dt.UTC) - received) < dt.timedelta(minutes=5)


def _remembered(folder: Path, file: Path, now: float, monkeypatch: pytest.MonkeyPatch) -> Identities:
    """Identities as they are remembered from a refresh at `now`, in seconds of the epoch."""
    monkeypatch.setattr(time, "time_ns", lambda: int(now * 1e9))
    identities = Identities(folder)
    identities.of(file)
    identities.remember()
    return Identities(folder)


def test_a_file_rewritten_in_place_with_its_time_set_back_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same size, the same inode, the same modification time: the time of change tells."""
    file = tmp_path / "2008-12.csv"
    file.write_text("area,offences\nbexley,1\n", encoding="utf-8")
    before = file.stat()
    remembered = _remembered(tmp_path / "landing", file, before.st_ctime + 60, monkeypatch)
    file.write_text("area,offences\nbexley,2\n", encoding="utf-8")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = file.stat()
    assert (after.st_size, after.st_ino, after.st_mtime_ns) == (before.st_size, before.st_ino, before.st_mtime_ns)
    assert remembered.of(file) == identify(file)


def test_a_digest_taken_while_the_clock_was_behind_the_file_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "2008-12.csv"
    file.write_text("area,offences\nbexley,1\n", encoding="utf-8")
    _remembered(tmp_path / "landing", file, file.stat().st_ctime - 86_400, monkeypatch)
    assert not (tmp_path / "landing" / "identities.json").exists()


@pytest.mark.long
def test_the_time_zone_of_the_machine_changes_nothing_in_a_release(own: Warehouse) -> None:
    """14 hours ahead of UTC, then 7 or 8 behind: two different days at any moment, and two months at a month's end."""
    before = _published(own)
    for zone in ("Pacific/Kiritimati", "America/Los_Angeles"):
        discard_build(own.folder)
        ended = own.refresh(TZ=zone)
        assert "Nothing changed: release 2009-03_r1 stands" in ended.stdout, ended.stderr[-2000:]
        assert _published(own) == before
