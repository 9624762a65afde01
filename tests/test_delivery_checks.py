"""Deliveries held against each other: what stops a refresh, what only warns, and how a person gets past it.

Here: one small history of recorded crime, refreshed with its faults, cut short, and confirmed; the checks' catalogue.
Belongs here: a promise about a check across deliveries that needs the whole refresh.
Does not belong here: where each limit lies (the unit tests beside `int_check_*`), one delivery's own faults
(`test_landing.py`).

The history is of 402 offences a month in 32 boroughs, from December 2007 to December 2008 in one file, with four
faults: May 2008 is missing, Camden is missing from March 2008, January 2009 has three offences of December again, and
of the three decisions in January's register its second revision has one.
"""

import csv
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.extracts.seeds import SEEDS
from orchestration.resources import DBT_PROJECT
from tests.conftest import Warehouse
from tests.deliveries import Row, declare, valid_rows, without_area, write_csv

MONTHS = ["2007-12", *(f"2008-{month:02}" for month in range(1, 13))]
NAME = "recorded_crime from crime_system, "


@dataclass(frozen=True)
class Refreshed:
    """What a refresh said, and what was published after it: which release, and its bytes."""

    ended: subprocess.CompletedProcess[str]
    published: tuple[str, bytes]


def _refresh(warehouse: Warehouse) -> Refreshed:
    ended = warehouse.refresh("2009-01")
    current = warehouse.folder / "current"
    return Refreshed(ended, (str(current.readlink()), (current / "performance.duckdb").read_bytes()))


def _month(month: str) -> list[Row]:
    if month == "2008-05":
        return []
    rows = valid_rows("recorded_crime", month=month)
    return without_area(rows, "camden") if month == "2008-03" else rows


@pytest.fixture(scope="module")
def january() -> list[Row]:
    rows = valid_rows("recorded_crime", month="2009-01")
    repeated = [{**row, "offence_ref": f"ZQCR/2008-12/{i:06d}"} for i, row in enumerate(rows[:3])]
    return [*repeated, *rows[3:]]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory, january: list[Row]) -> Warehouse:
    raw = tmp_path_factory.mktemp("history") / "raw"
    write_csv(raw / "recorded_crime" / "history.csv", [row for month in MONTHS for row in _month(month)])
    write_csv(raw / "recorded_crime" / "2009-01.csv", january)
    decisions = valid_rows("board_decisions", 3, month="2009-01")
    write_csv(raw / "board_decisions" / "2009-01.csv", decisions)
    write_csv(raw / "board_decisions" / "2009-01_r2.csv", decisions[:1])
    return Warehouse(raw, raw.parent / "warehouse")


@pytest.fixture(scope="module")
def with_faults(history: Warehouse) -> Refreshed:
    """The history as it came."""
    return _refresh(history)


@pytest.fixture(scope="module")
def cut_short(history: Warehouse, with_faults: Refreshed, january: list[Row]) -> Refreshed:
    """Then January again with its first 201 rows: half of the usual 402, of every borough still."""
    write_csv(history.raw / "recorded_crime" / "2009-01_r2.csv", january[:201])
    return _refresh(history)


@pytest.fixture(scope="module")
def confirmed(history: Warehouse, cut_short: Refreshed, january: list[Row]) -> Refreshed:
    """Then the same rows once more, with a reason."""
    again = write_csv(history.raw / "recorded_crime" / "2009-01_r3.csv", january[:201])
    declare(again, confirmed="Snow closed the stations")
    return _refresh(history)


def _warned_of(refreshed: Refreshed, check: str) -> list[str]:
    """The findings below a warning in the last lines of a refresh."""
    lines = refreshed.ended.stdout.splitlines()
    start = lines.index(f"Warning, delivery_check: not so that {check}") + 1
    count = next(i for i, line in enumerate(lines[start:]) if not line.startswith("  "))
    return [line.strip() for line in lines[start : start + count]]


def test_warnings_do_not_keep_a_release_from_being_published(with_faults: Refreshed) -> None:
    assert with_faults.ended.returncode == 0, with_faults.ended.stdout[-2000:] + with_faults.ended.stderr[-2000:]
    assert with_faults.published[0] == "releases/2009-01_r1"


def test_a_gap_is_named_in_the_last_lines(with_faults: Refreshed) -> None:
    assert _warned_of(with_faults, "every month between two others is delivered") == [
        NAME + "2008-05: nothing is delivered of this month, but from 2007-12 to 2009-01 are others. No quarter or year"
        " that holds it has a figure from this source. Deliver it."
    ]


def test_a_lost_borough_is_named_in_the_last_lines(with_faults: Refreshed) -> None:
    assert _warned_of(with_faults, "every borough is in every month") == [
        NAME
        + "2008-03: rows of 31 of 32 boroughs, without Camden. The force has no figure of the month from this source."
        ' Deliver it again, whole, as revision 2; if there is nothing to send, with {"partial": true} in its sidecar.'
    ]


def test_a_handful_of_records_in_two_months_is_counted_in_the_last_lines(with_faults: Refreshed) -> None:
    (finding,) = _warned_of(with_faults, "every record is in one month alone")
    assert finding.startswith(NAME + "2009-01: 3 of 402 rows are of records that an earlier month has too (2008-12).")


def test_a_revision_that_leaves_texts_out_is_named_in_the_last_lines(with_faults: Refreshed) -> None:
    assert _warned_of(with_faults, "every revision keeps the texts of the one before") == [
        "board_decisions from board_secretariat, 2009-01: 2 of the 3 texts of revision 1 are gone: a revision replaces"
        " all of its month. To keep them, deliver it with them as revision 3; if they were to go, add"
        ' {"confirmed": "the reason"} to the sidecar of the file.'
    ]


def test_no_finding_holds_a_value_of_a_row(with_faults: Refreshed, cut_short: Refreshed) -> None:
    said = [text for refreshed in (with_faults, cut_short) for text in (refreshed.ended.stdout, refreshed.ended.stderr)]
    assert "ZQ" not in "".join(said)


def test_a_month_cut_in_half_stops_the_refresh_and_publishes_nothing(
    with_faults: Refreshed, cut_short: Refreshed
) -> None:
    assert cut_short.ended.returncode == 1
    assert cut_short.published == with_faults.published


def test_the_last_line_says_which_month_was_cut_what_is_usual_and_what_to_do(cut_short: Refreshed) -> None:
    """Eleven of the twelve months before came, of 402 offences (March, without Camden's 13, of 389): median 402."""
    assert cut_short.ended.stderr.strip().splitlines()[-1] == (
        "no_month_is_cut_short_or_doubled: " + NAME + "2009-01: 201 offences, usual are 402 (the median of 11 of the 12"
        " months before): less than 0.6 times that. It may be cut off. Deliver it again, whole, as revision 3; if it is"
        ' truly so, deliver it as revision 3 with {"confirmed": "the reason"} in its sidecar.'
    )


@pytest.mark.long
def test_a_confirmed_month_is_published_with_its_reason(history: Warehouse, confirmed: Refreshed) -> None:
    assert confirmed.ended.returncode == 0, confirmed.ended.stderr[-2000:]
    assert confirmed.published[0] == "releases/2009-01_r2"
    rows = (
        history.release()
        .execute(
            "select measured, is_passed, finding from delivery_check where period_month = '2009-01-01'"
            " and check_name = 'no_month_is_cut_short_or_doubled'"
        )
        .fetchall()
    )
    assert rows == [
        (
            201.0,
            True,
            NAME
            + "2009-01: 201 offences, usual are 402 (the median of 11 of the 12 months before). Confirmed by who sent"
            " it: Snow closed the stations",
        )
    ]


# In this order: the sample is being made for another process meanwhile.
@pytest.mark.parametrize("deliveries", ["published", "sample"])
def test_the_sample_and_the_published_files_pass_every_check(deliveries: str, request: pytest.FixtureRequest) -> None:
    warehouse: Warehouse = request.getfixturevalue(deliveries)
    judged = "select check_name, finding from delivery_check where {} order by all"
    release = warehouse.release()
    assert release.execute(judged.format("not is_passed")).fetchall() == []
    checked = {check for check, _ in release.execute(judged.format("is_passed")).fetchall()}
    # Nobody publishes commentary.
    of_texts = {"every_revision_keeps_the_texts_of_the_one_before"} if deliveries == "published" else set()
    assert checked == {row["check_name"] for row in _thresholds()} - of_texts


def _thresholds() -> list[Row]:
    with (SEEDS / "delivery_checks.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_check_with_thresholds_is_a_test_of_the_severity_they_state() -> None:
    nodes = json.loads(Path(DBT_PROJECT.manifest_path).read_text(encoding="utf-8"))["nodes"].values()
    severity = {"error": "blocking", "warn": "warning"}
    tests = {
        (node["test_metadata"]["kwargs"]["check_name"], node["name"], severity[node["config"]["severity"]])
        for node in nodes
        if node["resource_type"] == "test" and node.get("test_metadata", {}).get("name") == "passed"
    }
    assert tests == {(row["check_name"], row["check_name"], row["severity"]) for row in _thresholds()}


def test_every_threshold_is_stated_once_with_its_date_and_reason() -> None:
    thresholds = _thresholds()
    assert all(row["set_on"] and row["reason"] and (row["lower"] or row["upper"]) for row in thresholds)
    stated = [(row["check_name"], row["extract"]) for row in thresholds]
    assert len(set(stated)) == len(stated)
    for_any = {check for check, extract in stated if extract == "any"}
    assert [check for check, extract in stated if extract != "any" and check in for_any] == []
