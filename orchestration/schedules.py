"""Schedules: when the monthly refresh runs by itself.

Here: the one schedule.
Belongs here: days and hours.
Does not belong here: what runs (`jobs.py`).
"""

import datetime as dt

import dagster as dg

from orchestration.jobs import monthly_refresh
from orchestration.partitions import CLOCK


# The 12th at six in the morning: the last extract is due on the 10th, and the Board meets in the third week.
@dg.schedule(job=monthly_refresh, cron_schedule="0 6 12 * *", execution_timezone=CLOCK)
def monthly_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Report on the month before the one the schedule fires in."""
    last_month = context.scheduled_execution_time.date().replace(day=1) - dt.timedelta(days=1)
    month = last_month.strftime("%Y-%m")
    return dg.RunRequest(run_key=month, partition_key=month)
