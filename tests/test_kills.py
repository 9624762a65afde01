"""kill -9 at every step, and at any moment: readers see the old release or the new one, and the next refresh mends all.

Here: a refresh, a publication and a withdrawal cut off, and what must hold afterwards.
Belongs here: what follows from the death of a process.
Does not belong here: the steps by name (`killing.py`), other faults of the machine (`test_faults.py`).
"""

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import polars as pl
import pytest

from orchestration.publishing import whole_manifest
from tests.conftest import ROOT, Warehouse
from tests.deliveries import declare, valid_rows, write_csv
from tests.killing import REFRESH_STEPS, STEPS, WITHDRAW_STEPS, found

# When a release was built and a delivery received differs between two runs over the same deliveries; nothing else may.
OF_THE_RUN = {
    "release": "built_at, code_version",
    "delivery": "received_at, withdrawn_at",
    "fct_reported_verdict": "published_at",
    "fct_reported_result": "reported_from, reported_until",
}
Content = dict[str, tuple[int, int | None]]
MONTH = "2008-12"
# Set 2026-11-24: so many kills follow each other before a refresh may end. What each leaves meets the next, and a
# whole refresh after every kill would double the hour that the soak takes.
KILLS_IN_A_ROW = 4
ROWS_OF_STEPS = [
    list(REFRESH_STEPS)[start : start + KILLS_IN_A_ROW] for start in range(0, len(REFRESH_STEPS), KILLS_IN_A_ROW)
]
SEED = 20081201


@dataclass(frozen=True)
class Known:
    """A warehouse before and its deliveries after a change, and what releases an undisturbed refresh makes of it."""

    before: Warehouse
    raw_after: Path
    releases: dict[str, Content]
    seconds: float
    expected: str = f"{MONTH}_r2"


def content_of(release: Path) -> Content:
    """Table → number of rows and a digest of them, whatever their order."""
    with duckdb.connect(str(release / "performance.duckdb"), read_only=True) as database:
        tables = [row[0] for row in database.execute("select table_name from duckdb_tables()").fetchall()]
        found: Content = {}
        for table in tables:
            exclude = f" exclude ({OF_THE_RUN[table]})" if table in OF_THE_RUN else ""
            query = f"select count(*), sum(hash(c)::hugeint) from (select *{exclude} from {table}) c"
            row = database.execute(query).fetchone()
            assert row is not None
            found[table] = (row[0], row[1])
        return found


def _killed(warehouse: Warehouse, step: str, *command: str) -> str | None:
    """Run a command up to a step; what is wrong when it was not killed there."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.killing", step, *command],
        cwd=ROOT,
        env=warehouse.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode == -signal.SIGKILL:
        return None
    return f"not killed, ended with {ended.returncode}: {(ended.stdout + ended.stderr)[-1500:]}"


def _killed_at_a_moment(warehouse: Warehouse, seconds: float, *arguments: str) -> bool:
    """Kill a refresh so long after it holds the warehouse; False when it had ended before."""
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestration.refresh", *arguments],
        cwd=ROOT,
        env=warehouse.environment(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Refreshing"):
            break
    # What is said is read to the end, so that the refresh never waits for its reader.
    reader = subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL)
    time.sleep(seconds)
    process.kill()
    process.stdout.close()
    reader.wait()
    return process.wait() == -signal.SIGKILL


def violations(warehouse: Warehouse, allowed: dict[str, Content], current: set[str]) -> list[str]:
    """What is wrong with the releases that readers see: each must be one of those known, whole; `current` one of
    `current`."""
    folder = warehouse.folder
    wrong = []
    link = folder / "current"
    if not link.is_symlink() or link.readlink().name not in current or link.resolve().parent != folder / "releases":
        wrong.append(f"current is {link.readlink() if link.is_symlink() else 'no link'}")
    for release in folder.glob("releases/[!.]*"):
        if release.name not in allowed or whole_manifest(release) is None:
            wrong.append(f"{release.name} is not whole, or is one too many")
        elif content_of(release) != allowed[release.name]:
            wrong.append(f"{release.name} has other content than an undisturbed refresh gives it")
    return wrong


def traces(warehouse: Warehouse) -> list[str]:
    """What a killed process left that a finished refresh should have removed."""
    folder = warehouse.folder
    hidden = [
        *folder.glob("releases/.*"),
        *folder.glob("ledger/.*"),
        *folder.glob("landing/**/.*"),
        *folder.glob("quarantine/**/.*"),
        *folder.glob(".current"),
        *folder.glob("**/*.wal"),
    ]
    wrong = [str(path.relative_to(folder)) for path in hidden]
    with sqlite3.connect(folder / "dagster" / "history" / "runs.db") as runs:
        statuses = {row[0] for row in runs.execute("select distinct status from runs").fetchall()}
    return wrong + sorted(statuses - {"SUCCESS", "FAILURE"})


def _recovered(warehouse: Warehouse, known: Known) -> list[str]:
    """What is wrong after an ordinary refresh that follows a kill."""
    ended = warehouse.refresh(MONTH)
    if ended.returncode:
        return [f"the next refresh failed: {(ended.stdout + ended.stderr)[-1500:]}"]
    missing = known.releases.keys() - {path.name for path in warehouse.folder.glob("releases/*")}
    wrong = violations(warehouse, known.releases, {known.expected})
    return wrong + traces(warehouse) + [f"{name} is missing" for name in sorted(missing)]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    """Two months of two extracts published; then each way in which deliveries change, refreshed undisturbed."""
    folder = tmp_path_factory.mktemp("kills")
    before = Warehouse(folder / "raw", folder / "warehouse")
    rows = {
        (extract, month): valid_rows(extract, month=month)
        for extract in ("recorded_crime", "road_casualties")
        for month in ("2008-11", MONTH)
    }
    for (extract, month), content in rows.items():
        write_csv(before.raw / extract / f"{month}.csv", content)
    assert before.refresh(MONTH).returncode == 0

    raw = folder / "raw_after"
    shutil.copytree(before.raw, raw)
    crime, roads = raw / "recorded_crime", raw / "road_casualties"
    # December revised, with one row to set aside; November revised and then restored; a sidecar that declares anew.
    revised = [{**row, "is_gun_enabled": "true"} for row in rows["recorded_crime", MONTH]]
    write_csv(crime / f"{MONTH}_r2.csv", [*revised[1:], {**revised[0], "victims_under_20": "-1"}])
    write_csv(crime / "2008-11_r2.csv", rows["recorded_crime", "2008-11"][1:])
    write_csv(crime / "2008-11_r3.csv", rows["recorded_crime", "2008-11"])
    declare(roads / "2008-11.csv", partial=True)
    write_csv(roads / f"{MONTH}_r2.csv", [{**row, "severity": "fatal"} for row in rows["road_casualties", MONTH]])

    undisturbed = Warehouse(raw, folder / "undisturbed")
    shutil.copytree(before.folder, undisturbed.folder, symlinks=True)
    started = time.monotonic()
    ended = undisturbed.refresh(MONTH)
    assert "Published release 2008-12_r2" in ended.stdout, ended.stdout[-2000:] + ended.stderr[-2000:]
    seconds = time.monotonic() - started
    assert traces(undisturbed) == []
    releases = {path.name: content_of(path) for path in undisturbed.folder.glob("releases/*")}
    assert releases.keys() == {"2008-12_r1", "2008-12_r2"}
    return Known(before, raw, releases, seconds)


@pytest.fixture
def own(known: Known, tmp_path: Path) -> Warehouse:
    """A copy of the warehouse before, with the changed deliveries waiting."""
    shutil.copytree(known.before.folder, tmp_path / "warehouse", symlinks=True)
    shutil.copytree(known.raw_after, tmp_path / "raw")
    return Warehouse(tmp_path / "raw", tmp_path / "warehouse")


@pytest.mark.parametrize("step", STEPS)
def test_every_named_step_is_still_in_the_code(step: str) -> None:
    assert callable(found(STEPS[step].place)[2])


@pytest.mark.long
@pytest.mark.parametrize("steps", ROWS_OF_STEPS, ids=lambda steps: steps[0])
def test_refreshes_killed_one_after_the_other_at_each_step_are_mended_by_the_next(
    steps: list[str], own: Warehouse, known: Known, record_property: Callable[[str, object], None]
) -> None:
    """A refresh that is killed at a later step has passed what the one before it left."""
    wrong = []
    for step in steps:
        assert _killed(own, step, "refresh", "--month", MONTH) is None, step
        wrong += [f"{step}: {what}" for what in violations(own, known.releases, set(known.releases))]
    wrong += _recovered(own, known)
    record_property("kills at steps of a refresh", len(steps))
    record_property("violations", len(wrong))
    assert wrong == []


@pytest.mark.long
@pytest.mark.parametrize("step", WITHDRAW_STEPS)
def test_a_killed_withdrawal_has_happened_or_not_and_can_be_made_again(
    step: str, own: Warehouse, known: Known, record_property: Callable[[str, object], None]
) -> None:
    """Taken back before the change: the delivery that the release rests on; both revisions came later."""
    before = replace(own, raw=known.before.raw)
    named = ["--delivery", "recorded_crime/2008-12.csv", "--reason", "counted twice"]
    assert _killed(before, step, "withdraw", *named) is None
    wrong = violations(before, known.releases, {"2008-12_r1"})
    again = subprocess.run(
        [sys.executable, "-m", "orchestration.withdraw", *named],
        cwd=ROOT,
        env=before.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    said = again.stdout + again.stderr
    is_recorded = step == "the withdrawal is recorded"
    if (again.returncode, "is withdrawn already" in said) != (int(is_recorded), is_recorded):
        wrong.append(said[-1000:])
    ended = before.refresh(MONTH)
    if ended.returncode:
        wrong.append(ended.stderr[-1000:])
    query = "select status from delivery where extract = 'recorded_crime' and file_name = '2008-12.csv'"
    if before.release().execute(query).fetchall() != [("withdrawn",)]:
        wrong.append("the delivery is not withdrawn")
    wrong += traces(before)
    record_property("kills at steps of a withdrawal", 1)
    record_property("violations", len(wrong))
    assert wrong == []


@pytest.mark.long
@pytest.mark.parametrize("row", range(13))
def test_refreshes_killed_one_after_the_other_at_any_moment_are_mended_by_the_next(
    row: int, own: Warehouse, known: Known, record_property: Callable[[str, object], None]
) -> None:
    """13 rows are 52 moments. A moment that comes after the end of the refresh is chosen again."""
    chance = random.Random(SEED + row)
    wrong: list[str] = []
    kills = 0
    while kills < KILLS_IN_A_ROW:
        # Loading Dagster comes before the warehouse is held.
        moment = chance.uniform(0, 0.85 * known.seconds)
        print(f"killed {moment:.2f} s after the start (seed {SEED + row})")
        kills += _killed_at_a_moment(own, moment, "--month", MONTH)
        wrong += violations(own, known.releases, set(known.releases))
    wrong += _recovered(own, known)
    record_property("kills at random moments", kills)
    record_property("violations", len(wrong))
    assert wrong == []


def test_kills_where_they_hurt_most_leave_the_old_release_or_the_new_one(sample: Warehouse, tmp_path: Path) -> None:
    """The short form: a release cut off before and in the repointing; then a new delivery cut off after its rename
    into landing; then one ordinary refresh."""
    own = sample.copy(tmp_path)
    known = {name: content_of(own.folder / "releases" / name) for name in ("2008-09_r1", "2009-03_r1")}
    for place in ("releases", "ledger"):
        shutil.rmtree(own.folder / place / "2009-03_r1")
    (own.folder / "current").unlink()
    (own.folder / "current").symlink_to("releases/2008-09_r1")
    for step in ("the release is renamed, its entry in the ledger waits", "the new link lies beside current"):
        assert _killed(own, step, "publish", "2009-03") is None
        assert violations(own, known, {"2008-09_r1"}) == [], step
    assert (own.folder / "releases" / "2009-03_r1").is_dir()

    month = own.raw / "recorded_crime" / "2009-03.parquet"
    pl.read_parquet(month)[1:].write_parquet(month.with_name("2009-03_r2.parquet"))
    assert _killed(own, "one of several is renamed into landing", "refresh") is None
    assert violations(own, known, {"2008-09_r1"}) == []

    ended = own.refresh()
    assert "Published release 2009-03_r2" in ended.stdout, ended.stdout[-2000:] + ended.stderr[-2000:]
    assert traces(own) == []
    query = "select sum(rows_accepted) from delivery where extract = 'recorded_crime' and first_month = '2009-03-01'"
    counts = [own.release(name).execute(f"{query} and status = 'current'").fetchone() for name in ("2009-03_r1", None)]
    assert counts[0] is not None and counts[1] is not None
    # The second revision has one row less than the first.
    assert counts[0][0] - counts[1][0] == 1
