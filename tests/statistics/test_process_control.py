"""Control charts (XmR).

Here: `res_process_control` beside NHSRplotthedots, beside a second reading of METHODS in plain Python, and by hand.
Belongs here: what limits, flags and icons a series must have.
Does not belong here: which measure is charted by month or by quarter (`seeds/measures.csv`).
"""

import datetime as dt
import random
from itertools import pairwise
from typing import Any, NamedTuple

import polars as pl
import pytest

from tests.statistics import reference
from tests.statistics.second_reading import control_chart
from tests.statistics.sql import run

CASES = (
    "c01_steady",
    "c05_trend_up7",
    "c10_two_of_three_high",
    "c13_outlier_high",
    "c26_target_always_passed_decrease",
    "c32_rebased_step",
)
ICONS = {
    "improvement": "improvement",
    "concern": "concern",
    "common_cause": "common_cause",
    "pass": "consistently_passes",
    "fail": "consistently_fails",
    "inconsistent": "inconsistent",
    "": None,
}


class Series(NamedTuple):
    """What a chart is drawn from: values by month from January 2020, a null where the month is missing."""

    values: list[float | None]
    better: str = "lower"
    target: float | None = None
    rebased: list[int] = []
    first: int | None = None
    screen: bool = True
    kind: str = "percentage"
    basis: str = "month"
    season: dict[int, float] = {}
    sources: list[str] = []


def _month(position: int, step: int = 1) -> dt.date:
    return dt.date(2020 + position * step // 12, position * step % 12 + 1, 1)


def charts(series: dict[str, Series]) -> dict[str, list[dict[str, Any]]]:
    """The chart of each series, by its name, drawn in one run of the model."""
    results, measures, breaks, levels, seasons = [], [], [], [], []
    for name, one in series.items():
        step = 3 if one.basis == "quarter" else 1
        key = {"measure_id": name, "area_id": "force", "population_group": "all"}
        for position, value in enumerate(one.values):
            source = one.sources[position] if one.sources else "s"
            month = _month(position, step)
            results.append({**key, "source": source, "period_basis": one.basis, "period_month": month, "value": value})
        measures.append(
            {
                "measure_id": name,
                "measure_type": one.kind,
                "numerator_kind": "flow",
                "better": one.better,
                "control_basis": one.basis,
                "control_limits_from_first": one.first,
                "screen_moving_ranges": one.screen,
                "control_seasonal_adjustment": "monthly" if one.season else "none",
            }
        )
        breaks += [
            {"measure_id": name, "source": None, "break_month": _month(at, step), "kind": "rebase"}
            for at in one.rebased
        ]
        years = sorted({m.year - (m.month < 4) for m in (_month(p, step) for p in range(len(one.values)))})
        levels += [
            {**key, "target_id": "t", "level": one.target, "is_line_of_chart": True}
            | {"financial_year_start": dt.date(year, 4, 1)}
            for year in years
            if one.target is not None
        ]
        seasons += [
            {**key, "source": "s", "month_of_year": month, "month_index": index} for month, index in one.season.items()
        ]
    texts = dict.fromkeys(("measure_id", "area_id", "population_group", "source", "target_id", "kind"), pl.String)
    drawn = run(
        ["res_process_control"],
        {
            "res_result": pl.DataFrame(results, schema_overrides={"value": pl.Float64}),
            "measures": pl.DataFrame(measures, schema_overrides={"control_limits_from_first": pl.Int64}),
            "series_breaks": pl.DataFrame(
                breaks, schema={k: texts.get(k, pl.Date) for k in ("measure_id", "source", "break_month", "kind")}
            ),
            "res_target_level": pl.DataFrame(
                levels,
                schema={
                    "measure_id": pl.String,
                    "area_id": pl.String,
                    "population_group": pl.String,
                    "target_id": pl.String,
                    "level": pl.Float64,
                    "is_line_of_chart": pl.Boolean,
                    "financial_year_start": pl.Date,
                },
            ),
            "res_season": pl.DataFrame(
                seasons,
                schema={
                    "measure_id": pl.String,
                    "area_id": pl.String,
                    "population_group": pl.String,
                    "source": pl.String,
                    "month_of_year": pl.Int64,
                    "month_index": pl.Float64,
                },
            ),
        },
    ).sort("measure_id", "period_month")
    return {name: drawn.filter(pl.col("measure_id") == name).to_dicts() for name in series}


def chart(*values: float | None, **others: Any) -> list[dict[str, Any]]:
    return charts({"m": Series(list(values), **others)})["m"]


# The reference.


@pytest.mark.parametrize("case", CASES)
def test_a_series_has_the_chart_of_the_reference(case: str) -> None:
    given = reference.rows(f"spc/input/{case}.csv")
    wanted = reference.rows(f"spc/expected/{case}.csv")
    first = given[0]["fix_after_n_points"]
    drawn = chart(
        *(float(row["value"]) for row in given),
        better={"decrease": "lower", "increase": "higher"}[given[0]["improvement_direction"]],
        target=float(given[0]["target"]) if given[0]["target"] else None,
        rebased=[position for position, row in enumerate(given) if row["rebase"] == "1"],
        first=int(first) if first else None,
        screen=given[0]["screen_outliers"] == "TRUE",
    )
    assert len(drawn) == len(wanted)
    for point, expected in zip(drawn, wanted, strict=True):
        for column, name in (("centre_line", "mean"), ("lower_limit", "lpl"), ("upper_limit", "upl")):
            assert point[column] == pytest.approx(float(expected[name]), rel=1e-9), expected
        flags = {
            "is_outside": "flag_outside_limits",
            "is_trend": "flag_trend7",
            "is_shift": "flag_shift7",
            "is_two_of_three": "flag_two_in_three",
        }
        assert {column: point[column] for column in flags} == {
            column: expected[name] not in ("0", "") for column, name in flags.items()
        }, expected
        assert point["limit_group"] == int(expected["rebase_group"])
        assert (point["signal"] == "none") == (expected["special_cause_flag"] == "0")
        kind = expected["point_type"].removeprefix("special_cause_")
        assert point["variation"] == ICONS[kind]
    assert drawn[-1]["variation"] == ICONS[wanted[-1]["variation_icon"]]
    assert drawn[-1]["assurance"] == ICONS[wanted[-1]["assurance_icon"]]


def test_many_series_have_the_chart_of_a_second_reading() -> None:
    chance = random.Random(20260301)
    series = {}
    for number in range(300):
        length = chance.choice([2, 6, 7, 8, 13, 24, 36, 60])
        level, spread = chance.choice([0.5, 10, 1000]), chance.choice([0.01, 0.1, 0.5])
        # Whole numbers among them, so that ties happen; drifts, so that runs do; and now and then an outlier.
        drift = chance.choice([0, 0, 0.02, -0.03])
        values = [level * (1 + drift * at + spread * chance.gauss(0, 1)) for at in range(length)]
        if chance.random() < 0.5:
            values = [float(round(value)) for value in values]
        if chance.random() < 0.3:
            values[chance.randrange(length)] *= 5
        first = chance.choice([None, None, 12]) if length >= 12 else None
        series[f"s{number:03}"] = Series(list(values), first=first, screen=chance.random() < 0.7)
    seen = dict.fromkeys(("is_outside", "is_trend", "is_shift", "is_two_of_three"), 0)
    for name, drawn in charts(series).items():
        wanted = control_chart([v for v in series[name].values if v is not None], *series[name][4:6])
        for point, expected in zip(drawn, wanted, strict=True):
            if drawn[0]["note"] and "same" in drawn[0]["note"]:
                continue
            for column in ("centre_line", "lower_limit", "upper_limit", "lower_near_limit", "upper_near_limit"):
                assert point[column] == pytest.approx(expected[column], rel=1e-9, abs=1e-9), name
            for column in seen:
                assert point[column] == expected[column], (name, column, point)
                seen[column] += point[column]
    # Every rule was met somewhere, or the comparison would show nothing of it.
    assert min(seen.values()) > 20, seen


# By hand.


def test_limits_by_hand() -> None:
    # 10, 12, 11, 15: mean 12; ranges 2, 1, 4, average 7/3; none reaches 3.267 · 7/3 = 7.623; 2.66 · 7/3 = 6.2067.
    point = chart(10, 12, 11, 15)[0]
    assert point["centre_line"] == 12
    assert point["lower_limit"] == pytest.approx(12 - 2.66 * 7 / 3, rel=1e-14)
    assert point["upper_limit"] == pytest.approx(12 + 2.66 * 7 / 3, rel=1e-14)
    assert point["upper_near_limit"] == pytest.approx(12 + 2 * 2.66 / 3 * 7 / 3, rel=1e-14)
    assert point["note"] == "provisional limits: 4 of 13 points"


def test_an_extreme_moving_range_does_not_widen_the_limits() -> None:
    # Ranges eleven times 2 and once 40 and 38: average (22 + 78)/13 = 7.692, screen 25.13: 40 and 38 go, 2 stays.
    values = [10.0, 12.0] * 3 + [52.0, 14.0] + [12.0, 10.0] * 3
    ranges = [abs(b - a) for a, b in pairwise(values)]
    assert sorted(ranges)[-2:] == [38, 40] and 3.267 * sum(ranges) / 13 < 38
    screened, plain = chart(*values)[0], chart(*values, screen=False)[0]
    assert screened["upper_limit"] - screened["centre_line"] == pytest.approx(2.66 * 2)
    assert plain["upper_limit"] - plain["centre_line"] == pytest.approx(2.66 * sum(ranges) / 13)
    # The point itself stays in the mean.
    assert screened["centre_line"] == pytest.approx(sum(values) / 14)


def test_a_range_at_the_screen_is_left_out() -> None:
    # Ranges 1 eight times and r once, with r = 3.267 (8 + r)/9 only at r = 4.5590: just above goes, just below stays.
    def reach(r: float) -> float:
        point = chart(*[0.0, 1.0] * 4, 0.0, r)[0]
        return float(point["upper_limit"] - point["centre_line"])

    assert reach(4.57) == pytest.approx(2.66)
    assert reach(4.55) == pytest.approx(2.66 * 12.55 / 9)


def test_one_point_says_nothing() -> None:
    (point,) = chart(5, target=4)
    assert (point["variation"], point["assurance"], point["signal"]) == ("not_assessable", "not_assessable", "none")
    assert point["note"] == "one point; provisional limits: 1 of 13 points"


@pytest.mark.parametrize("value", [0, 5, 0.1, 77.7])
def test_a_constant_series_says_nothing(value: float) -> None:
    drawn = chart(*[value] * 20, target=4)
    assert {(p["variation"], p["assurance"], p["signal"]) for p in drawn} == {
        ("not_assessable", "not_assessable", "none")
    }
    assert drawn[0]["lower_limit"] == drawn[0]["upper_limit"] == pytest.approx(value)


def test_a_trend_is_seven_points_and_a_tie_breaks_it() -> None:
    rising = [5.0, 4.0, 6.0, 5.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 5.0]
    flags = [point["is_trend"] for point in chart(*rising)]
    assert flags == [False] * 4 + [True] * 7 + [False]  # 4 5 6 7 8 9 10
    tied = [*rising[:7], 6.0, *rising[8:]]
    assert not any(point["is_trend"] for point in chart(*tied))
    six = [5.0, 4.0, 6.0, 5.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 5.0, 5.0]
    assert not any(point["is_trend"] for point in chart(*six))


def test_a_trend_points_forward_while_it_goes_on() -> None:
    # After an unsteady start whose limits, ∓ 106.4, hold everything: it rises to 12 and falls again. Both runs of seven
    # have the peak, whose next point is in a trend too.
    values = [-20.0, 20.0] * 6 + [6.0, 7, 8, 9, 10, 11, 12, 11, 10, 9, 8, 7, 6]
    drawn = chart(*values, better="higher", first=12)[12:]
    assert {point["signal"] for point in drawn} == {"trend"}
    assert [point["variation"] for point in drawn] == ["improvement"] * 6 + ["concern"] * 7


def test_a_shift_is_seven_points_and_one_on_the_centre_breaks_it() -> None:
    # Mean of seven 6s and seven 4s is 5.
    drawn = chart(*[6.0, 6.1, 5.9, 6.0, 6.1, 5.9, 6.0], *[4.0, 3.9, 4.1, 4.0, 3.9, 4.1, 4.0])
    assert drawn[0]["centre_line"] == pytest.approx(5)
    assert all(point["is_shift"] for point in drawn)
    # 5 in the place of one 6 and of one 4: six in a row on either side, and the mean is still 5.
    broken = chart(*[6.0, 6.1, 5.9, 5.0, 6.1, 5.9, 6.0], *[4.0, 3.9, 4.1, 5.0, 3.9, 4.1, 4.0])
    assert broken[0]["centre_line"] == pytest.approx(5)
    assert not any(point["is_shift"] for point in broken)


def test_a_point_on_a_limit_is_inside() -> None:
    # -2 2 -2 … with limits fixed by the first twelve: mean 0, ranges 4, limits ∓ 10.64, near limits ∓ 7.0933.
    first = [-2.0, 2.0] * 6

    def last(value: float) -> dict[str, Any]:
        return chart(*first, value, first=12)[-1]

    assert last(0)["upper_limit"] == pytest.approx(10.64)
    assert last(10.64)["is_outside"] is False
    assert last(10.65)["is_outside"] is True
    assert last(-10.65)["is_outside"] is True
    assert last(10.65)["variation"] == "concern"
    assert last(-10.65)["variation"] == "improvement"


def test_two_of_three_flags_only_those_that_are_close() -> None:
    first = [-2.0, 2.0] * 6

    def told(*values: float) -> list[bool]:
        return [point["is_two_of_three"] for point in chart(*first, *values, first=12)][12:]

    # Near from 7.0933 to 10.64.
    assert told(8, 1, 8) == [True, False, True]
    assert told(8, -1, 8) == [False, False, False]
    assert told(8, 8) == [True, True]  # with the 2 before them: two of three at the end
    assert told(7, 8, 1) == [False, False, False]  # 7 is not close
    assert told(11, 8, 1) == [False, False, False]  # 11 is outside, not close
    assert told(-8, -8, -8) == [True, True, True]
    assert told(8, 1, 1, 8) == [False, False, False, False]


def test_a_point_outside_goes_before_a_trend_and_a_trend_before_a_shift() -> None:
    drawn = chart(*[-2.0, 2.0] * 6, 1, 2, 3, 4, 5, 6, 11, first=12)
    assert [point["signal"] for point in drawn[-7:]] == ["trend"] * 6 + ["outside"]
    assert all(point["is_shift"] for point in drawn[-7:])


def test_two_of_three_goes_before_a_shift() -> None:
    drawn = chart(*[-2.0, 2.0] * 6, 8, 1, 8, 1, 2, 1, 2, first=12)
    assert [point["signal"] for point in drawn[-7:]] == ["two_of_three", "shift", "two_of_three"] + ["shift"] * 4


def test_a_gap_begins_a_new_series() -> None:
    drawn = chart(1, 2, 3, None, 11, 12)
    assert [(point["limit_group"], point["points_in_group"]) for point in drawn] == [(0, 3)] * 3 + [(1, 2)] * 2
    assert drawn[-1]["centre_line"] == 11.5


def test_another_source_begins_a_new_series() -> None:
    drawn = chart(1, 2, 11, 12, sources=["a", "a", "b", "b"])
    assert [point["centre_line"] for point in drawn] == [1.5, 1.5, 11.5, 11.5]


def test_limits_are_set_anew_inside_a_run() -> None:
    # Seven rising points, re-based at the fifth: neither part has seven.
    drawn = chart(5, 4, 5, 4, 5, 6, 7, 8, 9, 10, 11, rebased=[8])
    assert [point["limit_group"] for point in drawn] == [0] * 8 + [1] * 3
    assert not any(point["is_trend"] for point in drawn)
    assert drawn[-1]["centre_line"] == 10


def test_quarters_follow_each_other() -> None:
    assert [p["limit_group"] for p in chart(1, 2, 3, 4, basis="quarter")] == [0] * 4
    assert [p["limit_group"] for p in chart(1, 2, None, 4, basis="quarter")] == [0, 0, 1]


def test_limits_can_rest_on_the_first_points() -> None:
    drawn = chart(*[-2.0, 2.0] * 6, *[100.0] * 3, first=12)
    assert {point["centre_line"] for point in drawn} == {0}
    assert drawn[-1]["is_outside"]
    assert drawn[-1]["note"] == "limits from the first 12 points"


def test_assurance_is_read_from_the_target_and_the_latest_limits() -> None:
    # Limits 12 ∓ 6.2067 as above: 5.7933 to 18.2067.
    def told(target: float | None, better: str) -> Any:
        return chart(10, 12, 11, 15, target=target, better=better)[-1]["assurance"]

    assert told(19, "higher") == told(5, "lower") == "consistently_fails"
    assert told(5, "higher") == told(19, "lower") == "consistently_passes"
    assert told(12, "higher") == told(12, "lower") == "inconsistent"
    assert told(12, "neither") is told(None, "higher") is None
    # A target on a limit is not beyond it.
    upper = chart(10, 12, 11, 15)[0]["upper_limit"]
    lower = chart(10, 12, 11, 15)[0]["lower_limit"]
    assert told(upper, "higher") == told(lower, "higher") == told(upper, "lower") == told(lower, "lower")
    assert told(upper, "higher") == "inconsistent"


def test_a_years_count_is_a_line_at_its_twelfth_and_a_level_as_it_is() -> None:
    values = [10.0, 12.0, 11.0, 15.0]
    for kind, basis, line in (
        ("count", "month", 12),
        ("rate", "month", 12),
        ("money", "quarter", 36),
        ("percentage", "month", 144),
        ("average", "quarter", 144),
        ("survey_percentage", "month", 144),
    ):
        assert chart(*values, kind=kind, basis=basis, target=144)[-1]["target_line"] == line, (kind, basis)
    assert chart(*values, kind="milestone", target=144)[-1]["target_line"] is None


def test_with_no_better_direction_a_signal_is_high_or_low() -> None:
    first = [-2.0, 2.0] * 6
    assert chart(*first, 11, first=12, better="neither")[-1]["variation"] == "high"
    assert chart(*first, -11, first=12, better="neither")[-1]["variation"] == "low"
    assert chart(*first, 11, first=12, better="higher")[-1]["variation"] == "improvement"


def test_the_season_is_taken_out_before_charting_and_shown_in_the_limits() -> None:
    # 100, 12 times: every January half of it and every July one and a half, with a ripple of one in each direction.
    season = {**dict.fromkeys(range(1, 13), 1.0), 1: 0.5, 7: 1.5}
    values = [season[at % 12 + 1] * (100 + (-1) ** at) for at in range(24)]
    drawn = chart(*values, season=season, kind="count", target=1200)
    plain = chart(*values, kind="count", target=1200)
    assert any(point["signal"] == "outside" for point in plain)
    assert {point["signal"] for point in drawn} == {"none"}
    january, july = drawn[0], drawn[6]
    # The ripple's ranges are 2: limits 100 ∓ 5.32, by the season; a twelfth of 1,200 is 100, by the season.
    assert (january["value"], january["centre_line"]) == (pytest.approx(50.5), pytest.approx(50))
    assert january["upper_limit"] == pytest.approx(0.5 * 105.32)
    assert (july["lower_limit"], july["target_line"]) == (pytest.approx(1.5 * 94.68), pytest.approx(150))
    assert drawn[0]["note"] == "seasonally adjusted" and drawn[0]["is_seasonally_adjusted"]


def test_fewer_than_thirteen_points_are_provisional() -> None:
    assert chart(*[-2.0, 2.0] * 6)[-1]["note"] == "provisional limits: 12 of 13 points"
    assert chart(*[-2.0, 2.0] * 6, 1)[-1]["note"] is None


# On a line.


def test_a_moving_range_that_is_just_as_extreme_as_allowed_is_screened() -> None:
    # Ranges 9.801, 0.733, 0.733, 0.733: their mean is 12/4 = 3, and 3.267 · 3 = 9.801. Only the small ones are kept.
    first = chart(9.801, 0, 0.733, 0, 0.733)[0]
    assert first["upper_limit"] - first["centre_line"] == pytest.approx(2.66 * 0.733, rel=1e-12)
    # A little less, and it counts with the others: (9.8 + 2.199)/4.
    first = chart(9.8, 0, 0.733, 0, 0.733)[0]
    assert first["upper_limit"] - first["centre_line"] == pytest.approx(2.66 * 11.999 / 4, rel=1e-12)


def test_the_limits_of_a_single_point_lie_on_it() -> None:
    (point,) = chart(7)
    assert (point["lower_limit"], point["centre_line"], point["upper_limit"]) == (7, 7, 7)
    assert not point["is_outside"]


def test_a_point_on_a_near_limit_is_not_close_to_the_limit() -> None:
    # 0 and 1 by turns, twelve of them, then twice x: n = 14 points that add up to 6 + 2x; 13 ranges, 11 of 1, one of
    # x - 1 and one of 0, that add up to 10 + x. x lies on the near limit when x = (6 + 2x)/14 + k (10 + x)/13 with
    # k = 2.66 · 2/3: x (1 - 2/14 - k/13) = 6/14 + 10k/13.
    k = 2.66 * 2 / 3
    x = (6 / 14 + 10 * k / 13) / (1 - 2 / 14 - k / 13)

    def closes(last: float) -> bool:
        return any(point["is_two_of_three"] for point in chart(*([0, 1] * 6), last, last, screen=False))

    # The point before is above the centre too: two that are close are two of three.
    assert not closes(x)
    assert closes(x * 1.001)


def test_of_two_of_three_only_the_three_are_flagged() -> None:
    # 20 and 0 by turns have ranges of 20 and their centre at 10: near limits some 35 off, limits some 53. One point at
    # 50 above; then, below, one at 5 and two at -30: the two are flagged, and not the one above, three before the last.
    drawn = chart(*([20, 0] * 12), 50, 5, -30, -30, *([0, 20] * 6), screen=False)
    assert not drawn[24]["is_outside"] and drawn[24]["value"] > drawn[24]["upper_near_limit"]
    assert [at for at, point in enumerate(drawn) if point["is_two_of_three"]] == [26, 27]


def test_limits_from_every_point_there_is_need_no_note() -> None:
    thirteen = [1, 2] * 6 + [1]
    assert chart(*thirteen, first=13)[0]["note"] is None
    assert chart(*thirteen, first=12)[0]["note"] == "limits from the first 12 points"
