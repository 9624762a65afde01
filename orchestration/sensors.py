"""Sensors: what is started by what comes, and what is said of what does not.

Here: the look at `raw/`, and the look at the days agreed.
Belongs here: what Dagster is to notice by itself, a run among it that died without a word.
Does not belong here: what is wanted for what was found (`arrival.py`), days (`timetable.py`).
"""

import datetime as dt
import json

import dagster as dg

from orchestration.alerts import OF_RUNS, Alert, tell
from orchestration.arrival import landed_months, look, to_mend
from orchestration.asset_checks import lateness
from orchestration.folders import raw_folder, warehouse_folder
from orchestration.jobs import monthly_refresh
from orchestration.landing.delivery import Damaged
from orchestration.landing.store import Landing
from orchestration.run_summary import kept_summary
from orchestration.starting import first_to_start, next_run, started_by
from orchestration.timetable import timetable


# Set 2026-11-30: a file is whole when it has not changed between two looks; a copy over a network may rest for some
# seconds.
@dg.sensor(job=monthly_refresh, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def arrival(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Take in deliveries that are whole, and publish the months that they complete."""
    moment, days, warehouse = now(), timetable(), warehouse_folder()
    try:
        found = look(raw_folder(), warehouse, json.loads(context.cursor or "{}"))
    except Damaged as damaged:
        started = first_to_start(context.instance, to_mend(warehouse, damaged), warehouse)
        return _result(started or dg.SkipReason(str(damaged)), context.cursor)
    return _result(next_run(context.instance, found, days, moment, warehouse), json.dumps(found.seen))


def _result(started: dg.RunRequest | dg.SkipReason, cursor: str | None) -> dg.SensorResult:
    if isinstance(started, dg.RunRequest):
        return dg.SensorResult(run_requests=[started], cursor=cursor)
    return dg.SensorResult(skip_reason=started, cursor=cursor)


@dg.sensor(minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def days_agreed(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Show beside each extract whether it is late for the month that has ended; the cursor is what was shown."""
    try:
        delivered = landed_months(Landing(warehouse_folder()).deliveries())
    except Damaged as damaged:
        return dg.SensorResult(skip_reason=str(damaged), cursor=context.cursor)
    evaluations = lateness(delivered, now())
    findings = {each.asset_key.path[-1]: each.metadata["finding"].value for each in evaluations}
    # Dagster takes what was shown before a run as said of what was there before it.
    last = context.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS]), limit=1)
    shown = json.dumps([findings, [run.run_id for run in last]])
    if shown == context.cursor:
        return dg.SensorResult(skip_reason="Nothing has changed.", cursor=shown)
    return dg.SensorResult(asset_events=evaluations, cursor=shown)


@dg.run_failure_sensor(monitored_jobs=[monthly_refresh], default_status=dg.DefaultSensorStatus.RUNNING)
def died(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    """Tell of a run that was killed or could not start: one that came to its end has told by itself."""
    run, warehouse = context.dagster_run, warehouse_folder()
    if kept_summary(warehouse, run.run_id):
        return dg.SkipReason("It has told by itself.")
    if context.instance.get_runs(limit=1)[0].run_id != run.run_id:
        return dg.SkipReason("A later run tells how things stand.")
    month = run.tags.get("dagster/partition")
    subject = f"A run {f'of {month}' if month else 'that takes in deliveries'} was killed, or could not start"
    text = f"Started by {started_by(run.tags)}. {context.failure_event.message}"
    advice = "What is published is whole: `make status` says what it is, and what else is not well."
    trouble = tell(warehouse, {OF_RUNS: [Alert(subject, text, advice)]}, now())
    return dg.SkipReason(trouble) if trouble else None


def now() -> dt.datetime:
    """The instant it is: the one place where the sensors read a clock."""
    return dt.datetime.now(dt.UTC)
