"""A warehouse that runs by itself in a test: deliveries put into `raw/`, a clock that is set, ticks as the daemon makes
them.

Here: what stands for the daemon and the clock, and the process that a run has of its own
(`python -m tests.service "<request>"`).
Belongs here: what the tests of arrival and the year of deliveries share.
Does not belong here: expectations.
"""

import datetime as dt
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from orchestration import sensors
from orchestration.schedules import monthly_schedule
from orchestration.timetable import CLOCK


def london(*at: int) -> dt.datetime:
    return dt.datetime(*at, tzinfo=ZoneInfo(CLOCK))


def at_hour(day: dt.date, hour: int) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), ZoneInfo(CLOCK))


@dataclass
class Daemon:
    """The sensor and the schedule over one warehouse, at an instant that is set."""

    raw: Path
    warehouse: Path
    instance: dg.DagsterInstance
    now: dt.datetime
    cursor: str | None = None
    shown: str | None = None

    def look(self) -> dg.RunRequest | str:
        """One tick of the sensor on raw/: the run it asks for, or why it asks for none."""
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        result = sensors.arrival(context)
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor
        if result.run_requests:
            (request,) = result.run_requests
            return request
        assert result.skip_reason is not None and result.skip_reason.skip_message
        return result.skip_reason.skip_message

    def look_twice(self) -> dg.RunRequest | str:
        """Two ticks: what came before the first is whole at the second."""
        first = self.look()
        return first if isinstance(first, dg.RunRequest) else self.look()

    def schedule(self) -> dg.RunRequest | str:
        """One tick of the schedule."""
        context = dg.build_schedule_context(instance=self.instance, scheduled_execution_time=self.now)
        result = monthly_schedule(context)
        if isinstance(result, dg.RunRequest):
            return result
        assert isinstance(result, dg.SkipReason) and result.skip_message
        return result.skip_message

    def lateness(self) -> dict[str, str]:
        """One tick of the sensor on the days agreed: what it shows anew of each extract."""
        context = dg.build_sensor_context(instance=self.instance, cursor=self.shown)
        result = sensors.days_agreed(context)
        assert isinstance(result, dg.SensorResult)
        self.shown = result.cursor
        return {
            event.asset_key.path[-1]: ("" if event.passed else "late: ") + str(event.metadata["finding"].value)
            for event in result.asset_events
            if isinstance(event, dg.AssetCheckEvaluation)
        }

    def lateness_skipped(self) -> str:
        """One tick of that sensor: why it shows nothing."""
        result = sensors.days_agreed(dg.build_sensor_context(instance=self.instance, cursor=self.shown))
        assert isinstance(result, dg.SensorResult) and result.skip_reason
        return result.skip_reason.skip_message or ""

    def published(self) -> list[str]:
        """The releases there are, in the order in which they were built."""
        manifests = [json.loads(path.read_text()) for path in self.warehouse.glob("releases/[!.]*/manifest.json")]
        return [
            manifest["release_id"] for manifest in sorted(manifests, key=lambda m: (m["built_at"], m["release_id"]))
        ]


@contextmanager
def daemon(folder: Path, instance: dg.DagsterInstance, now: dt.datetime, patch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A daemon over `raw` and `warehouse` in a folder."""
    made = Daemon(folder / "raw", folder / "warehouse", instance, now)
    patch.setenv("RAW_DIR", str(made.raw))
    patch.setenv("WAREHOUSE_DIR", str(made.warehouse))
    patch.setattr(sensors, "now", lambda: made.now.astimezone(dt.UTC))
    patch.setattr("orchestration.schedules.SECONDS_BETWEEN_LOOKS", 0)
    # Dagster would give a schedule none that lies in memory.
    patch.setattr(dg.ScheduleEvaluationContext, "instance", instance)
    yield made


def main() -> None:
    """Run what a request asks for, in this process, over the folders that the environment names; exit 1 with the reason
    on the last line when it fails."""
    from orchestration.definitions import definitions

    asked = json.loads(sys.argv[1])
    with dg.DagsterInstance.get() as instance:
        result = definitions.resolve_job_def("monthly_refresh").execute_in_process(
            instance=instance,
            partition_key=asked["partition_key"],
            asset_selection=[dg.AssetKey(path) for path in asked["asset_selection"]] or None,
            tags=asked["tags"],
            run_config={"loggers": {"console": {}}},
            raise_on_error=False,
        )
    failures = [event.step_failure_data.user_failure_data for event in result.all_events if event.is_step_failure]
    if not result.success:
        sys.exit(f"\n{[failure.description for failure in failures if failure]}")


if __name__ == "__main__":
    main()
