"""The timetable: what is due when, what is late, and what a reporting month still waits for.

Here: pure functions of dates, of the months each extract was delivered for, and of an instant that is given.
Belongs here: a day that people agreed on, counted from a reporting month.
Does not belong here: what was delivered (`arrival.py`), who is told (`schedules.py`, `sensors.py`).

A reporting month is published by itself as soon as every monthly extract was delivered for it. From its refresh day on
it no longer waits for the extracts that it can do without (`Extract.is_waited_for`): it is published without them,
provisional, and once more when they come.
"""

import datetime as dt
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from orchestration.bank_holidays import SATURDAY, bank_holidays
from orchestration.extracts import EXTRACTS, Extract

# A month begins, and a day ends, when the force's clocks say so, wherever the machine stands.
CLOCK = "Europe/London"
# Before people come to work: the hour of the schedule.
REFRESH_HOUR = 6
# Set 2026-11-30: the last extract is due on the 7th working day, and the Board meets in the third week.
REFRESH_WORKING_DAY = 8
# Set 2026-11-30: two days to mend what was refused; the Board's papers go out after it.
RELEASE_WORKING_DAY = 10
# Set 2026-11-30: later than three weeks into a month is no timetable, but a slip of the keys.
LAST_WORKING_DAY = 15

# Extract → the months (their first days) that its deliveries end with.
Delivered = Mapping[str, Collection[dt.date]]

MONTHLY = [extract for extract in EXTRACTS.values() if extract.cadence == "monthly"]


@dataclass(frozen=True)
class Late:
    """An extract that was not delivered for a month by the day agreed; `days` are the calendar days since."""

    extract: Extract
    month: dt.date
    due: dt.date
    days: int

    def __str__(self) -> str:
        days = f"{self.days} day{'s' * (self.days > 1)}"
        return f"{self.extract.name} for {self.month:%Y-%m}, due {self.due:%Y-%m-%d}, {days} late"


@dataclass(frozen=True)
class Timetable:
    """The working days of the following month on which a reporting month is refreshed, and by which it is published."""

    refresh_working_day: int = REFRESH_WORKING_DAY
    release_working_day: int = RELEASE_WORKING_DAY

    def refresh_at(self, month: dt.date) -> dt.datetime:
        """The instant from which a reporting month waits only for the extracts it cannot do without."""
        day = working_day(next_month(month), self.refresh_working_day)
        return dt.datetime.combine(day, dt.time(REFRESH_HOUR), ZoneInfo(CLOCK))

    def release_due(self, month: dt.date) -> dt.date:
        """The day by whose end a release of a reporting month must exist."""
        return working_day(next_month(month), self.release_working_day)

    def overdue_release(self, published: Collection[dt.date], now: dt.datetime) -> dt.date | None:
        """The latest month whose release is overdue at an instant; None when a month as late is published."""
        month = last_month(now)
        if self.release_due(month) >= _today(now):
            month = last_month(month)
        return None if any(known >= month for known in published) else month

    def waits_for(self, month: dt.date, delivered: Delivered, now: dt.datetime) -> list[Extract]:
        """The extracts that a reporting month is not published by itself without, at an instant; empty when it can be.

        A month that has not ended waits for every one.
        """
        if month > last_month(now):
            return MONTHLY
        missing = [extract for extract in MONTHLY if month not in delivered.get(extract.name, ())]
        is_refresh_day = now >= self.refresh_at(month)
        return [extract for extract in missing if extract.is_waited_for or not is_refresh_day]

    def publishable_month(self, delivered: Delivered, now: dt.datetime) -> dt.date | None:
        """The latest month that waits for nothing at an instant; None when each waits for something."""
        months = {month for extract in MONTHLY for month in delivered.get(extract.name, ())}
        return max((month for month in months if not self.waits_for(month, delivered, now)), default=None)


def timetable() -> Timetable:
    """The timetable as the environment sets it: `REFRESH_WORKING_DAY` and `RELEASE_WORKING_DAY`.

    Raises `ValueError` that says what is wrong with them.
    """
    refresh = _working_day_set("REFRESH_WORKING_DAY", REFRESH_WORKING_DAY)
    release = _working_day_set("RELEASE_WORKING_DAY", max(RELEASE_WORKING_DAY, refresh))
    if release < refresh:
        raise ValueError(f"RELEASE_WORKING_DAY ({release}) is before REFRESH_WORKING_DAY ({refresh}); it cannot be.")
    return Timetable(refresh, release)


def due_day(extract: Extract, month: dt.date) -> dt.date | None:
    """The agreed day of the following month by whose end an extract is delivered; None where none is agreed."""
    return working_day(next_month(month), extract.due_working_day) if extract.due_working_day else None


def late_extracts(month: dt.date, delivered: Delivered, now: dt.datetime) -> list[Late]:
    """The extracts that are late for a reporting month at an instant, the latest first."""
    late = [
        Late(extract, month, due, (_today(now) - due).days)
        for extract in EXTRACTS.values()
        if month not in delivered.get(extract.name, ())
        if (due := due_day(extract, month)) and due < _today(now)
    ]
    return sorted(late, key=lambda each: (-each.days, each.extract.name))


def working_day(month: dt.date, number: int) -> dt.date:
    """The so-manieth working day of the month that starts with `month`: no weekend, and no bank holiday of England."""
    day, count = month - dt.timedelta(days=1), 0
    while count < number:
        day += dt.timedelta(days=1)
        count += day.weekday() < SATURDAY and day not in bank_holidays(day.year)
    return day


def last_month(at: dt.datetime | dt.date) -> dt.date:
    """First day of the latest month that has ended: of an instant by the force's clocks, of a day as it is."""
    today = _today(at) if isinstance(at, dt.datetime) else at
    return (today.replace(day=1) - dt.timedelta(days=1)).replace(day=1)


def next_month(month: dt.date) -> dt.date:
    """First day of the month after the one that starts with `month`."""
    return (month + dt.timedelta(days=31)).replace(day=1)


def _today(now: dt.datetime) -> dt.date:
    return now.astimezone(ZoneInfo(CLOCK)).date()


def _working_day_set(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= LAST_WORKING_DAY:
        raise ValueError(f"{name} is a working day of the month, 1 to {LAST_WORKING_DAY}; it is {text}.")
    return int(text)
