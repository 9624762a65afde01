"""The sample's figures and verdicts, against counts made another way and against arithmetic done by hand.

Here: September 2008 (in the year) and March 2009 (year end), every rule in use.
Belongs here: a comparison with `figures/`.
Does not belong here: the published files (`test_published_figures.py`).
"""

import csv
import datetime as dt
from pathlib import Path

import pytest

from tests.conftest import Warehouse
from tests.figures.from_deliveries import counted

with (Path(__file__).parent / "figures" / "sample.csv").open(encoding="utf-8", newline="") as lines:
    FIGURES = list(csv.DictReader(lines))
NAMES = [f"{figure['measure_id']}-{figure['month']}" for figure in FIGURES]


def _number(text: str) -> float | None:
    return float(text) if text else None


@pytest.mark.parametrize("figure", FIGURES, ids=NAMES)
def test_the_counts_worked_with_are_those_in_the_deliveries(figure: dict[str, str], sample_raw: Path) -> None:
    last = dt.datetime.strptime(figure["month"], "%Y-%m").date()
    now = counted(sample_raw, figure["measure_id"], dt.date(2008, 4, 1), last)
    assert now == pytest.approx((_number(figure["numerator"]), _number(figure["denominator"])), abs=5e-4)
    if figure["baseline_numerator"]:
        before = counted(sample_raw, figure["measure_id"], dt.date(2007, 4, 1), last.replace(year=last.year - 1))
        expected = (_number(figure["baseline_numerator"]), _number(figure["baseline_denominator"]))
        assert before == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize("figure", FIGURES, ids=NAMES)
def test_the_scorecard_says_what_was_worked_by_hand(figure: dict[str, str], sample: Warehouse) -> None:
    row = (
        sample.release(f"{figure['month']}_r1")
        .execute(
            "select value, threshold, verdict_stage, verdict from scorecard"
            " where measure_id = ? and (target_id is null or target_id not like '%_2010')",
            [figure["measure_id"]],
        )
        .fetchone()
    )
    assert row is not None
    value, threshold, stage, verdict = row
    assert value == pytest.approx(float(figure["value"]), rel=1e-8)
    assert threshold == (pytest.approx(float(figure["threshold"]), rel=1e-8) if figure["threshold"] else None)
    assert (stage or "", verdict) == (figure["verdict_stage"], figure["verdict"])


def test_every_rule_a_target_uses_is_worked_by_hand_in_the_year_and_at_year_end(sample: Warehouse) -> None:
    used = {row[0] for row in sample.release().execute("select distinct rule from dim_target").fetchall()}
    for month in ("2008-09", "2009-03"):
        assert used <= {figure["rule"] for figure in FIGURES if figure["month"] == month}


def test_networks_in_september_are_expected_by_the_season_of_earlier_years(sample: Warehouse) -> None:
    """2006/07 had 80 of its 167 by September, 2007/08 had 146 of 300: 325 × (80/167 + 146/300) / 2 = 156.93."""
    row = (
        sample.release("2008-09_r1")
        .execute(
            "select value, expected_by_now, verdict from scorecard where measure_id = 'criminal_networks_disrupted'"
        )
        .fetchone()
    )
    assert row == (170, pytest.approx(325 * (80 / 167 + 146 / 300) / 2, rel=1e-9), "ahead")


def test_figures_with_arrests_still_to_come_are_marked_unsettled(sample: Warehouse) -> None:
    settled = dict(
        sample.release()
        .execute(
            "select strftime(period_month, '%Y-%m'), is_settled from fct_measure_result"
            " where measure_id = 'domestic_violence_arrest_rate' and period_basis = 'month' and area_id = 'force'"
        )
        .fetchall()
    )
    assert settled["2008-12"] is True
    assert settled["2009-01"] is False


def test_the_satisfaction_target_known_on_a_day_can_be_asked_for(sample: Warehouse) -> None:
    asked = (
        "select target_id, threshold from fct_target_verdict where measure_id = 'victim_satisfaction'"
        " and period_month = '2009-03-01' and known_from <= $day and (known_to is null or known_to > $day)"
    )
    before = sample.release().execute(asked, {"day": dt.date(2008, 6, 1)}).fetchall()
    after = sample.release().execute(asked, {"day": dt.date(2008, 6, 12)}).fetchall()
    # 100 x 284.465 / 374.177 = 76.024181 in 2007/08, plus 3 points; then 76.9 + 2.
    assert before == [("victim_satisfaction_2008_09", pytest.approx(100 * 284.465 / 374.177 + 3))]
    assert after == [("victim_satisfaction_2008_09_revised", 78.9)]
