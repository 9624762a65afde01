"""It runs by itself: a year of deliveries on a clock that is set, and a daemon that is stopped and killed.

Here: whole runs that schedule and sensor started.
Belongs here: what is published when nobody is looking.
Does not belong here: what is started and what is not (`test_arrival.py`).
"""

import configparser
import contextlib
import datetime as dt
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from orchestration import watch
from orchestration.alerts import tell
from orchestration.dagster_home import dagster_environment
from orchestration.guard import holder
from orchestration.sample_deliveries import write_sample
from orchestration.timetable import MONTHLY, Timetable, working_day
from tests.conftest import ROOT
from tests.postbox import Postbox, serving
from tests.service import Daemon, at_hour, daemon

# As small as a sample can be in which no month of an extract is empty.
SCALE = 0.01
MONTHS = [f"2008-{month:02d}" for month in range(4, 13)] + ["2009-01", "2009-02", "2009-03"]
# Set 2026-11-30: a run takes one minute on two idle cores, and several on busy ones.
LONGEST_WAIT = 900


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the systems will deliver: April 2008 to March 2009, and revisions."""
    folder = tmp_path_factory.mktemp("store")
    write_sample(folder, SCALE, MONTHS[0], MONTHS[-1])
    return folder


class Year:
    """A warehouse through a year: files are moved into `raw/`, and what sensor and schedule ask for is run."""

    def __init__(self, own: Daemon, store: Path) -> None:
        self.own, self.store = own, store
        self.refreshes = 0
        self.failed: list[str] = []
        self.postbox = Postbox()

    def deliver(self, extract: str, name: str) -> Path:
        """Put the file of one month (or revision) into `raw/`."""
        (source,) = (self.store / extract).glob(f"{name}.*")
        target = self.own.raw / extract / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        return target

    def at(self, month: str, number: int, hour: int = 9) -> None:
        """Set the clock to a working day of the month after a reporting month."""
        after = (dt.date.fromisoformat(f"{month}-01") + dt.timedelta(days=31)).replace(day=1)
        self.own.now = at_hour(working_day(after, number), hour)

    def settle(self) -> str:
        """Let the sensor look until it asks for nothing, and run what it asks for; what it says in the end."""
        for _ in range(4):
            request = self.own.look_twice()
            if not isinstance(request, dg.RunRequest):
                return request
            self.run(request, {"dagster/sensor_name": "arrival"})
        raise AssertionError(f"The sensor does not come to rest; failed: {self.failed}")

    def run(self, request: dg.RunRequest, started_by: dict[str, str]) -> bool:
        """What the daemon does with a request: a run in a process of its own."""
        self.refreshes += request.asset_selection is None
        asked = {
            "partition_key": request.partition_key,
            "asset_selection": [key.path for key in request.asset_selection or []],
            "tags": {**request.tags, **started_by},
        }
        ended = subprocess.run(
            [sys.executable, "-m", "tests.service", json.dumps(asked)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            self.failed.append(ended.stderr.strip().splitlines()[-1])
        return ended.returncode == 0

    def scheduled(self, month: str) -> str | None:
        """The schedule on the refresh day of a month; what it says when it asks for no run."""
        self.at(month, Timetable().refresh_working_day, 6)
        request = self.own.schedule()
        if isinstance(request, str):
            return request
        assert self.run(request, {"dagster/schedule_name": "monthly_schedule"})
        return None

    def watch(self) -> list[str]:
        """What the daily look for the release that is due finds, and tells."""
        found = watch.to_act_on(self.own.raw, self.own.warehouse, self.own.now)
        # By the clock of the runs, which tell what they find.
        assert tell(self.own.warehouse, {watch.MATTER: found}, dt.datetime.now(dt.UTC)) is None
        return [alert.subject for alert in found]

    def manifest(self, release_id: str) -> dict[str, object]:
        return dict(json.loads((self.own.warehouse / "releases" / release_id / "manifest.json").read_text()))


@pytest.fixture
def year(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Year]:
    for name, setting in dagster_environment(tmp_path / "warehouse").items():
        monkeypatch.setenv(name, setting)
    with (
        dg.DagsterInstance.get() as instance,
        daemon(tmp_path, instance, at_hour(dt.date(2008, 5, 1), 9), monkeypatch) as own,
    ):
        made = Year(own, store)
        with serving(made.postbox, tmp_path, monkeypatch) as start:
            start("starttls")
            yield made


@pytest.mark.long
def test_a_year_of_deliveries_gives_the_right_releases_in_the_right_order(year: Year) -> None:
    """Twelve months: most on time; complaints of June 2008 late (published without them on the refresh day, and once
    more with them), crime of August late (waited for), complaints of September never delivered, crime of July delivered
    anew in November, casualties of December refused and mended.

    A month's files come on working day 5 of the next month; the refresh day is working day 8, and a release is due on
    working day 10.
    """
    own, told = year.own, {}
    for extract in ("population", "commentary", "board_decisions"):
        shutil.copytree(year.store / extract, own.raw / extract)
    for path in [*own.raw.glob("commentary/*"), *own.raw.glob("board_decisions/*")]:
        path.unlink()

    def on_time(month: str, *but: str) -> str:
        year.at(month, 5)
        for extract in MONTHLY:
            if extract.name not in but:
                year.deliver(extract.name, month)
        return year.settle()

    for month in MONTHS:
        if month == "2008-06":
            assert on_time(month, "complaints") == "2008-06 waits for complaints."
            assert year.scheduled(month) is None
            year.at(month, 9)
            assert own.lateness()["complaints"].startswith("late: complaints for 2008-06, due 2008-07-07")
            year.deliver("complaints", month)
            told[month] = year.settle()
        elif month == "2008-08":
            assert on_time(month, "recorded_crime") == "2008-08 waits for recorded_crime."
            assert year.scheduled(month) == "2008-08 waits for recorded_crime."
            year.at(month, 10)
            assert year.watch() == []
            year.at(month, 11)
            assert year.watch() == ["Readers have no release of 2008-08, which was due by 2008-09-12"]
            published = {dt.date.fromisoformat(f"{release[:7]}-01") for release in own.published()}
            assert Timetable().overdue_release(published, own.now) == dt.date(2008, 8, 1)
            year.deliver("recorded_crime", month)
            told[month] = year.settle()
        elif month == "2008-09":
            assert on_time(month, "complaints") == "2008-09 waits for complaints."
            assert year.scheduled(month) is None
            told[month] = year.settle()
        elif month == "2008-12":
            year.at(month, 5)
            whole = year.store / "road_casualties" / "2008-12.csv"
            for extract in MONTHLY:
                year.deliver(extract.name, month)
            broken = own.raw / "road_casualties" / "2008-12.csv"
            pl.read_csv(whole, infer_schema=False).drop("area").write_csv(broken)
            said = year.settle()
            assert said.startswith("Refused, and still in raw/: road_casualties/2008-12.csv.")
            assert len(year.failed) == 1
            assert "road_casualties/2008-12.csv: [layout, whole file]" in year.failed[0]
            # Nothing more is started for it, on the refresh day neither.
            assert year.scheduled(month) == said
            assert len(year.failed) == 1
            year.at(month, 9)
            shutil.copy(whole, broken)
            told[month] = year.settle()
        else:
            told[month] = on_time(month)
            assert year.scheduled(month) == f"{month} is published."
        if month == "2008-10":
            year.at(month, 12)
            year.deliver("recorded_crime", "2008-07_r2")
            assert year.settle() == "2008-10 is published."

        year.at(month, 13)
        assert year.watch() == []

    subjects = [message["Subject"].removeprefix("Performance warehouse: ") for message in year.postbox.messages]
    assert subjects == [
        "Readers have no release of 2008-08, which was due by 2008-09-12",
        "A delivery of road_casualties is refused; nothing is published until it is mended or taken out",
    ]
    overdue, refused = (message.get_content() for message in year.postbox.messages)
    assert "recorded_crime for 2008-08, due 2008-09-03" in overdue
    assert "road_casualties/2008-12.csv: [layout, whole file]" in refused
    assert told == {month: f"{month} is published." for month in MONTHS}
    in_order = [f"{month}_r{number}" for month in MONTHS for number in (1, 2) if number == 1 or month in TWICE]
    assert own.published() == in_order
    late = {release: year.manifest(release)["provisional_because"] for release in in_order}
    assert late["2008-06_r1"] == late["2008-09_r1"].replace("September", "June")
    assert "complaints has not been delivered for September 2008" in str(late["2008-09_r1"])
    assert [release for release, because in late.items() if because and "has not been delivered" in str(because)] == [
        "2008-06_r1",
        "2008-09_r1",
    ]
    restated = {release: bool(year.manifest(release)["restated"]) for release in in_order}
    assert restated["2008-10_r2"]
    # One for each release, one that stopped at the refused delivery.
    assert year.refreshes == len(in_order) + 1
    assert len(list((own.warehouse / "runs").glob("*.json"))) >= year.refreshes
    assert own.published()[-1] == (own.warehouse / "current").readlink().name


TWICE = {"2008-06", "2008-10"}


class Service:
    """A real daemon over a warehouse, in a group of processes of its own."""

    def __init__(self, raw: Path, warehouse: Path) -> None:
        self.raw, self.warehouse = raw, warehouse
        self.log = warehouse.with_name("daemon.log")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = Path(sys.executable).with_name("dagster-daemon")
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [str(program), "run", "-m", "orchestration.definitions"],
                cwd=ROOT,
                env={
                    **os.environ,
                    "RAW_DIR": str(self.raw),
                    "WAREHOUSE_DIR": str(self.warehouse),
                    **dagster_environment(self.warehouse),
                },
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """The daemon's process alone, as for want of memory."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """As systemd stops the unit: asks the processes that its `KillMode` names, and kills what is left."""
        assert self.process is not None
        unit = configparser.ConfigParser()
        unit.read(ROOT / "docs" / "systemd" / "performance-daemon.service")
        if unit.get("Service", "KillMode", fallback="control-group") == "mixed":
            self.process.terminate()
        else:
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(unit.getint("Service", "TimeoutStopSec"))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def wait(self, what: str, holds: Callable[[], bool]) -> None:
        waited = time.monotonic() + LONGEST_WAIT
        while not holds():
            assert time.monotonic() < waited, f"not within {LONGEST_WAIT} s: {what}\n{self.log.read_text()[-3000:]}"
            time.sleep(1)

    def runs(self) -> list[str]:
        """The status of every run, oldest first."""
        database = self.warehouse / "dagster" / "history" / "runs.db"
        if not database.is_file():
            return []
        with sqlite3.connect(database) as runs:
            return [status for (status,) in runs.execute("select status from runs order by id").fetchall()]

    def is_building(self) -> bool:
        """Whether a run holds the warehouse and has begun to build models."""
        started = self.warehouse / "dbt" / "partial_parse.msgpack"
        return holder(self.warehouse) is not None and started.is_file() and started.stat().st_ctime > self.since

    def releases(self) -> list[str]:
        return sorted(folder.name for folder in self.warehouse.glob("releases/*"))

    def says_last(self) -> str:
        """What the sensor on raw/ said last."""
        lines = self.log.read_text(errors="replace").splitlines()
        return next((line for line in reversed(lines) if "Sensor arrival skipped: " in line), "")

    since = 0.0


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    write_sample(tmp_path / "raw", SCALE, "2009-01", "2009-03")
    made = Service(tmp_path / "raw", tmp_path / "warehouse")
    try:
        yield made
    finally:
        if made.process is not None:
            made.stop()


@pytest.mark.long
def test_a_daemon_stopped_or_killed_during_a_run_leaves_no_stuck_run_and_no_second_release(service: Service) -> None:
    service.start()
    service.wait("a run builds", service.is_building)
    service.stop()
    assert service.releases() == []
    assert service.runs() == ["STARTED"]

    # Whatever was under way is ended, and started again.
    service.start()
    service.wait("the run is started again and ends", lambda: service.runs() == ["FAILURE", "SUCCESS"])
    assert service.releases() == ["2009-03_r1"]

    # The same content under another name says nothing new.
    shutil.copy(service.raw / "workforce" / "2009-03.xlsx", service.raw / "workforce" / "march.xlsx")
    service.wait("the copy is taken in", lambda: service.runs() == ["FAILURE", "SUCCESS", "SUCCESS"])
    assert service.releases() == ["2009-03_r1"]

    # A revision is published once, though the daemon alone is killed while its run is under way.
    revision = service.raw / "recorded_crime" / "2009-03_r2.parquet"
    rows = pl.read_parquet(service.raw / "recorded_crime" / "2009-03.parquet")
    service.since = time.time()
    beside = service.raw.parent / revision.name
    pl.concat([rows, rows.head(1).with_columns(pl.lit("SYN-AGAIN").alias(rows.columns[0]))]).write_parquet(beside)
    beside.rename(revision)
    service.wait("the revision's run builds", service.is_building)
    service.kill()
    service.start()
    service.wait("the revision is published", lambda: service.releases() == ["2009-03_r1", "2009-03_r2"])
    service.wait("no run is open", lambda: set(service.runs()) <= {"SUCCESS", "FAILURE"})
    seen = len(service.log.read_text(errors="replace"))
    service.wait(
        "the sensor looks again", lambda: "Sensor arrival skipped" in service.log.read_text(errors="replace")[seen:]
    )
    assert service.releases() == ["2009-03_r1", "2009-03_r2"]
    assert set(service.runs()) <= {"SUCCESS", "FAILURE"}
    assert "waits for" in service.says_last()
    assert list((service.warehouse / "releases").glob(".*")) == []
