"""What a release says is not sure yet: verdicts quarantined rows could change, months without all their deliveries.

Here: the sample's own quarantined rows, and one refresh of March 2009 from which deliveries are missing.
Belongs here: a promise about what is marked provisional, and what is not.
Does not belong here: the bounds themselves (dbt unit tests of `res_target_verdict`).
"""

import json
import shutil
import subprocess

import polars as pl
import pytest

from tests.conftest import Warehouse
from tests.deliveries import declare

# Whole refreshes; the models have their unit tests.
pytestmark = pytest.mark.long

ROADS = "road_casualties has not been delivered for March 2009"
WORKFORCE = "workforce has not been delivered for March 2009"
CALLS = "service_levels was delivered in part for March 2009"
MARCH = "2009-03_r2"
RESTS_ON = {
    ROADS: {"killed_or_seriously_injured"},
    WORKFORCE: {
        # Complaints are divided by officers.
        "complaints_per_100_officers",
        "female_officers",
        "female_senior_officers",
        "minority_ethnic_officers",
        "officer_sickness",
        "officer_strength",
        "officers_against_budget",
        "pcso_strength",
        "special_constables",
        "staff_sickness",
        "staff_strength",
    },
    CALLS: {
        "electronic_evidence_in_28_days",
        "emergency_call_days_met",
        "emergency_calls_answered",
        "non_emergency_calls_answered",
    },
}


def _never_delivered(warehouse: Warehouse, extract: str, name: str) -> None:
    """Take a delivery away as if it had not come: its file and its place in the landing."""
    (warehouse.raw / extract / name).unlink()
    for record in (warehouse.folder / "landing" / extract).glob("*/delivery.json"):
        if json.loads(record.read_text(encoding="utf-8"))["file_name"] == name:
            shutil.rmtree(record.parent)


@pytest.fixture(scope="module")
def late(
    sample: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Warehouse, subprocess.CompletedProcess[str]]:
    """March 2009 without road casualties and workforce, with a part of its service levels, and with the recorded crime
    of March and October 2008 delivered again without the row that was quarantined in each."""
    warehouse = sample.copy(tmp_path_factory.mktemp("late"))
    _never_delivered(warehouse, "road_casualties", "2009-03.csv")
    _never_delivered(warehouse, "workforce", "2009-03.xlsx")
    calls = warehouse.raw / "service_levels"
    # The same rows in another order: other content, the same figures.
    pl.read_csv(calls / "2009-03.csv").reverse().write_csv(declare(calls / "2009-03_r2.csv", partial=True))
    crime = warehouse.raw / "recorded_crime"
    for month in ("2008-03", "2008-10"):
        rows = pl.read_parquet(crime / f"{month}_r2.parquet")
        rows.filter(~pl.col(rows.columns[0]).str.ends_with("-BAD")).write_parquet(crime / f"{month}_r3.parquet")
    ended = warehouse.refresh("2009-03")
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    return warehouse, ended


Late = tuple[Warehouse, subprocess.CompletedProcess[str]]


def test_exactly_the_measures_that_rest_on_what_is_late_are_provisional_on_the_scorecard(late: Late) -> None:
    rows = (
        late[0]
        .release(MARCH)
        .execute("select distinct provisional_because, measure_id from scorecard where is_provisional")
        .fetchall()
    )
    assert sorted(rows) == sorted((because, measure) for because, measures in RESTS_ON.items() for measure in measures)


def test_a_release_without_all_its_extracts_says_which_are_late(late: Late) -> None:
    row = late[0].release(MARCH).execute("select status, provisional_because from release").fetchone()
    assert row == ("provisional", f"{ROADS}; {CALLS}; {WORKFORCE}")


def test_verdicts_of_the_late_month_are_provisional_and_those_of_the_month_before_are_not(late: Late) -> None:
    rows = (
        late[0]
        .release(MARCH)
        .execute(
            "select strftime(period_month, '%Y-%m'), provisional_because from fct_target_verdict"
            " where measure_id = 'female_officers' and period_month >= '2009-02-01' order by period_month"
        )
        .fetchall()
    )
    assert rows == [("2009-02", None), ("2009-03", WORKFORCE)]


def test_the_last_lines_count_provisional_verdicts_by_tier_and_say_why(late: Late) -> None:
    counted = dict(
        late[0]
        .release(MARCH)
        .execute("select tier, count(*) filter (where is_provisional) from scorecard group by tier")
        .fetchall()
    )
    lines = late[1].stdout.strip().splitlines()
    assert f"Provisional, because {ROADS}; {CALLS}; {WORKFORCE}." in lines
    said = next(line for line in lines if line.startswith("Provisional of these: "))
    assert set(said.partition(": ")[2].split(", ")) == {f"{count} {tier}" for tier, count in counted.items()}


def test_a_verdict_that_quarantined_rows_could_change_says_so(sample: Warehouse) -> None:
    """54 of 154 is 35.06 % against 36; with the outcomes of both quarantined rows it would be 56 of 154, 36.36 %."""
    row = (
        sample.release()
        .execute(
            "select verdict, rows_quarantined, is_provisional, provisional_because from scorecard"
            " where measure_id = 'serious_violence_brought_to_justice'"
        )
        .fetchone()
    )
    assert row == ("not_met", 2, True, "2 quarantined rows could change it")


def test_a_verdict_far_from_its_threshold_stands_whatever_the_quarantined_rows_are(sample: Warehouse) -> None:
    """369 of 559 domestic offences with an arrest is 66.01 % against 67; with both rows it would be 371, 66.37 %."""
    row = (
        sample.release()
        .execute(
            "select verdict, rows_quarantined, is_provisional, provisional_because from scorecard"
            " where measure_id = 'domestic_violence_arrest_rate'"
        )
        .fetchone()
    )
    assert row == ("not_met", 2, False, None)


def test_a_release_with_all_its_extracts_says_how_many_verdicts_quarantined_rows_could_change(
    sample: Warehouse,
) -> None:
    row = sample.release().execute("select status, provisional_because from release").fetchone()
    assert row == ("provisional", "quarantined rows could change 1 verdict")


def test_a_quarantined_row_of_last_year_may_have_its_outcome_in_this_one(sample: Warehouse) -> None:
    """In September 2008 28 of 80 is 35 % against 36; the quarantined row of March 2008 could make it 29: 36.25."""
    row = (
        sample.release("2008-09_r1")
        .execute(
            "select verdict, provisional_because from scorecard"
            " where measure_id = 'serious_violence_brought_to_justice'"
        )
        .fetchone()
    )
    assert row == ("not_met", "1 quarantined row could change it")


def test_a_corrected_delivery_clears_the_doubt(late: Late) -> None:
    row = (
        late[0]
        .release(MARCH)
        .execute(
            "select value, verdict, rows_quarantined, is_provisional from scorecard"
            " where measure_id = 'serious_violence_brought_to_justice'"
        )
        .fetchone()
    )
    assert row == (pytest.approx(100 * 54 / 154), "not_met", 0, False)


@pytest.mark.long
def test_a_month_with_all_its_extracts_and_no_verdict_in_doubt_is_final(late: Late) -> None:
    """February 2008 is before the first quarantined row and after no missing delivery."""
    ended = late[0].refresh("2008-02")
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    row = late[0].release("2008-02_r1").execute("select status, provisional_because from release").fetchone()
    assert row == ("final", None)
