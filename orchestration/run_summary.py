"""What a run did, in one structure: when, how long each step took, how many rows came, how each check ended.

Here: the structure, read from the run's events, and where the summaries of runs are kept. Dagster, which takes seconds
to load, is imported where events are read: `status.py` reads what is kept.
Belongs here: what is known of a run whatever it was for.
Does not belong here: what a release is made of (`publishing.py`), and anything of a row.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.landing.delivery import write_json

if TYPE_CHECKING:
    import dagster as dg
    from dagster._core.execution.plan.objects import StepFailureData
    from dagster._utils.error import SerializableErrorInfo

FOLDER = "runs"
# Set 2026-11-30: some three years of refreshes, each with some days of deliveries before it; a run's events have about
# a megabyte.
KEPT = 500
# What a landing asset says of the deliveries that were new to it.
COUNTED = ["deliveries_landed", "rows_received", "rows_accepted", "rows_quarantined"]


def summary(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dict[str, Any]:
    """What a run did so far: its month, who started it, when, the seconds of each step that ended, what those that
    failed said, the deliveries and rows of each extract with new ones, and how each check ended (passed, warned or
    failed)."""
    import dagster as dg

    events = {
        dg.DagsterEventType.STEP_START,
        dg.DagsterEventType.STEP_SUCCESS,
        dg.DagsterEventType.STEP_FAILURE,
        dg.DagsterEventType.ASSET_CHECK_EVALUATION,
        dg.DagsterEventType.ASSET_MATERIALIZATION,
    }
    began: dict[str, float] = {}
    seconds: dict[str, float] = {}
    failed: dict[str, str] = {}
    checks: dict[str, str] = {}
    extracts: dict[str, dict[str, Any]] = {}
    release: dict[str, Any] = {}
    for entry in instance.all_logs(run.run_id, of_type=events):
        event, step = entry.get_dagster_event(), entry.step_key or ""
        if event.is_step_start:
            began[step] = entry.timestamp
        elif event.is_step_success or event.is_step_failure:
            seconds[step] = round(entry.timestamp - began[step], 1)
            if event.is_step_failure:
                failed[step] = said_of(event.step_failure_data)
        elif event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            otherwise = "warned" if check.severity == dg.AssetCheckSeverity.WARN else "failed"
            checks[f"{'/'.join(check.asset_key.path)}: {check.check_name}"] = "passed" if check.passed else otherwise
        else:
            materialization = event.step_materialization_data.materialization
            said = {name: value.value for name, value in materialization.metadata.items()}
            path = materialization.asset_key.path
            if said.get("deliveries_landed"):
                extracts[path[-1]] = {name: said[name] for name in COUNTED}
            elif path == ["release", "performance"]:
                release = {name: said[name] for name in ("release", "is_new", "status")}
            elif path == ["release", "public"]:
                release["public_release"] = said["release"]
    started = dt.datetime.fromtimestamp(min(began.values()), dt.UTC) if began else None
    return {
        "run_id": run.run_id,
        "started_by": run.tags.get("dagster/schedule_name") or run.tags.get("dagster/sensor_name"),
        # None for a run that takes in deliveries alone.
        "reporting_month": run.tags.get("dagster/partition"),
        "started_at": started.isoformat(timespec="seconds") if started else None,
        "seconds": seconds,
        "failed_steps": failed,
        "new_deliveries": extracts,
        "checks": dict(sorted(checks.items())),
        **release,
    }


def said_of(failure: StepFailureData) -> str:
    """Why a step failed: its own words, else those of the innermost error."""
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description.strip()
    error: SerializableErrorInfo | None = failure.error
    while error and error.cause:
        error = error.cause
    return error.message.strip() if error else ""


def kept_summary(warehouse: Path, run_id: str) -> dict[str, Any] | None:
    """The summary of a run; None of one that did not end by itself, or that is kept no longer."""
    for path in (warehouse / FOLDER).glob(f"[!.]*_{run_id[:8]}.json"):
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    return None


def keep_summary(instance: dg.DagsterInstance, found: dict[str, Any], warehouse: Path) -> None:
    """Write the summary of a run whose steps have ended; of the oldest runs that are too many delete all there is."""
    kept = warehouse / FOLDER
    kept.mkdir(exist_ok=True)
    write_json(kept / f"{(found['started_at'] or 'not started').replace(':', '')}_{found['run_id'][:8]}.json", found)
    for old in sorted(kept.glob("[!.]*.json"))[:-KEPT]:
        run_id = json.loads(old.read_text(encoding="utf-8"))["run_id"]
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        instance.delete_run(run_id)
        old.unlink()
