"""Dagster's own storage and settings, for one machine.

Here: `dagster.yaml`, and the environment in which Dagster's commands find it.
Belongs here: a setting of the Dagster instance.
Does not belong here: what is run and when (`jobs.py`, `schedules.py`, `sensors.py`).
"""

import json
from pathlib import Path

from orchestration.folders import ROOT

# Runs, schedules and events lie in SQLite in this folder: one machine needs no server for them. Events go to one
# database: the default writes each of them twice, to the run's own and to a common one, which is a tenth of a small
# refresh. Telemetry would call out of the building, and so would what Dagster asks a new user.
#
# One run at a time, and those that wait are started in their order. A run whose process has died is ended within half
# a minute, so that nothing waits for it. Set 2026-11-30: thirty million rows take a quarter of an hour; four hours are
# a run that hangs. Looks that found nothing are kept for a week, the others for a quarter of a year.
DAGSTER_YAML = """
telemetry:
  enabled: false
nux:
  enabled: false
event_log_storage:
  module: orchestration.event_log
  class: SqliteEventLogStorage
  config:
    base_dir: {events}
run_launcher:
  module: orchestration.run_launcher
  class: LocalRunLauncher
concurrency:
  runs:
    max_concurrent_runs: 1
run_monitoring:
  enabled: true
  poll_interval_seconds: 30
  start_timeout_seconds: 300
  max_runtime_seconds: 14400
retention:
  schedule:
    purge_after_days: {ticks}
  sensor:
    purge_after_days: {ticks}
"""
# In seconds: a first look hashes every file in raw/, and Dagster gives a look one minute of itself.
LONGEST_LOOK = "600"
TICKS = {"skipped": 7, "success": 90, "failure": 90, "started": 90}


def dagster_home(warehouse: Path) -> Path:
    """The folder of Dagster's own storage and settings, made when it is not there."""
    home = warehouse / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    settings = DAGSTER_YAML.format(events=json.dumps(str(home / "events")), ticks=json.dumps(TICKS))
    (home / "dagster.yaml").write_text(settings, encoding="utf-8")
    return home


def dagster_environment(warehouse: Path) -> dict[str, str]:
    """What Dagster's own commands need to know: they look for modules of this project nowhere by themselves."""
    return {
        "DAGSTER_HOME": str(dagster_home(warehouse)),
        "PYTHONPATH": str(ROOT),
        "DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS": LONGEST_LOOK,
        "DAGSTER_SCHEDULE_GRPC_TIMEOUT_SECONDS": LONGEST_LOOK,
    }
