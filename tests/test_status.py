"""What `make status` says of a warehouse that is well, and of one where something is not.

Here: each finding, how bad it is, and that looking changes nothing and takes little time.
Belongs here: a promise about the page and its exit status.
Does not belong here: when something is due (`test_timetable.py`), what is new in `raw/` (`test_arrival.py`).
"""

import datetime as dt
import json
import os
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from orchestration import alerts, status
from orchestration.extracts import EXTRACTS
from orchestration.guard import only_refresh
from orchestration.landing.received import delivery_files
from orchestration.landing.store import Landing
from orchestration.status import Level, findings, page
from tests.conftest import ROOT, Warehouse
from tests.deliveries import valid_rows, write_csv

# After the release of March 2009, which is due on 16 April (Good Friday and Easter Monday are the 10th and the 13th,
# so the tenth working day is a Thursday), and before anything of April is due.
WELL = dt.datetime(2009, 4, 20, 9, tzinfo=dt.UTC)
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def own(sample: Warehouse, tmp_path: Path) -> Warehouse:
    """The sample without its build database, to be spoiled."""
    # What lies there is never written to, only put aside; so the files are those of the sample.
    shutil.copytree(sample.raw, tmp_path / "raw", copy_function=os.link)
    shutil.copytree(sample.folder / "landing", tmp_path / "warehouse" / "landing", copy_function=os.link)
    without = shutil.ignore_patterns("build.duckdb*", "dbt", "storage", "landing")
    shutil.copytree(sample.folder, tmp_path / "warehouse", symlinks=True, ignore=without, dirs_exist_ok=True)
    return Warehouse(tmp_path / "raw", tmp_path / "warehouse")


def found(own: Warehouse, now: dt.datetime = WELL) -> dict[str, tuple[str, Level]]:
    """Title → what is said and how bad it is."""
    return {each.title: (each.said, each.level) for each in findings(own.raw, own.folder, now)}


def worst(own: Warehouse, now: dt.datetime = WELL) -> Level:
    return max(each.level for each in findings(own.raw, own.folder, now))


@pytest.fixture
def ended(
    sample: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], tuple[int, str]]:
    """The exit status of the command on a day, and what it says."""

    def on(day: str) -> tuple[int, str]:
        monkeypatch.setenv("RAW_DIR", str(sample.raw))
        monkeypatch.setenv("WAREHOUSE_DIR", str(sample.folder))
        monkeypatch.setattr(sys, "argv", ["status", "--at", day])
        with pytest.raises(SystemExit) as exit:
            status.main()
        assert isinstance(exit.value.code, int)
        return exit.value.code, capsys.readouterr().out

    return on


def test_a_warehouse_that_is_well_says_so_in_its_first_line_and_takes_less_than_three_seconds(
    sample: Warehouse,
) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run(
        [sys.executable, "-m", "orchestration.status", "--at", "2009-04-20"],
        cwd=ROOT,
        env=sample.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.startswith("OK: 2009-03_r1, ")
    # Of one core: how many others want it is not the command's doing.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 3


def test_neither_status_nor_watch_loads_dagster_or_dbt() -> None:
    code = "import sys, orchestration.watch; print(sorted({'dagster', 'dbt', 'sqlalchemy'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_looking_changes_nothing(own: Warehouse) -> None:
    def state() -> dict[str, tuple[int, int]]:
        paths = own.folder.parent.rglob("*")
        # SQLite notes who reads.
        return {str(p): (p.lstat().st_mtime_ns, p.lstat().st_size) for p in paths if p.suffix != ".db-shm"}

    before = state()
    findings(own.raw, own.folder, WELL)
    assert state() == before


def test_rows_set_aside_are_those_of_the_deliveries_that_figures_rest_on(sample: Warehouse) -> None:
    counted = sample.release().execute(
        "select sum(rows_quarantined), count(*) from delivery"
        " where status in ('current', 'partly superseded') and rows_quarantined > 0"
    )
    rows, deliveries = counted.fetchall()[0]
    assert found(sample)["Set aside"][0].startswith(f"in quarantine: {rows or 0:,} rows of {deliveries:,} deliveries")


@pytest.mark.parametrize(
    ("day", "level"),
    [(15, Level.WARNING), (16, Level.CRITICAL)],
)
def test_a_release_is_overdue_when_its_day_has_ended(day: int, level: Level, sample: Warehouse) -> None:
    """The tenth working day of May 2009, which has a bank holiday on the 4th, is Friday the 15th."""
    now = dt.datetime(2009, 5, day, 9, tzinfo=dt.UTC)
    assert worst(sample, now) == level
    if level == Level.CRITICAL:
        assert found(sample, now)["Overdue"][0] == "readers have no release of 2009-04, which was due by 2009-05-15"


def test_an_extract_is_late_when_its_day_has_ended(sample: Warehouse) -> None:
    """The third working day of May 2009 is Wednesday the 6th: what is agreed for it is late on the 7th."""
    due = sorted(name for name, extract in EXTRACTS.items() if extract.due_working_day == 3)
    assert found(sample, dt.datetime(2009, 5, 6, 20, tzinfo=dt.UTC))["Late"] == ("extracts late: none", Level.OK)
    said, level = found(sample, dt.datetime(2009, 5, 7, 9, tzinfo=dt.UTC))["Late"]
    first, *lines = said.splitlines()
    assert (first, level) == (f"extracts late: {len(due)}", Level.WARNING)
    assert lines == [f"{name} for 2009-04, due 2009-05-06, 1 day late" for name in due]


def test_an_extract_that_has_been_missing_for_two_months_is_late_since_the_first(sample: Warehouse) -> None:
    said, _ = found(sample, dt.datetime(2009, 6, 1, 9, tzinfo=dt.UTC))["Late"]
    assert "recorded_crime for 2009-04, due 2009-05-06, 26 days late" in said


def test_a_file_that_was_not_taken_in_is_named_and_after_a_day_is_a_warning(own: Warehouse) -> None:
    write_csv(own.raw / "complaints" / "2009-04.csv", valid_rows("complaints", month="2009-04"))
    now = dt.datetime.now(dt.UTC)
    said = "in raw/, not taken in yet: 1 file (complaints/2009-04.csv)"
    assert found(own, now)["Waiting"] == (said, Level.OK)
    assert found(own, now + dt.timedelta(days=1, minutes=1))["Waiting"] == (said, Level.WARNING)


def test_a_refused_file_is_named_with_its_reason(own: Warehouse) -> None:
    path = own.raw / "complaints" / "2009-04.csv"
    write_csv(path, [{"complaint_ref": "1", "received": "2009-04-01"}])
    Landing(own.folder).land(list(delivery_files(path.parent)), EXTRACTS["complaints"], is_synthetic=True)
    said, level = found(own)["Refused"]
    assert level == Level.CRITICAL
    assert said.startswith("in raw/, refused: 1 file (complaints/2009-04.csv)")
    assert "complaints/2009-04.csv [" in said
    assert found(own)["Waiting"][0].endswith("no file")


def test_a_run_that_failed_is_told_with_its_reason(own: Warehouse) -> None:
    _last_run_was(own, "FAILURE")
    (own.folder / "runs").mkdir(exist_ok=True)
    kept = {
        "started_by": "sensor arrival",
        "failed_steps": {"landing__complaints": "complaints/x.csv: [empty, 0 rows] …"},
    }
    (own.folder / "runs" / "2009-04-20T080000+0000_deadbeef.json").write_text(json.dumps(kept), encoding="utf-8")
    said, level = found(own)["Last run"]
    assert level == Level.CRITICAL
    assert said.startswith("the last run, of 2009-04, begun 2009-04-20")
    assert "by sensor arrival, failed\ncomplaints/x.csv: [empty, 0 rows] …" in said


def test_a_run_that_takes_in_deliveries_is_of_no_month(own: Warehouse) -> None:
    _last_run_was(own, "SUCCESS", month=None)
    said, level = found(own)["Last run"]
    assert said.startswith("the last run, to take in deliveries, begun 2009-04-20")
    assert (said.endswith("by hand, ended well after 30 s"), level) == (True, Level.OK)


def test_a_run_that_did_not_end_and_is_not_alive_is_a_warning(own: Warehouse) -> None:
    _last_run_was(own, "STARTED")
    said, level = found(own)["Last run"]
    assert (said.endswith("not alive: the next one carries on"), level) == (True, Level.WARNING)


def test_a_refresh_under_way_is_told_with_who_holds_the_warehouse(own: Warehouse) -> None:
    _last_run_was(own, "STARTED")
    with only_refresh(own.folder, "schedule monthly_schedule"):
        seen = found(own)
    assert seen["Running"][0].startswith("the warehouse is held: schedule monthly_schedule, process ")
    assert seen["Last run"][1] == Level.OK
    assert "Running" not in found(own)


def test_a_damaged_current_release_is_critical_and_another_a_warning(own: Warehouse) -> None:
    (own.folder / "releases" / "2008-09_r1" / "performance.duckdb").unlink()
    assert found(own)["Damaged"][0].startswith("2008-09_r1: ")
    assert worst(own) == Level.WARNING
    database = own.folder / "releases" / "2009-03_r1" / "performance.duckdb"
    database.chmod(0o644)
    with database.open("r+b") as stream:
        stream.seek(100_000)
        stream.write(b"not as published")
    said, level = found(own)["Release"]
    assert (said.startswith("2009-03_r1 is damaged; "), level) == (True, Level.CRITICAL)


def test_a_release_that_is_newer_than_the_readers_is_named(own: Warehouse) -> None:
    """After a rollback to September, which lacks the month that is due."""
    (own.folder / "current").unlink()
    (own.folder / "current").symlink_to("releases/2008-09_r1")
    said, level = found(own)["Newer"]
    assert (said.startswith("2009-03_r1 was made after it; "), level) == (True, Level.WARNING)
    first, second = found(own)["Overdue"][0].splitlines()
    assert first == "readers have no release of 2009-03, which was due by 2009-04-16"
    assert second.startswith("there is 2009-03_r1: `make rollback RELEASE=…`")


def test_a_delivery_that_was_withdrawn_and_is_still_in_the_release_is_a_warning(own: Warehouse) -> None:
    landing = Landing(own.folder)
    delivery = next(d for d in landing.deliveries("workforce") if d.file_name.startswith("2009-03"))
    landing.withdraw(delivery, "of another force")
    said, level = found(own)["Withdrawn"]
    assert said.startswith(f"withdrawn, and the release still rests on it: 1 file (workforce/{delivery.file_name})")
    assert level == Level.WARNING


def test_a_disk_with_too_little_room_for_a_refresh_is_critical(own: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a build database, and of a release that does not say how large it was, a refresh needs the size of the
    release once more, some 30 MB."""
    manifest = own.folder / "releases" / (own.folder / "current").readlink().name / "manifest.json"
    said = json.loads(manifest.read_text(encoding="utf-8"))
    del said["build_bytes"]
    manifest.chmod(0o644)
    manifest.write_text(json.dumps(said), encoding="utf-8")
    for free, level in ((10 * 1024**2, Level.CRITICAL), (100 * 1024**2, Level.WARNING), (1024**3, Level.OK)):
        monkeypatch.setattr(status.shutil, "disk_usage", lambda path, free=free: Usage(2 * free, free, free))
        assert found(own)["Disk"][1] == level


def test_room_for_a_build_that_is_not_there_is_asked_for_as_the_release_had_it(
    sample: Warehouse, own: Warehouse
) -> None:
    """After a restore there is no build database, and the first refresh makes it as large as it was."""
    needed = "a refresh needs {:,.0f} MB at most"
    release = sum(path.stat().st_size for path in (own.folder / "current").resolve().rglob("*") if path.is_file())
    manifest = json.loads((own.folder / "current" / "manifest.json").read_text(encoding="utf-8"))
    assert 0.5 < manifest["build_bytes"] / (sample.folder / "build.duckdb").stat().st_size < 2
    assert not (own.folder / "build.duckdb").exists()
    said, _ = found(own)["Disk"]
    assert said.endswith(needed.format((manifest["build_bytes"] + release) / 1024**2))


def test_an_alert_that_could_not_be_sent_is_a_warning(own: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(own)["Alerts"] == ("alerts are off in this environment: ALERTS_TO is not set", Level.OK)
    monkeypatch.setenv("ALERTS_TO", "oncall@example.org")
    said = "alerts cannot be sent: ALERTS_FROM and ALERTS_SMTP_HOST is not set, and ALERTS_TO is"
    assert found(own)["Alerts"] == (said, Level.WARNING)
    with socket.socket() as deaf:
        # A port that is taken and not listened on.
        deaf.bind(("localhost", 0))
        for name, value in {"FROM": "warehouse@example.org", "SMTP_HOST": "localhost"}.items():
            monkeypatch.setenv(f"ALERTS_{name}", value)
        monkeypatch.setenv("ALERTS_SMTP_PORT", str(deaf.getsockname()[1]))
        assert found(own)["Alerts"] == ("alerts go to 1 recipients, by localhost", Level.OK)
        alerts.tell(own.folder, {"refresh": [alerts.Alert("Failed", "For a reason.")]}, WELL)
    said = "an alert could not be sent, 2009-04-20 09:00: Connection refused (ConnectionRefusedError)"
    assert found(own)["Alerts"] == (said, Level.WARNING)


def test_the_first_line_has_the_worst_and_the_exit_status_is_its_number(
    ended: Callable[[str], tuple[int, str]],
) -> None:
    code, said = ended("2009-05-16")
    assert code == 2
    assert said.startswith("CRITICAL: readers have no release of 2009-04, which was due by 2009-05-15\n")
    assert "\n! Late        extracts late: 11\n              recorded_crime for 2009-04" in said


def test_a_setting_that_cannot_be_meant_is_unknown(
    ended: Callable[[str], tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELEASE_WORKING_DAY", "40")
    code, said = ended("2009-04-20")
    assert (code, said.startswith("UNKNOWN: not to be seen: RELEASE_WORKING_DAY")) == (3, True)


def test_where_nothing_is_yet_nothing_is_made(tmp_path: Path) -> None:
    lines = page(findings(tmp_path / "raw", tmp_path / "warehouse", WELL))
    assert lines[0] == (
        "CRITICAL: there is none yet: `make refresh` makes the first;"
        " readers have no release of 2009-03, which was due by 2009-04-16"
    )
    assert list(tmp_path.iterdir()) == []


def _last_run_was(own: Warehouse, outcome: str, month: str | None = "2009-04") -> None:
    began = dt.datetime(2009, 4, 20, 8, tzinfo=dt.UTC).timestamp()
    with closing(sqlite3.connect(own.folder / "dagster" / "history" / "runs.db")) as runs:
        runs.execute(
            "insert into runs (run_id, pipeline_name, status, partition, start_time, end_time)"
            " values ('deadbeef-0000', 'monthly_refresh', ?, ?, ?, ?)",
            (outcome, month, began, began + 30),
        )
        runs.commit()
