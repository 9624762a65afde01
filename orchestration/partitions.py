"""Partitions: the reporting months.

Here: the one partitions definition.
Belongs here: how work is divided over time.
Does not belong here: the periods a delivery covers (they are data).
"""

import datetime as dt
from zoneinfo import ZoneInfo

import dagster as dg

from orchestration.timetable import CLOCK

# The earliest published series used here starts in 1994; a month can be reported on once it has begun.
REPORTING_MONTHS = dg.MonthlyPartitionsDefinition(start_date="1994-01", fmt="%Y-%m", end_offset=1, timezone=CLOCK)

ONE_MONTH_A_RUN = dg.BackfillPolicy.multi_run(max_partitions_per_run=1)


def has_begun(partition_key: str, now: dt.datetime) -> bool:
    """Whether a reporting month ("2008-12") has begun at an instant, by the force's clocks."""
    return partition_key <= f"{now.astimezone(ZoneInfo(CLOCK)):%Y-%m}"


def month_of(partition_key: str) -> dt.date:
    """First day of a reporting month: "2008-12" → 2008-12-01."""
    return dt.datetime.strptime(partition_key, "%Y-%m").date()


def last_day(month: dt.date) -> dt.date:
    """Last day of the month that starts with `month`."""
    return (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
