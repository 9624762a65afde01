"""The refresh from the command line: one run of `monthly_refresh`, and its result in words.

Here: arguments, the default month, the lock, the last lines that people read.
Belongs here: what a person at a terminal (or cron) needs around the Dagster job.
Does not belong here: any step of the flow.
"""

from __future__ import annotations

import argparse
import datetime as dt
import fcntl
import json
import os
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl

from orchestration.extracts import EXTRACTS, Extract
from orchestration.landing.received import (
    NAME_WITH_PERIOD,
    Refused,
    content_hash,
    delivery_files,
    receive,
)
from orchestration.landing.store import Landing
from orchestration.landing.validation import validate
from orchestration.layouts import recognise

if TYPE_CHECKING:
    import dagster as dg
    from dagster._utils.error import SerializableErrorInfo

# Telemetry would call out of the building. Events go to one database: the default writes each of them twice, to the
# run's own and to a common one, which is a tenth of a small refresh.
DAGSTER_YAML = """
telemetry:
  enabled: false
event_log_storage:
  module: dagster._core.storage.event_log
  class: ConsolidatedSqliteEventLogStorage
  config:
    base_dir: {events}
"""
VERDICT_ORDER = [
    "met",
    "ahead",
    "behind",
    "not_met",
    "monitor_only",
    "no_target",
    "not_measurable",
]


def latest_common_month(raw: Path, landing: Landing) -> dt.date | None:
    """The latest month that every monthly extract with a delivery has reached; None without any."""
    latest = [
        months
        for extract in EXTRACTS.values()
        if extract.cadence == "monthly" and (months := _latest_month(raw, landing, extract))
    ]
    return min(latest, default=None)


def _latest_month(raw: Path, landing: Landing, extract: Extract) -> dt.date | None:
    """From the file name where it says, else from the landed record, else from the rows of a file not landed yet."""
    landed = {d.sha256: d for d in landing.deliveries(extract.name) if d.status == "landed"}
    months = [dt.date.fromisoformat(month) for d in landed.values() for month, _ in d.landed_months]
    for path in delivery_files(raw / extract.name):
        if named := NAME_WITH_PERIOD.match(path.stem):
            months.append(dt.date(int(named["year"]), int(named["month"]), 1))
            continue
        sha256 = content_hash(path)
        if sha256 in landed:
            continue
        try:
            received = receive(path, sha256)
            rows = validate(received, recognise(received, extract.name), extract).accepted
        except (Refused, pl.exceptions.PolarsError):
            # The run refuses it again, and says why.
            continue
        months += rows["period_month"].unique().to_list()
    return max(months, default=None)


@contextmanager
def only_refresh(warehouse: Path) -> Iterator[None]:
    """Hold the warehouse's lock; a second refresh says who holds it and exits."""
    with (warehouse / "refresh.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise SystemExit(f"Not started: another refresh holds this warehouse ({lock.read().strip()}).") from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()} since {dt.datetime.now():%Y-%m-%d %H:%M}")
        lock.flush()
        yield


def main() -> None:
    """Refresh, and end with where the release is and what it says; exit 1 with the reason when it failed."""
    parser = argparse.ArgumentParser(prog="refresh", description=main.__doc__)
    parser.add_argument("--month", help="reporting month, like 2008-12 (default: the latest all extracts reached)")
    parser.add_argument(
        "--known-on", type=dt.date.fromisoformat, help="judge the targets known on this day, like 2008-06-01"
    )
    arguments = parser.parse_args()
    if arguments.month and not re.fullmatch(r"(199[4-9]|20\d\d)-(0[1-9]|1[0-2])", arguments.month):
        parser.error(f"the reporting month is written like 2008-12; it is {arguments.month}")
    if arguments.month and arguments.month > f"{dt.date.today():%Y-%m}":
        parser.error(f"{arguments.month} has not begun")
    started = time.monotonic()

    # The folders come from the environment, so that `make dev` and this command mean the same ones.
    from orchestration.resources import raw_folder, warehouse_folder

    raw, warehouse = raw_folder(), warehouse_folder()
    warehouse.mkdir(parents=True, exist_ok=True)
    os.environ["TARGETS_KNOWN_ON"] = str(arguments.known_on or "")
    with only_refresh(warehouse):
        _discard_damaged_build(warehouse / "build.duckdb")
        month = arguments.month or _default_month(raw, warehouse)
        print(f"Refreshing {month} from {raw} into {warehouse}", flush=True)
        _run(month, warehouse)
    print(f"Done in {time.monotonic() - started:.0f} s.")


def _discard_damaged_build(build: Path) -> None:
    """Delete a build database that cannot be opened: it is made again from the landing."""
    if not build.exists():
        return
    try:
        duckdb.connect(str(build)).close()
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise SystemExit(f"Not started: another process has {build} open.") from None
        _delete_build(build)
    except duckdb.Error:
        _delete_build(build)


def _delete_build(build: Path) -> None:
    print(f"{build} is damaged; it is made again from the landing.")
    build.unlink()
    build.with_name(build.name + ".wal").unlink(missing_ok=True)


def _default_month(raw: Path, warehouse: Path) -> str:
    month = latest_common_month(raw, Landing(warehouse))
    if month is None:
        raise SystemExit(f"Nothing to refresh: no delivery of a monthly extract in {raw}.")
    return f"{month:%Y-%m}"


def dagster_home(warehouse: Path) -> Path:
    """The folder of Dagster's own storage and settings, made when it is not there."""
    home = warehouse / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    settings = DAGSTER_YAML.format(events=json.dumps(str(home / "events")))
    (home / "dagster.yaml").write_text(settings, encoding="utf-8")
    return home


def _run(month: str, warehouse: Path) -> None:
    os.environ["DAGSTER_HOME"] = str(dagster_home(warehouse))
    # Dagster calls its back-fill policies beta; nothing to tell the person who reads this.
    warnings.filterwarnings("ignore", message=".*backfill_policy")
    # Imported here: Dagster takes seconds to load and reads the variables set above.
    import dagster as dg

    from orchestration.definitions import definitions

    job = definitions.resolve_job_def("monthly_refresh")
    with dg.DagsterInstance.get() as instance:
        result = job.execute_in_process(
            instance=instance,
            partition_key=month,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "INFO"}}}},
        )
    if not result.success:
        sys.exit(_failure(result))
    _summary(warehouse, result)


def _failure(result: dg.ExecuteInProcessResult) -> str:
    """Why the refresh failed: what each failed step said, and that nothing published has changed."""
    failures = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    said = [
        failure.user_failure_data.description if failure.user_failure_data else _innermost(failure.error)
        for failure in failures
    ]
    reasons = "\n".join(reason.strip() for reason in said if reason)
    return f"\nThe refresh failed; what was published is unchanged.\n{reasons}"


def _innermost(error: SerializableErrorInfo | None) -> str:
    while error and error.cause:
        error = error.cause
    return error.message if error else ""


def _summary(warehouse: Path, result: dg.ExecuteInProcessResult) -> None:
    metadata = next(
        event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key and event.asset_key.path == ["release", "performance"]
    )
    folder = warehouse / "current"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    landed = sum(
        int(str(event.materialization.metadata["deliveries_landed"].value))
        for event in result.get_asset_materialization_events()
        if "deliveries_landed" in event.materialization.metadata
    )
    counts: dict[str, list[str]] = {}
    provisional: Counter[str] = Counter()
    for verdict in sorted(manifest["verdicts"], key=lambda v: VERDICT_ORDER.index(v["verdict"])):
        counts.setdefault(verdict["tier"], []).append(f"{verdict['count']} {verdict['verdict'].replace('_', ' ')}")
        provisional[verdict["tier"]] += verdict["provisional"]
    print(f"\n{landed} new deliveries landed.")
    if metadata["is_new"].value:
        print(f"Published release {manifest['release_id']} ({manifest['data_kind']}, {manifest['status']}).")
    else:
        print(f"Nothing changed: release {manifest['release_id']} stands, and no new number was used.")
    if manifest["provisional_because"]:
        print(f"Provisional, because {manifest['provisional_because']}.")
    for check in result.get_asset_check_evaluations():
        if not check.passed:
            print(f"Warning, {check.asset_key.path[-1]}: not so that {check.check_name.replace('_', ' ')}")
    for tier, words in counts.items():
        print(f"Verdicts, {tier}: {', '.join(words)}")
    if any(provisional.values()):
        print(f"Provisional of these: {', '.join(f'{count} {tier}' for tier, count in provisional.items())}")
    print(f"The release is in {folder} -> {folder.readlink()}")


if __name__ == "__main__":
    main()
