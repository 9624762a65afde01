"""Dagster's launcher of runs on one machine, which can also tell whether a run is still alive.

Here: what Dagster's own launcher does, and the look at a run's process.
Belongs here: nothing else; `dagster_home.py` names this class in `dagster.yaml`.
Does not belong here: which runs there are.
"""

import os
import time

import dagster as dg
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus
from dagster._core.launcher.default_run_launcher import DefaultRunLauncher
from dagster._core.storage.tags import GRPC_INFO_TAG


class LocalRunLauncher(DefaultRunLauncher):
    """Dagster's own cannot tell a run that was killed from one that is busy, and would wait for either."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        status = WorkerStatus.RUNNING if is_alive(self._instance, run) else WorkerStatus.FAILED
        return CheckRunHealthResult(
            status, None if status == WorkerStatus.RUNNING else "Its process is no longer there."
        )


def is_alive(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether a run that has not ended has a process, or is about to be given one by the service."""
    started = instance.all_logs(run.run_id, of_type={dg.DagsterEventType.RUN_START})
    event = started[0].dagster_event if started else None
    if event is None or event.pid is None:
        return GRPC_INFO_TAG in run.tags
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    # After a restart of the machine another process may have its number.
    return started[0].timestamp > booted and _is_process(event.pid)


def _is_process(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
