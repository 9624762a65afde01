"""What is started when something comes, and what is not: the sensor and the schedule on a clock that is set.

Here: deliveries put into `raw/`, taken in or published for the occasion, and the runs asked for.
Belongs here: a promise about starting, trying again and holding, which needs no refresh.
Does not belong here: days (`test_timetable.py`), what whole runs publish (`test_service.py`).
"""

import contextlib
import datetime as dt
import errno
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.events import StepFailureData
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._core.test_utils import create_run_for_test

from orchestration import arrival, retries, run_summary
from orchestration.assets.landing import landing_asset
from orchestration.extracts import EXTRACTS
from orchestration.failures import QuotingNoRow
from orchestration.guard import NotStarted, holder, only_refresh
from orchestration.landing import identity, store
from orchestration.landing.received import delivery_files
from orchestration.landing.store import Landing
from orchestration.landing.validation import Validated
from orchestration.resources import Unforeseen, resources
from orchestration.retries import tried_again
from orchestration.run_launcher import is_alive
from orchestration.starting import WANTED_FOR, started_by
from orchestration.timetable import MONTHLY
from tests.deliveries import valid_rows, write_csv
from tests.service import Daemon, daemon, london

MONTHLY_NAMES = [extract.name for extract in MONTHLY]
# Before the refresh day of March 2009, Tuesday, 14 April.
EARLY = london(2009, 4, 3, 12)
REFRESH_DAY = london(2009, 4, 14, 6)


@pytest.fixture(scope="module")
def february(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse that every monthly extract was delivered to for February 2009, published."""
    folder = tmp_path_factory.mktemp("february")
    for name in MONTHLY_NAMES:
        _deliver(folder / "raw", name, "2009-02")
    _take_in(folder, *MONTHLY_NAMES)
    _publish(folder, "2009-02")
    return folder


@pytest.fixture
def own(february: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """That warehouse, to be delivered to, on 3 April 2009."""
    shutil.copytree(february, tmp_path, dirs_exist_ok=True)
    # The files of a test are as old as the test; the landing would not trust their times yet.
    monkeypatch.setattr(identity, "TIMES_TELL_AFTER", -(10**12))
    with (
        dg.DagsterInstance.ephemeral() as instance,
        daemon(tmp_path, instance, EARLY, monkeypatch) as made,
    ):
        _take_in(tmp_path, *MONTHLY_NAMES)
        yield made


def _deliver(raw: Path, extract: str, month: str, name: str | None = None, rows: int = 402) -> Path:
    return write_csv(raw / extract / f"{name or month}.csv", valid_rows(extract, rows, month))


def _take_in(folder: Path, *extracts: str) -> None:
    """What a run takes in of these extracts, without Dagster."""
    for name in extracts:
        Landing(folder / "warehouse").land(list(delivery_files(folder / "raw" / name)), EXTRACTS[name], False)


def _publish(folder: Path, month: str) -> None:
    """A release of a month, as far as the sensor reads it."""
    deliveries = [
        {"delivery_id": d.delivery_id, "status": "current" if d.status == "landed" else d.status}
        for d in Landing(folder / "warehouse").deliveries()
    ]
    release = folder / "warehouse" / "releases" / f"{month}_r1"
    release.mkdir(parents=True)
    (release / "manifest.json").write_text(json.dumps({"deliveries": deliveries}))


def _ended(own: Daemon, request: dg.RunRequest, status: dg.DagsterRunStatus, finding: bool = False) -> None:
    """The run that was asked for, as it is on record afterwards."""
    tags = dict(request.tags) | ({"dagster/partition": request.partition_key} if request.partition_key else {})
    selected = frozenset(request.asset_selection or [])
    run = create_run_for_test(own.instance, "monthly_refresh", status=status, tags=tags, asset_selection=selected)
    if finding:
        event = dg.DagsterEvent(
            dg.DagsterEventType.STEP_FAILURE.value,
            "monthly_refresh",
            event_specific_data=StepFailureData(error=None, user_failure_data=None),
        )
        own.instance.report_dagster_event(event, run.run_id)


def _taken_in(request: dg.RunRequest | str) -> set[str]:
    """The extracts that a run takes in; a whole refresh has no selection."""
    assert isinstance(request, dg.RunRequest), request
    assert request.asset_selection is not None, f"a refresh of {request.partition_key}"
    return {"/".join(key.path) for key in request.asset_selection}


def _refreshed(request: dg.RunRequest | str) -> str | None:
    assert isinstance(request, dg.RunRequest), request
    assert request.asset_selection is None
    return request.partition_key


def test_a_warehouse_that_nothing_came_to_waits_and_says_for_what(own: Daemon) -> None:
    assert own.look() == f"2009-03 waits for {', '.join(MONTHLY_NAMES)}."


def test_a_delivery_is_taken_in_once_two_looks_found_it_the_same(own: Daemon) -> None:
    path = _deliver(own.raw, "recorded_crime", "2009-03", rows=100)
    assert own.look() == "Still being written, or arrived a moment ago: recorded_crime/2009-03.csv."
    _deliver(own.raw, "recorded_crime", "2009-03")
    assert own.look() == "Still being written, or arrived a moment ago: recorded_crime/2009-03.csv."
    assert _taken_in(own.look()) == {"landing/recorded_crime"}
    assert path.is_file()


def test_while_one_file_is_being_written_no_other_starts_a_run(own: Daemon) -> None:
    """A run reads every file there is."""
    _deliver(own.raw, "recorded_crime", "2009-03")
    own.look()
    _deliver(own.raw, "workforce", "2009-03")
    assert own.look() == "Still being written, or arrived a moment ago: workforce/2009-03.csv."
    assert _taken_in(own.look()) == {"landing/recorded_crime", "landing/workforce"}


def test_a_file_that_has_not_changed_is_hashed_once(own: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    identify = arrival.identify
    monkeypatch.setattr(arrival, "identify", lambda path: hashed.append(path.name) or identify(path))
    _deliver(own.raw, "recorded_crime", "2009-03")
    for _ in range(4):
        own.look()
    assert hashed == ["2009-03.csv"]


def test_what_has_landed_is_not_started_again(own: Daemon) -> None:
    _deliver(own.raw, "recorded_crime", "2009-03")
    assert _taken_in(own.look_twice()) == {"landing/recorded_crime"}
    _take_in(own.raw.parent, "recorded_crime")
    assert own.look() == f"2009-03 waits for {', '.join(MONTHLY_NAMES[1:])}."


def test_the_last_extract_of_a_month_has_the_month_published_at_once(own: Daemon) -> None:
    for name in MONTHLY_NAMES[1:]:
        _deliver(own.raw, name, "2009-03")
    assert _taken_in(own.look_twice()) == {f"landing/{name}" for name in MONTHLY_NAMES[1:]}
    _take_in(own.raw.parent, *MONTHLY_NAMES[1:])
    assert own.look() == "2009-03 waits for recorded_crime."
    _deliver(own.raw, "recorded_crime", "2009-03")
    assert _refreshed(own.look_twice()) == "2009-03"


def test_a_month_that_has_not_ended_is_not_published(own: Daemon) -> None:
    own.now = london(2009, 3, 31, 12)
    for name in MONTHLY_NAMES:
        _deliver(own.raw, name, "2009-03")
    assert len(_taken_in(own.look_twice())) == len(MONTHLY_NAMES)


def test_a_file_that_names_no_month_is_taken_in_before_its_months_count(own: Daemon) -> None:
    for name in MONTHLY_NAMES:
        _deliver(own.raw, name, "2009-03", "march" if name == "workforce" else None)
    assert "landing/workforce" in _taken_in(own.look_twice())
    _take_in(own.raw.parent, *MONTHLY_NAMES)
    assert _refreshed(own.look()) == "2009-03"


def test_a_delivery_for_a_published_month_refreshes_the_latest_published_one(own: Daemon) -> None:
    """The figures of January are in the release of February."""
    _deliver(own.raw, "workforce", "2009-01")
    assert _refreshed(own.look_twice()) == "2009-02"


def test_a_withdrawal_refreshes_the_latest_published_month(own: Daemon) -> None:
    landing = Landing(own.warehouse)
    (delivery,) = landing.deliveries("workforce")
    landing.withdraw(delivery, "wrong")
    assert _refreshed(own.look()) == "2009-02"


def test_a_refused_file_is_not_tried_again_and_holds_the_publication(own: Daemon) -> None:
    for name in MONTHLY_NAMES:
        _deliver(own.raw, name, "2009-03")
    refused = write_csv(own.raw / "recorded_crime" / "2009-03.csv", [{"no": "such"}, {"no": "layout"}])
    assert _refreshed(own.look_twice()) == "2009-03"
    _take_in(own.raw.parent, *MONTHLY_NAMES)
    held = "Refused, and still in raw/: recorded_crime/2009-03.csv."
    for _ in range(2):
        assert str(own.look()).startswith(held)
    # Another delivery is taken in all the same; the refused one's extract is left alone.
    _deliver(own.raw, "commentary", "2009-03", rows=3)
    assert _taken_in(own.look_twice()) == {"landing/commentary"}
    _take_in(own.raw.parent, "commentary")
    assert str(own.look()).startswith(held)
    # Taken away, the month waits for it; mended, it is published.
    refused.unlink()
    assert own.look() == "2009-03 waits for recorded_crime."
    _deliver(own.raw, "recorded_crime", "2009-03")
    assert _refreshed(own.look_twice()) == "2009-03"


def test_a_month_that_is_whole_is_not_published_while_a_refused_file_lies_in_raw(own: Daemon) -> None:
    """The run would stop at it."""
    for name in MONTHLY_NAMES:
        _deliver(own.raw, name, "2009-03")
    refused = write_csv(own.raw / "workforce" / "2009-02_r2.csv", [{"no": "such layout"}])
    _take_in(own.raw.parent, *MONTHLY_NAMES)
    assert str(own.look_twice()).startswith("Refused, and still in raw/: workforce/2009-02_r2.csv.")
    refused.unlink()
    assert _refreshed(own.look()) == "2009-03"


def test_what_is_refused_beside_another_is_judged_again_when_that_one_is_taken_away(own: Daemon) -> None:
    """Two contents for one revision: neither is known to be right, until one is taken away."""
    _deliver(own.raw, "workforce", "2009-03")
    other = _deliver(own.raw, "workforce", "2009-03", "march", rows=434)
    assert _taken_in(own.look_twice()) == {"landing/workforce"}
    _take_in(own.raw.parent, "workforce")
    assert own.look() == (
        "Refused, and still in raw/: workforce/2009-03.csv, workforce/march.csv."
        " Nothing is published until they are mended or taken out."
    )
    other.unlink()
    assert _taken_in(own.look()) == {"landing/workforce"}
    _take_in(own.raw.parent, "workforce")
    assert "workforce" not in str(own.look())


@pytest.mark.parametrize(
    ("status", "finding", "said"),
    [
        (dg.DagsterRunStatus.NOT_STARTED, False, "it is under way."),
        (dg.DagsterRunStatus.STARTED, False, "it is under way."),
        (dg.DagsterRunStatus.SUCCESS, False, "it has run already."),
        (dg.DagsterRunStatus.CANCELED, False, "it was cancelled: run `make refresh`."),
        (
            dg.DagsterRunStatus.FAILURE,
            True,
            "it failed, and nothing has come since: mend what it says, or run `make refresh`.",
        ),
    ],
)
def test_a_run_is_not_asked_for_twice(own: Daemon, status: dg.DagsterRunStatus, finding: bool, said: str) -> None:
    _deliver(own.raw, "recorded_crime", "2009-03")
    request = own.look_twice()
    assert isinstance(request, dg.RunRequest)
    _ended(own, request, status, finding)
    assert own.look() == f"Wanted (new: recorded_crime/2009-03.csv), but {said}"


def test_a_run_that_was_killed_is_asked_for_again_three_times_in_all(own: Daemon) -> None:
    _deliver(own.raw, "recorded_crime", "2009-03")
    keys = []
    for _ in range(3):
        request = own.look_twice()
        assert isinstance(request, dg.RunRequest)
        keys.append(request.run_key)
        _ended(own, request, dg.DagsterRunStatus.FAILURE)
    assert len(set(keys)) == 3
    assert str(own.look()).endswith("it was killed 3 times: see what kills it, and run `make refresh`.")


def test_a_run_killed_when_its_release_was_there_already_is_asked_for_again(own: Daemon) -> None:
    """`current`, or the public edition, may have been all that it had still to do."""
    for name in MONTHLY_NAMES:
        _deliver(own.raw, name, "2009-03")
    request = own.look_twice()
    assert isinstance(request, dg.RunRequest) and _refreshed(request) == "2009-03"
    _take_in(own.raw.parent, *MONTHLY_NAMES)
    _publish(own.raw.parent, "2009-03")
    _ended(own, request, dg.DagsterRunStatus.FAILURE)
    again = own.look()
    assert isinstance(again, dg.RunRequest) and _refreshed(again) == "2009-03"
    assert again.tags == request.tags and again.run_key != request.run_key
    # While something is being written, or is refused, it would stop at that.
    broken = write_csv(own.raw / "complaints" / "2009-04.csv", [{"no": "such layout"}])
    assert own.look() == "Still being written, or arrived a moment ago: complaints/2009-04.csv."
    _take_in(own.raw.parent, "complaints")
    assert str(own.look()).startswith("Refused, and still in raw/")
    broken.unlink()
    assert _refreshed(own.look()) == "2009-03"
    _ended(own, request, dg.DagsterRunStatus.SUCCESS)
    assert own.look() == "2009-03 is published."


def test_a_run_that_took_in_deliveries_and_was_killed_is_asked_for_again(own: Daemon) -> None:
    _deliver(own.raw, "workforce", "2009-03")
    request = own.look_twice()
    assert isinstance(request, dg.RunRequest)
    _take_in(own.raw.parent, "workforce")
    _ended(own, request, dg.DagsterRunStatus.FAILURE)
    assert _taken_in(own.look()) == {"landing/workforce"}


def test_a_damaged_record_of_the_landing_starts_the_run_that_mends_it_once(own: Daemon) -> None:
    (record,) = (own.warehouse / "landing" / "workforce").glob("*/delivery.json")
    record.chmod(0o600)
    record.write_text("{", encoding="utf-8")
    request = own.look()
    assert isinstance(request, dg.RunRequest) and _refreshed(request) == "2009-02"
    assert own.lateness_skipped().endswith("is missing or damaged. Refresh: that mends it, or says what to do.")
    _ended(own, request, dg.DagsterRunStatus.FAILURE, finding=True)
    assert "but it failed" in str(own.look())


def test_a_delivery_that_a_release_has_as_refused_is_news_once_it_lands(own: Daemon) -> None:
    """Two contents for one revision of January, both refused when February was published again."""
    _deliver(own.raw, "workforce", "2009-01")
    other = _deliver(own.raw, "workforce", "2009-01", "january", rows=434)
    _take_in(own.raw.parent, "workforce")
    shutil.rmtree(own.warehouse / "releases")
    _publish(own.raw.parent, "2009-02")
    other.unlink()
    _take_in(own.raw.parent, "workforce")
    assert _refreshed(own.look()) == "2009-02"


def test_a_refresh_that_failed_does_not_hold_what_comes_later(own: Daemon) -> None:
    _deliver(own.raw, "workforce", "2009-01")
    refresh = own.look_twice()
    assert isinstance(refresh, dg.RunRequest) and _refreshed(refresh) == "2009-02"
    _take_in(own.raw.parent, "workforce")
    _ended(own, refresh, dg.DagsterRunStatus.FAILURE, finding=True)
    _deliver(own.raw, "recorded_crime", "2009-03")
    assert _taken_in(own.look_twice()) == {"landing/recorded_crime"}


def test_no_run_is_asked_for_while_the_warehouse_is_held_and_it_is_said_by_whom(own: Daemon) -> None:
    _deliver(own.raw, "recorded_crime", "2009-03")
    own.look()
    with only_refresh(own.warehouse, "command line, user ada"):
        # Another process has the lock: this one's own does not keep it out.
        said = subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys, pathlib, orchestration.guard as g; print(g.holder(pathlib.Path(sys.argv[1])))",
            ]
            + [str(own.warehouse)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert said.startswith("command line, user ada, process ")
        assert str(own.look()).startswith(
            "Wanted (new: recorded_crime/2009-03.csv), but the warehouse is held: command line, user ada, process "
        )
    assert _taken_in(own.look()) == {"landing/recorded_crime"}


def test_whoever_meets_the_lock_is_told_who_has_it(tmp_path: Path) -> None:
    with (tmp_path / "refresh.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("sensor arrival, process 7 since 2009-04-03 12:00")
        lock.flush()
        with pytest.raises(NotStarted, match=r"\(sensor arrival, process 7 since 2009-04-03 12:00\)"):
            only_refresh(tmp_path).__enter__()
        assert holder(tmp_path) == "sensor arrival, process 7 since 2009-04-03 12:00"
    assert holder(tmp_path) is None
    assert holder(tmp_path / "not there yet") is None


def test_a_run_that_meets_the_lock_says_so_changes_nothing_and_is_asked_for_again(own: Daemon) -> None:
    """The command line took the warehouse after the sensor had looked."""
    _deliver(own.raw, "workforce", "2009-03")
    request = own.look_twice()
    assert isinstance(request, dg.RunRequest)
    with (own.warehouse / "refresh.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("command line, user ada, process 7 since 2009-04-03 12:00")
        lock.flush()
        with pytest.raises(dg.DagsterResourceFunctionError) as failed:
            dg.materialize(
                [landing_asset(EXTRACTS["workforce"])],
                instance=own.instance,
                resources=resources(),
                tags=dict(request.tags),
            )
    assert isinstance(failed.value.__cause__, NotStarted)
    assert len(Landing(own.warehouse).deliveries("workforce")) == 1
    (run,) = own.instance.get_runs()
    assert run.status == dg.DagsterRunStatus.FAILURE
    again = own.look()
    assert isinstance(again, dg.RunRequest) and again.run_key != request.run_key


def test_a_run_is_known_by_what_started_it() -> None:
    assert started_by({"dagster/schedule_name": "monthly_schedule"}) == "schedule monthly_schedule"
    assert started_by({"dagster/sensor_name": "arrival"}) == "sensor arrival"
    assert started_by({}) == "Dagster's pages"


def test_the_schedule_does_nothing_before_its_day(own: Daemon) -> None:
    own.now = REFRESH_DAY - dt.timedelta(days=1)
    assert own.schedule() == "The refresh day of 2009-03 is 2009-04-14."


@pytest.mark.parametrize("late", ["milestones", "complaints"])
def test_on_its_day_the_schedule_publishes_without_what_a_month_can_do_without(own: Daemon, late: str) -> None:
    for name in MONTHLY_NAMES:
        if name != late:
            _deliver(own.raw, name, "2009-03")
    _take_in(own.raw.parent, *MONTHLY_NAMES)
    assert own.look_twice() == f"2009-03 waits for {late}."
    own.now = REFRESH_DAY
    request = own.schedule()
    assert _refreshed(request) == "2009-03"
    assert isinstance(request, dg.RunRequest)
    _ended(own, request, dg.DagsterRunStatus.STARTED)
    assert str(own.look()).endswith("it is under way.")


def test_on_its_day_the_schedule_waits_for_what_a_month_cannot_do_without_and_the_sensor_publishes_it_then(
    own: Daemon,
) -> None:
    for name in MONTHLY_NAMES:
        if name not in ("recorded_crime", "milestones"):
            _deliver(own.raw, name, "2009-03")
    _take_in(own.raw.parent, *MONTHLY_NAMES)
    own.now = REFRESH_DAY
    assert own.schedule() == "2009-03 waits for recorded_crime."
    own.now += dt.timedelta(days=1)
    _deliver(own.raw, "recorded_crime", "2009-03")
    assert _refreshed(own.look_twice()) == "2009-03"


def test_the_schedule_looks_twice_itself_when_no_sensor_does(own: Daemon) -> None:
    for name in MONTHLY_NAMES:
        _deliver(own.raw, name, "2009-03")
    own.now = REFRESH_DAY
    assert _refreshed(own.schedule()) == "2009-03"


def test_a_first_set_of_deliveries_is_taken_in_and_its_latest_whole_month_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dg.DagsterInstance.ephemeral() as instance, daemon(tmp_path, instance, EARLY, monkeypatch) as first:
        assert first.look() == f"2009-03 waits for {', '.join(MONTHLY_NAMES)}."
        _deliver(first.raw, "milestones", "2009-02")
        assert _taken_in(first.look_twice()) == {"landing/milestones"}
        for month in ("2009-01", "2009-02"):
            for name in MONTHLY_NAMES:
                _deliver(first.raw, name, month)
        assert _refreshed(first.look_twice()) == "2009-02"


def test_what_is_late_is_shown_beside_its_extract_and_once_a_day(own: Daemon) -> None:
    """On Tuesday, 7 April 2009, crime (due on the 3rd) is four days late; milestones are due on Wednesday."""
    _deliver(own.raw, "workforce", "2009-03")
    _take_in(own.raw.parent, "workforce")
    own.now = london(2009, 4, 7, 9)
    shown = own.lateness()
    assert shown["recorded_crime"] == "late: recorded_crime for 2009-03, due 2009-04-03, 4 days late"
    assert shown["workforce"] == "2009-03 was delivered"
    assert shown["milestones"] == "2009-03 is due 2009-04-08"
    assert own.lateness() == {}
    # What was shown before a run is not shown beside what it brought.
    create_run_for_test(own.instance, "monthly_refresh", status=dg.DagsterRunStatus.SUCCESS)
    assert own.lateness() == shown
    own.now += dt.timedelta(days=1)
    assert own.lateness()["recorded_crime"].endswith("5 days late")


@pytest.mark.parametrize("quoting", [QuotingNoRow(Unforeseen), contextlib.nullcontext()], ids=["rows", "no rows"])
@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        (OSError(errno.EIO, "Input/output error"), 4),
        (OSError(errno.ESTALE, "Stale file handle"), 4),
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), 4),
        (PermissionError(errno.EACCES, "Permission denied"), 1),
        (OSError(errno.ENOSPC, "No space left on device"), 1),
        (ValueError("of the code"), 1),
        (dg.Failure("a refused delivery", allow_retries=False), 1),
    ],
)
def test_what_may_be_gone_in_a_moment_is_tried_again_and_nothing_else(
    fault: Exception, tries: int, quoting: AbstractContextManager[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT", 0)
    tried = []

    @dg.asset
    def step(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        with tried_again(context), quoting:
            tried.append(context.retry_number)
            raise fault
        yield dg.MaterializeResult()

    result = dg.materialize([step], raise_on_error=False)
    assert (len(tried), result.success) == (tries, False)


def test_a_file_that_grows_while_it_is_read_lands_whole_when_it_is_tried_again(
    own: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has 201 of its 402 rows when the run comes to it."""
    monkeypatch.setattr(retries, "FIRST_WAIT", 0)
    whole = _deliver(own.raw, "workforce", "2009-03").read_bytes()
    file = _deliver(own.raw, "workforce", "2009-03", rows=201)
    validate = store.validate

    def growing(*arguments: Any) -> Validated:
        if file.read_bytes() != whole:
            file.write_bytes(whole)
        return validate(*arguments)

    monkeypatch.setattr(store, "validate", growing)
    asset = landing_asset(EXTRACTS["workforce"])
    assert dg.materialize([asset], instance=own.instance, resources=resources()).success
    (march,) = [d for d in Landing(own.warehouse).deliveries("workforce") if d.file_name == "2009-03.csv"]
    assert (march.status, march.rows_accepted) == ("landed", 402)


def test_a_fault_that_is_gone_the_next_time_leaves_no_trace_in_what_is_taken_in(
    own: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fails after the checks were told; the second try tells them again and lands the delivery once. The
    summary of the run counts it."""
    monkeypatch.setattr(retries, "FIRST_WAIT", 0)
    import orchestration.assets.landing as assets

    faults = [OSError(errno.EIO, "Input/output error")]
    synchronise = assets.synchronise_extract

    def failing_once(*arguments: object) -> int:
        if faults:
            raise faults.pop()
        return synchronise(*arguments)

    monkeypatch.setattr(assets, "synchronise_extract", failing_once)
    _deliver(own.raw, "workforce", "2009-03")
    asset = landing_asset(EXTRACTS["workforce"])
    result = dg.materialize(
        [asset], instance=own.instance, resources=resources(), tags={"dagster/sensor_name": "arrival"}
    )
    assert result.success and not faults
    (kept,) = (own.warehouse / "runs").glob("*.json")
    told = json.loads(kept.read_text())
    assert told["started_by"] == "arrival"
    assert told["failed_steps"] == {}
    assert list(told["seconds"]) == ["landing__workforce"]
    assert told["checks"]["landing/workforce: every_delivery_is_accepted"] == "passed"
    # The first try landed the delivery and failed to load it; the second found it landed.
    assert len(Landing(own.warehouse).deliveries("workforce")) == 2


def test_of_the_oldest_runs_that_are_too_many_nothing_is_kept(own: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_summary, "KEPT", 2)
    runs = [create_run_for_test(own.instance, "monthly_refresh") for _ in range(3)]
    for number, run in enumerate(runs):
        found = {"run_id": run.run_id, "started_at": f"{number}"}
        run_summary.keep_summary(own.instance, found, own.warehouse)
    assert {run.run_id for run in own.instance.get_runs()} == {run.run_id for run in runs[1:]}
    assert len(list((own.warehouse / "runs").iterdir())) == 2


def test_the_summary_of_a_run_that_refuses_says_what_failed_and_no_value(own: Daemon) -> None:
    write_csv(own.raw / "workforce" / "2009-03.csv", [{"secret": "value"}])
    result = dg.materialize(
        [landing_asset(EXTRACTS["workforce"])], instance=own.instance, resources=resources(), raise_on_error=False
    )
    assert not result.success
    (kept,) = (own.warehouse / "runs").glob("*.json")
    told = json.loads(kept.read_text())
    assert list(told["failed_steps"]) == ["landing__workforce"]
    assert told["checks"]["landing/workforce: every_delivery_is_accepted"] == "failed"
    assert "value" not in kept.read_text()


def test_a_run_is_alive_while_its_process_is_and_from_when_the_service_launches_it() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        launched = create_run_for_test(instance, "job", tags={GRPC_INFO_TAG: "{}"})
        by_hand = create_run_for_test(instance, "job")
        assert is_alive(instance, launched)
        assert not is_alive(instance, by_hand)
        gone = subprocess.Popen(["true"])
        gone.wait()
        for run, process in ((launched, gone.pid), (by_hand, os.getpid())):
            event = dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, "job")._replace(pid=process)
            instance.report_dagster_event(event, run.run_id)
        assert not is_alive(instance, launched)
        assert is_alive(instance, by_hand)


def test_the_tag_that_tells_runs_apart_is_on_the_request(own: Daemon) -> None:
    _deliver(own.raw, "recorded_crime", "2009-03")
    request = own.look_twice()
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == f"{request.tags[WANTED_FOR]} 1"
