"""The refresh from the command line: one run of `monthly_refresh`, and its result in words.

Here: arguments, the default month, the last lines that people read.
Belongs here: what a person at a terminal (or cron) needs around the Dagster job.
Does not belong here: any step of the flow.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import re
import sys
import textwrap
import time
import warnings
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl

from orchestration.alerts import OF_RUNS, Alert, tell
from orchestration.dagster_home import dagster_home
from orchestration.extracts import Extract
from orchestration.failures import QuotingNoRow
from orchestration.folders import owned_warehouse, raw_folder
from orchestration.guard import NotStarted, only_refresh
from orchestration.landing.delivery import Damaged
from orchestration.landing.identity import identify
from orchestration.landing.received import delivery_files, named_month, receive
from orchestration.landing.store import Landing
from orchestration.landing.table import Refused
from orchestration.landing.validation import validate
from orchestration.layouts import recognise
from orchestration.machine import PassingFault, remedy
from orchestration.public_edition import wanted_audience
from orchestration.publishing import published_months
from orchestration.timetable import MONTHLY, timetable

if TYPE_CHECKING:
    import dagster as dg

STOPPED = "\nThe refresh failed; what was published is unchanged."
STOPPED_AFTER = (
    "\nThe public edition failed, and what the public has is unchanged; the force's release {} is published."
)
VERDICT_ORDER = [
    "met",
    "ahead",
    "behind",
    "not_met",
    "monitor_only",
    "no_target",
    "not_measurable",
]


def default_month(raw: Path, warehouse: Path, now: dt.datetime) -> dt.date | None:
    """The latest month that every monthly extract with a delivery has reached, or that can be published without those
    it does not wait for any more, or that is published already; None without a delivery of any."""
    landing = Landing(warehouse)
    delivered = {extract.name: _months(raw, landing, extract) for extract in MONTHLY}
    common = min((max(months) for months in delivered.values() if months), default=None)
    if common is None:
        return None
    later = [timetable().publishable_month(delivered, now), *published_months(warehouse)]
    return max([common, *(month for month in later if month)])


def _months(raw: Path, landing: Landing, extract: Extract) -> set[dt.date]:
    """From the file name where it says, else from the landed record, else from the rows of a file not landed yet."""
    try:
        deliveries = landing.deliveries(extract.name)
    except Damaged:
        # The run lands it again, or says what to do.
        deliveries = []
    months = {dt.date.fromisoformat(m) for d in deliveries if d.status == "landed" for m, _ in d.landed_months}
    known = {d.sha256 for d in deliveries if d.status != "refused"}
    for path in delivery_files(raw / extract.name):
        if named := named_month(path.name):
            months.add(named)
            continue
        sha256 = identify(path).sha256
        if sha256 in known:
            continue
        try:
            received = receive(path, sha256)
            rows = validate(received, recognise(received, extract.name), extract).accepted
        except (Refused, pl.exceptions.PolarsError):
            # The run refuses it again, and says why.
            continue
        months |= set(rows["period_month"].to_list())
    return months


def main() -> None:
    """Refresh, and end with where the release is and what it says; exit 1 with the reason when it failed."""
    parser = argparse.ArgumentParser(prog="refresh", description=main.__doc__)
    parser.add_argument("--month", help="reporting month, like 2008-12 (default: the latest there is)")
    parser.add_argument(
        "--known-on", type=dt.date.fromisoformat, help="judge the targets known on this day, like 2008-06-01"
    )
    arguments = parser.parse_args()
    if arguments.month and not re.fullmatch(r"(199[4-9]|20\d\d)-(0[1-9]|1[0-2])", arguments.month):
        parser.error(f"the reporting month is written like 2008-12; it is {arguments.month}")
    try:
        wanted_audience()
        timetable()
    except ValueError as unknown:
        parser.error(str(unknown))
    started = time.monotonic()

    # Imported here: Dagster takes seconds to load.
    from sqlalchemy.exc import SQLAlchemyError

    # The folders come from the environment, so that `make dev` and this command mean the same ones.
    from orchestration.partitions import has_begun

    now = dt.datetime.now(dt.UTC)
    if arguments.month and not has_begun(arguments.month, now):
        parser.error(f"{arguments.month} has not begun")
    raw = raw_folder()
    if not raw.is_dir():
        sys.exit(f"Nothing to refresh: there is no folder {raw}. Put deliveries there, or run `make sample RAW={raw}`.")
    warehouse = owned_warehouse()
    os.environ["TARGETS_KNOWN_ON"] = str(arguments.known_on or "")
    try:
        with only_refresh(warehouse):
            month = arguments.month or _default_month(raw, warehouse, now)
            if not has_begun(month, now):
                sys.exit(f"Not refreshed: what was delivered reaches {month}, which has not begun. Give MONTH.")
            print(f"Refreshing {month} from {raw} into {warehouse}", flush=True)
            _run(month, warehouse)
    except NotStarted as reason:
        sys.exit(str(reason))
    except (OSError, duckdb.Error, SQLAlchemyError, PassingFault) as error:
        # Outside every step: before the run, or where Dagster keeps its events.
        if not (words := remedy(str(error), warehouse)):
            raise
        said = str(error).strip().splitlines()[0]
        trouble = tell(warehouse, {OF_RUNS: [Alert("The refresh could not run", said, words)]}, now)
        sys.exit("\n".join([STOPPED, said, words, *([trouble] if trouble else [])]))
    print(f"Done in {time.monotonic() - started:.0f} s.")


def _default_month(raw: Path, warehouse: Path, now: dt.datetime) -> str:
    with QuotingNoRow(SystemExit):
        month = default_month(raw, warehouse, now)
    if month is None:
        raise SystemExit(f"Nothing to refresh: no delivery of a monthly extract in {raw}.")
    return f"{month:%Y-%m}"


def _run(month: str, warehouse: Path) -> None:
    os.environ["DAGSTER_HOME"] = str(dagster_home(warehouse))
    # Dagster calls its back-fill policies beta; nothing to tell the person who reads this.
    warnings.filterwarnings("ignore", message=".*backfill_policy")
    # Imported here: Dagster takes seconds to load and reads the variables set above.
    import dagster as dg

    from orchestration.definitions import definitions

    job = definitions.resolve_job_def("monthly_refresh")
    with dg.DagsterInstance.get() as instance:
        _end_killed_runs(instance)
        result = job.execute_in_process(
            instance=instance,
            partition_key=month,
            raise_on_error=False,
            run_config={"loggers": {"console": {}}},
        )
    if not result.success:
        sys.exit(_failure(result, warehouse))
    _summary(warehouse, result)


def _end_killed_runs(instance: dg.DagsterInstance) -> None:
    """Mark runs that were killed as failed, but none that the service is about to start: it will meet the lock."""
    import dagster as dg

    from orchestration.run_launcher import is_alive

    open_ended = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
    for run in instance.get_runs(dg.RunsFilter(statuses=open_ended)):
        if not is_alive(instance, run):
            instance.report_run_failed(run, "Killed before it ended.")


def _failure(result: dg.ExecuteInProcessResult, warehouse: Path) -> str:
    """Why the refresh failed: what each failed step said, that nothing published has changed, and the remedy."""
    from orchestration.run_summary import said_of

    said = [said_of(event.step_failure_data) for event in result.all_events if event.is_step_failure]
    reasons = [reason for reason in said if reason]
    remedies = [words for reason in reasons if (words := remedy(reason, warehouse))]
    forces = _metadata(result, "performance")
    stopped = STOPPED_AFTER.format(forces["release"].value) if forces else STOPPED
    # Several steps may say the same.
    return "\n".join(dict.fromkeys([stopped, *reasons, *remedies]))


def _metadata(result: dg.ExecuteInProcessResult, release: str) -> Mapping[str, dg.MetadataValue[Any]]:
    """What the run noted of a release it made (`performance`, `public`); nothing when it made none."""
    noted = (
        event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key and event.asset_key.path == ["release", release]
    )
    return next(noted, {})


def _summary(warehouse: Path, result: dg.ExecuteInProcessResult) -> None:
    metadata = _metadata(result, "performance")
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
    print(f"\nNew deliveries that landed: {landed}.")
    if metadata["is_new"].value:
        print(f"Published release {manifest['release_id']} ({manifest['data_kind']}, {manifest['status']}).")
        if manifest["restated"]:
            print(_restated(manifest["restated"]))
    else:
        print(f"Nothing changed: release {manifest['release_id']} stands, and no new number was used.")
    if manifest["provisional_because"]:
        print(f"Provisional, because {manifest['provisional_because']}.")
    for check in result.get_asset_check_evaluations():
        if not check.passed:
            print(f"Warning, {check.asset_key.path[-1]}: not so that {check.check_name.replace('_', ' ')}")
            if "findings" in check.metadata:
                print(textwrap.indent(str(check.metadata["findings"].value), "  "))
    for tier, words in counts.items():
        print(f"Verdicts, {tier}: {', '.join(words)}")
    if any(provisional.values()):
        print(f"Provisional of these: {', '.join(f'{count} {tier}' for tier, count in provisional.items() if count)}")
    print(f"The release is in {folder} -> {folder.readlink()}")
    if public := _metadata(result, "public"):
        edition = warehouse / "public" / "current"
        print(
            f"The public edition {public['release'].value} {'is new' if public['is_new'].value else 'stands'}, and"
            f" withholds figures in {public['withheld'].value:,} rows. It is in {edition} -> {edition.readlink()}"
        )


def _restated(counts: Mapping[str, int]) -> str:
    """What differs from what earlier releases said, by cause, and how many verdicts turned (`count_restatements`)."""
    # What sets the pack is loaded by the job.
    from orchestration.board_pack.words import CAUSES

    figures = [f"{counts[cause]:,} ({said})" for cause, said in CAUSES.items() if cause in counts]
    turned = counts.get("verdicts_flipped", 0)
    said = f"Figures restated since earlier releases: {', '.join(figures) or 'none'}"
    return f"{said}; verdicts that turned: {turned:,}" if turned else said


if __name__ == "__main__":
    main()
