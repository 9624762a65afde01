"""Schedules: when the monthly refresh runs by itself whatever has come.

Here: the one schedule.
Belongs here: what is started by the clock.
Does not belong here: what runs (`jobs.py`), which days those are (`timetable.py`), what has come (`sensors.py`).
"""

import time

import dagster as dg

from orchestration.arrival import look
from orchestration.folders import raw_folder, warehouse_folder
from orchestration.jobs import monthly_refresh
from orchestration.starting import next_run
from orchestration.timetable import CLOCK, REFRESH_HOUR, last_month, timetable

# Set 2026-11-30: a file that is being copied grows within ten seconds. The sensor waits longer; it has the time.
SECONDS_BETWEEN_LOOKS = 10


@dg.schedule(
    job=monthly_refresh,
    cron_schedule=f"0 {REFRESH_HOUR} * * 1-5",
    execution_timezone=CLOCK,
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def monthly_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """On the refresh day of the month that has ended: publish it, if only extracts it can do without are late."""
    now, days = context.scheduled_execution_time, timetable()
    refresh_day = days.refresh_at(last_month(now)).date()
    if now.date() != refresh_day:
        return dg.SkipReason(f"The refresh day of {last_month(now):%Y-%m} is {refresh_day}.")
    raw, warehouse = raw_folder(), warehouse_folder()
    found = look(raw, warehouse, {})
    if found.arriving:
        time.sleep(SECONDS_BETWEEN_LOOKS)
        found = look(raw, warehouse, found.seen)
    return next_run(context.instance, found, days, now, warehouse)
