"""The timetable: working days, days agreed, what is late and what a month waits for.

Here: dates worked by hand from a calendar, and England's bank holidays beside a package that lists them.
Belongs here: a promise about days that needs no delivery on disk.
Does not belong here: what is started on them (`test_arrival.py`).
"""

import datetime as dt

import holidays
import pytest

from orchestration.bank_holidays import bank_holidays
from orchestration.extracts import EXTRACTS
from orchestration.timetable import (
    MONTHLY,
    Timetable,
    due_day,
    last_month,
    late_extracts,
    timetable,
    working_day,
)
from tests.service import london

MARCH = dt.date(2009, 3, 1)
FEBRUARY = dt.date(2009, 2, 1)
ALL_OF_MARCH = {extract.name: {FEBRUARY, MARCH} for extract in MONTHLY}
KEPT = Timetable(refresh_working_day=8, release_working_day=10)


def without(*extracts: str) -> dict[str, set[dt.date]]:
    """Everything delivered for February and March 2009, but these extracts for February only."""
    return {name: {FEBRUARY} if name in extracts else months for name, months in ALL_OF_MARCH.items()}


@pytest.mark.parametrize("year", range(1978, 2028))
def test_bank_holidays_are_those_that_an_independent_list_has(year: int) -> None:
    """The package also lists the days that were moved to a weekday at their own dates: weekends are left out."""
    listed = holidays.country_holidays("GB", subdiv="ENG", years=year)
    assert bank_holidays(year) == {day for day in listed if day.weekday() < 5}


def test_a_working_day_is_no_weekend_and_no_bank_holiday() -> None:
    """April 2009: 1, 2, 3; 6 to 9; Good Friday the 10th and Easter Monday the 13th are none; the 14th is the eighth.
    January 2011: the 1st is a Saturday, so that Monday the 3rd is a bank holiday and the first is the 4th."""
    assert working_day(dt.date(2009, 4, 1), 7) == dt.date(2009, 4, 9)
    assert working_day(dt.date(2009, 4, 1), 8) == dt.date(2009, 4, 14)
    assert working_day(dt.date(2011, 1, 1), 1) == dt.date(2011, 1, 4)


def test_a_month_is_refreshed_at_six_by_the_clocks_of_london_in_summer_too() -> None:
    """14 April 2009 is in British Summer Time: six o'clock there is five in Greenwich. 12 January 2010 is not."""
    assert KEPT.refresh_at(MARCH).astimezone(dt.UTC) == dt.datetime(2009, 4, 14, 5, tzinfo=dt.UTC)
    # January 2010: 1st is New Year; 4 to 8 are five, 11, 12, 13 make eight.
    assert KEPT.refresh_at(dt.date(2009, 12, 1)).astimezone(dt.UTC) == dt.datetime(2010, 1, 13, 6, tzinfo=dt.UTC)


def test_the_month_to_report_on_is_the_last_that_has_ended_in_london() -> None:
    """At half past eleven in the evening of 30 April in Greenwich it is May in London."""
    assert last_month(dt.datetime(2009, 4, 30, 22, 30, tzinfo=dt.UTC)) == MARCH
    assert last_month(dt.datetime(2009, 4, 30, 23, 30, tzinfo=dt.UTC)) == dt.date(2009, 4, 1)
    assert last_month(london(2009, 1, 1, 0, 0)) == dt.date(2008, 12, 1)


def test_a_month_that_every_monthly_extract_reached_waits_for_nothing_before_its_day() -> None:
    assert KEPT.waits_for(MARCH, ALL_OF_MARCH, london(2009, 4, 2, 12)) == []
    assert KEPT.publishable_month(ALL_OF_MARCH, london(2009, 4, 2, 12)) == MARCH


@pytest.mark.parametrize("extract", [extract.name for extract in MONTHLY])
def test_a_late_extract_is_waited_for_until_the_refresh_day_and_on_it_if_figures_cannot_do_without(
    extract: str,
) -> None:
    delivered = without(extract)
    before = KEPT.waits_for(MARCH, delivered, london(2009, 4, 14, 5, 59))
    on_the_day = KEPT.waits_for(MARCH, delivered, london(2009, 4, 14, 6, 0))
    assert [waited.name for waited in before] == [extract]
    assert [waited.name for waited in on_the_day] == ([extract] if EXTRACTS[extract].is_waited_for else [])


def test_a_month_is_not_published_by_itself_before_it_has_ended() -> None:
    assert KEPT.waits_for(MARCH, ALL_OF_MARCH, london(2009, 3, 31, 23, 59)) == MONTHLY
    assert KEPT.publishable_month(ALL_OF_MARCH, london(2009, 3, 31, 23, 59)) == FEBRUARY


def test_a_month_is_reached_by_a_delivery_for_it_not_by_one_for_a_later_month() -> None:
    skipped = {**ALL_OF_MARCH, "recorded_crime": {MARCH}}
    assert [e.name for e in KEPT.waits_for(FEBRUARY, skipped, london(2009, 4, 20, 12))] == ["recorded_crime"]
    assert KEPT.publishable_month(skipped, london(2009, 4, 20, 12)) == MARCH


def test_nothing_delivered_makes_no_month_publishable() -> None:
    assert KEPT.publishable_month({}, london(2009, 4, 20, 12)) is None
    assert KEPT.publishable_month({"milestones": {MARCH}}, london(2009, 4, 20, 12)) is None


def test_an_extract_is_late_from_the_day_after_the_one_agreed_and_counts_calendar_days() -> None:
    """Crime is due on the third working day of April 2009, Friday the 3rd, workforce on the fourth, Monday the 6th;
    on Tuesday the 7th one is four days late, the other one."""
    delivered = without("recorded_crime", "workforce")
    assert late_extracts(MARCH, delivered, london(2009, 4, 3, 23, 59)) == []
    late = late_extracts(MARCH, delivered, london(2009, 4, 7, 12))
    assert [(each.extract.name, each.due, each.days) for each in late] == [
        ("recorded_crime", dt.date(2009, 4, 3), 4),
        ("workforce", dt.date(2009, 4, 6), 1),
    ]
    assert [str(each) for each in late] == [
        "recorded_crime for 2009-03, due 2009-04-03, 4 days late",
        "workforce for 2009-03, due 2009-04-06, 1 day late",
    ]


def test_every_monthly_extract_has_an_agreed_day_before_the_refresh_and_no_other_has() -> None:
    agreed = {extract.name for extract in EXTRACTS.values() if extract.due_working_day}
    assert agreed == {extract.name for extract in MONTHLY}
    for extract in MONTHLY:
        due = due_day(extract, MARCH)
        assert due is not None and due < KEPT.refresh_at(MARCH).date()


def test_a_release_is_overdue_from_the_day_after_its_own_until_it_or_a_later_one_is_there() -> None:
    """The tenth working day of April 2009 is Thursday the 16th (14, 15, 16 are the eighth to tenth)."""
    assert KEPT.release_due(MARCH) == dt.date(2009, 4, 16)
    assert KEPT.overdue_release({FEBRUARY}, london(2009, 4, 16, 23, 59)) is None
    assert KEPT.overdue_release({FEBRUARY}, london(2009, 4, 17, 0, 0)) == MARCH
    assert KEPT.overdue_release({MARCH}, london(2009, 4, 17, 0, 0)) is None
    assert KEPT.overdue_release({dt.date(2009, 4, 1)}, london(2009, 4, 17, 0, 0)) is None


def test_before_its_own_day_the_month_before_is_what_must_be_published() -> None:
    assert KEPT.overdue_release(set(), london(2009, 4, 3, 12)) == FEBRUARY


def test_the_working_days_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFRESH_WORKING_DAY", "5")
    monkeypatch.setenv("RELEASE_WORKING_DAY", "6")
    assert timetable() == Timetable(5, 6)
    monkeypatch.setenv("RELEASE_WORKING_DAY", "")
    monkeypatch.setenv("REFRESH_WORKING_DAY", "12")
    assert timetable() == Timetable(12, 12)


@pytest.mark.parametrize(
    ("refresh", "release", "said"),
    [
        ("0", "", "REFRESH_WORKING_DAY is a working day of the month, 1 to 15; it is 0."),
        ("first", "", "REFRESH_WORKING_DAY is a working day of the month, 1 to 15; it is first."),
        ("8", "23", "RELEASE_WORKING_DAY is a working day of the month, 1 to 15; it is 23."),
        ("8", "7", r"RELEASE_WORKING_DAY \(7\) is before REFRESH_WORKING_DAY \(8\)"),
    ],
)
def test_a_working_day_that_cannot_be_is_said_in_a_sentence(
    refresh: str, release: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFRESH_WORKING_DAY", refresh)
    monkeypatch.setenv("RELEASE_WORKING_DAY", release)
    with pytest.raises(ValueError, match=said):
        timetable()
