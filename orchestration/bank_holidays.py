"""England's bank holidays, computed for any year.

Here: the rules of the Banking and Financial Dealings Act 1971, and the days proclaimed beside or instead of them.
Belongs here: a day proclaimed anew: one line in `PROCLAIMED`, and one in `MOVED` when it takes the place of another.
Does not belong here: what is done on a working day (`timetable.py`).
"""

import datetime as dt
from functools import cache

# Source of both: the list of the government, gov.uk/bank-holidays, and the royal proclamations in the London Gazette.
# Known until the end of 2027; a day proclaimed later is added here.
PROCLAIMED = {
    dt.date(1981, 7, 29),  # a royal wedding
    dt.date(1999, 12, 31),  # the eve of 2000
    dt.date(2002, 6, 3),  # Golden Jubilee
    dt.date(2011, 4, 29),  # a royal wedding
    dt.date(2012, 6, 5),  # Diamond Jubilee
    dt.date(2022, 6, 3),  # Platinum Jubilee
    dt.date(2022, 9, 19),  # the Queen's funeral
    dt.date(2023, 5, 8),  # the coronation
}
# A Monday in May that gave way to another day of that year.
MOVED = {
    dt.date(1995, 5, 1): dt.date(1995, 5, 8),
    dt.date(2002, 5, 27): dt.date(2002, 6, 4),
    dt.date(2012, 5, 28): dt.date(2012, 6, 4),
    dt.date(2020, 5, 4): dt.date(2020, 5, 8),
    dt.date(2022, 5, 30): dt.date(2022, 6, 2),
}
MONDAY, SATURDAY = 0, 5


@cache
def bank_holidays(year: int) -> frozenset[dt.date]:
    """Every bank holiday of England in a year, from 1978 on, when May Day became one."""
    easter = _easter_sunday(year)
    mondays = [
        _monday_from(dt.date(year, 5, 1)),
        _monday_from(dt.date(year, 5, 25)),
        _monday_from(dt.date(year, 8, 25)),
    ]
    christmas = _next_weekdays([dt.date(year, 12, 25), dt.date(year, 12, 26)])
    return frozenset(
        {
            *_next_weekdays([dt.date(year, 1, 1)]),
            easter - dt.timedelta(days=2),
            easter + dt.timedelta(days=1),
            *(MOVED.get(monday, monday) for monday in mondays),
            *christmas,
            *(day for day in PROCLAIMED if day.year == year),
        }
    )


def _monday_from(day: dt.date) -> dt.date:
    """The first Monday on or after a day."""
    return day + dt.timedelta(days=(MONDAY - day.weekday()) % 7)


def _next_weekdays(days: list[dt.date]) -> list[dt.date]:
    """Days that follow each other, each on a weekend put off to the next weekday that none of them has."""
    taken = [day for day in days if day.weekday() < SATURDAY]
    for day in days:
        if day.weekday() >= SATURDAY:
            while day.weekday() >= SATURDAY or day in taken:
                day += dt.timedelta(days=1)
            taken.append(day)
    return taken


def _easter_sunday(year: int) -> dt.date:
    """Easter in the Gregorian calendar, by the anonymous algorithm (Meeus, Astronomical Algorithms, 1991, ch. 8)."""
    golden, century, of_century = year % 19, year // 100, year % 100
    leap_centuries, of_four_centuries = divmod(century, 4)
    moon = (19 * golden + century - leap_centuries - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    leaps, of_leap = divmod(of_century, 4)
    sunday = (32 + 2 * of_four_centuries + 2 * leaps - moon - of_leap) % 7
    late = (golden + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return dt.date(year, month, day + 1)
