"""The season of a series.

Here: `res_season` beside a second reading in numpy and by hand.
Belongs here: the index of a month of the year, and how strong a season is.
Does not belong here: what a chart makes of it (`test_process_control.py`).
"""

import datetime as dt
import math
import random
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.statistics.sql import run


def season(values: list[float], area: str = "force", adjustment: str = "none") -> dict[int, dict[str, Any]]:
    """The season of a series that begins in April 2000, by month of the year; a nan is a month without a figure."""
    months = [dt.date(2000 + (at + 3) // 12, (at + 3) % 12 + 1, 1) for at in range(len(values))]
    results = pl.DataFrame({"period_month": months, "value": values}).with_columns(
        pl.col("value").fill_nan(None),
        measure_id=pl.lit("m"),
        source=pl.lit("s"),
        area_id=pl.lit(area),
        population_group=pl.lit("all"),
        period_basis=pl.lit("month"),
    )
    measure = {"measure_id": "m", "control_basis": "month", "control_seasonal_adjustment": adjustment}
    calendar = pl.DataFrame(
        {
            "period_month": months,
            "financial_year_start": [dt.date(2000 + at // 12, 4, 1) for at in range(len(values))],
        }
    )
    found = run(
        ["res_season"],
        {"res_source_result": results, "measures": pl.DataFrame([measure]), "int_month": calendar},
    )
    return {row["month_of_year"]: row for row in found.to_dicts()}


def _reading(values: list[float]) -> tuple[dict[int, float], float]:
    """Index of each month and strength, with loops instead of windows."""
    years = [values[at : at + 12] for at in range(0, len(values) - 11, 12)][-3:]
    index = {(k + 3) % 12 + 1: max(float(np.mean([y[k] / np.mean(y) for y in years])), 0.05) for k in range(12)}
    at = range(6, len(values) - 6)
    weights = np.array([0.5] + [1.0] * 11 + [0.5]) / 12
    detrended = np.array([values[k] / float(weights @ np.array(values[k - 6 : k + 7])) for k in at])
    calendar = np.array([k % 12 for k in at])
    remainder = detrended - np.array([detrended[calendar == c].mean() for c in calendar])
    return index, max(0.0, 1 - float(remainder.var() / detrended.var()))


@pytest.mark.parametrize("length", [36, 41, 60, 100])
def test_series_have_the_season_of_a_second_reading(length: int) -> None:
    chance = random.Random(length)
    values = [100 * (1 + 0.2 * math.sin(at * math.pi / 6)) * chance.gauss(1, 0.1) * 1.01**at for at in range(length)]
    found = season(values)
    index, strength = _reading(values)
    assert {month: row["month_index"] for month, row in found.items()} == pytest.approx(index, rel=1e-12)
    (weighed,) = {row["seasonal_strength"] for row in found.values()}
    assert weighed == pytest.approx(strength, rel=1e-9)
    assert {row["years_without_trend"] for row in found.values()} == {(length - 12) // 12}


def test_a_year_that_repeats_is_all_season() -> None:
    # 10 in eleven months and 34 in March: mean 12; the index of March 34/12, of the others 10/12. The mean over any
    # twelve months is 12, so that nothing but season is left.
    found = season(([10.0] * 11 + [34.0]) * 3)
    assert found[3]["month_index"] == pytest.approx(34 / 12)
    assert found[4]["month_index"] == pytest.approx(10 / 12)
    assert found[3]["seasonal_strength"] == pytest.approx(1)


def test_only_the_last_three_complete_years_make_the_index() -> None:
    # March is 34 in the first two years and 10 in the three after: no season is left in the index. A year begun counts
    # for nothing.
    values = ([10.0] * 11 + [34.0]) * 2 + [10.0] * 36 + [50.0]
    assert {round(row["month_index"], 12) for row in season(values).values()} == {1}
    # Of two complete years both count.
    assert season(([10.0] * 11 + [34.0]) + [10.0] * 12 + [50.0])[3]["month_index"] == pytest.approx((34 / 12 + 1) / 2)


def test_one_complete_year_is_no_season() -> None:
    assert season([10.0] * 23) == {}
    assert len(season([10.0] * 24)) == 12


def test_a_year_with_a_month_missing_is_not_complete() -> None:
    values = [10.0] * 36
    values[30] = math.nan
    assert {row["years"] for row in season(values).values()} == {2}
    values[18] = math.nan
    assert season(values) == {}


def test_the_index_of_a_month_that_has_none_is_a_twentieth() -> None:
    assert season(([12.0] * 11 + [0.0]) * 3)[3]["month_index"] == 0.05


def test_a_constant_series_has_no_strength() -> None:
    assert season([10.0] * 36)[4]["seasonal_strength"] == 0


def test_nothing_at_all_has_no_index() -> None:
    assert season([0.0] * 36) == {}


def test_a_month_without_a_figure_within_half_a_year_is_left_out_of_the_strength() -> None:
    # 60 months have 48 with six on both sides; one missing takes 13 of them: itself and six on either side.
    chance = random.Random(1)
    long = [chance.gauss(100, 10) for _ in range(60)]
    assert {row["years_without_trend"] for row in season(long).values()} == {4}
    long[30] = math.nan
    assert {row["years_without_trend"] for row in season(long).values()} == {(48 - 13) // 12}


def test_other_areas_have_one_only_where_charts_are_adjusted() -> None:
    values = ([10.0] * 11 + [34.0]) * 3
    assert season(values, area="barnet") == {}
    assert season(values, area="barnet", adjustment="monthly")[3]["month_index"] == pytest.approx(34 / 12)


def test_a_trend_of_one_is_a_trend() -> None:
    # Half and one and a half in turn, around 1: all that varies is season.
    assert season([0.5, 1.5] * 30)[4]["seasonal_strength"] == pytest.approx(1)
