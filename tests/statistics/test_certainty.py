"""How sure a figure and a verdict are.

Here: `res_estimate`, `res_group_gap`, `fct_equality_gap`, `res_target_certainty` on figures made for one question each.
Belongs here: which figure has an interval, and when a verdict is too close to call.
Does not belong here: the formulas behind an interval (`test_intervals.py`, `test_survey.py`).
"""

import datetime as dt
import math
from typing import Any

import polars as pl
import pytest
from scipy import stats

from tests.statistics.sql import PROJECT, run

Z95 = 1.959963984540054
MARCH = dt.date(2009, 3, 1)
KEY = {"measure_id": "m", "source": "s", "area_id": "force", "population_group": "all"}


# Figures.


def estimated(method: str, *groups: str, **figure: Any) -> list[dict[str, Any]]:
    """The estimates of one window, for everybody or for each of some groups."""
    row = {
        **KEY,
        "period_basis": "month",
        "period_month": MARCH,
        "window_from": MARCH,
        "tile_months": 1,
        "is_published_value": False,
        "is_complete": True,
        "reason": None,
        **dict.fromkeys(("numerator", "denominator", "value", "value_by_now", "value_by_then", "respondents")),
        **dict.fromkeys(("sum_weight_squared", "sum_weight_squared_numerator")),
        **figure,
    }
    multiplier = row.pop("multiplier", 100.0)
    types = dict.fromkeys((name for name, value in row.items() if value is None), pl.Float64) | {"reason": pl.String}
    measure = {"measure_id": "m", "interval_method": method, "multiplier": multiplier, "denominator_kind": "flow"}
    tables = {
        "res_source_window": pl.DataFrame(
            [{**row, "population_group": group} for group in groups or ("all",)], schema_overrides=types
        ),
        "measures": pl.DataFrame([{**measure, "design_effect": 1.0}]),
        "poisson_limits": pl.read_csv(PROJECT / "seeds" / "poisson_limits.csv").cast(pl.Float64),
    }
    return run(["res_estimate"], tables).to_dicts()


def test_a_rate_has_the_limits_of_its_count_over_its_denominator() -> None:
    # 4 in 2,000 residents, per 1,000: exact limits of 4 are 1.0899 and 10.2416; halved.
    (found,) = estimated("poisson", numerator=4.0, denominator=2000.0, value=2.0, multiplier=1000.0)
    assert (found["lower_95"], found["upper_95"]) == pytest.approx((1.08986537362633 / 2, 10.2415886754037 / 2))
    (count,) = estimated("poisson", numerator=4.0, value=4.0, multiplier=1.0)
    assert (count["lower_95"], count["upper_95"]) == pytest.approx((1.08986537362633, 10.2415886754037))


def test_a_fraction_of_few_events_has_no_interval() -> None:
    (found,) = estimated("poisson", numerator=4.5, value=4.5, multiplier=1.0)
    assert found["lower_95"] is found["upper_95"] is None


def test_a_percentage_without_a_base_has_no_interval() -> None:
    for method in ("survey", "wilson"):
        (found,) = estimated(method, value=77.0, is_published_value=True)
        assert found["value"] == 77 and found["lower_95"] is found["variance"] is None
    (counted,) = estimated("survey", value=77.0, respondents=0.0, is_published_value=True)
    assert (counted["value"], counted["respondents"], counted["lower_95"]) == (77, None, None)


def test_a_percentage_with_its_respondents_has_equal_weights() -> None:
    # 70 % of 101: V = 10^4 · 0.21/100.
    (found,) = estimated("survey", value=70.0, respondents=101.0, is_published_value=True)
    assert found["variance"] == pytest.approx(21)
    interval = stats.binomtest(70, 100).proportion_ci(method="wilson")  # its effective size is 101 - 1
    assert (found["lower_95"], found["upper_95"]) == pytest.approx((100 * interval.low, 100 * interval.high))
    (returned,) = estimated("survey", numerator=70.7, denominator=101.0, value=70.0, respondents=101.0)
    assert returned["variance"] == pytest.approx(21)


def test_fewer_than_thirty_respondents_are_no_figure_and_fewer_than_a_hundred_are_marked() -> None:
    def asked(n: float) -> tuple[Any, ...]:
        (found,) = estimated("survey", numerator=n / 2, denominator=n, value=50.0, respondents=n)
        return found["value"], found["lower_95"] is None, found["is_small_base"], found["reason"]

    assert asked(29) == (None, True, True, "fewer than 30 respondents")
    assert asked(30) == (50, False, True, None)
    assert asked(99) == (50, False, True, None)
    assert asked(100) == (50, False, False, None)


def test_why_there_was_no_figure_before_is_not_forgotten() -> None:
    (found,) = estimated("survey", respondents=0.0, reason="denominator is zero")
    assert found["reason"] == "denominator is zero"


def test_what_is_no_estimate_has_no_interval() -> None:
    (found,) = estimated("none", numerator=70.0, denominator=100.0, value=70.0)
    assert found["lower_95"] is found["upper_95"] is None


# Gaps between groups.


def gap(**others: Any) -> dict[str, Any]:
    """Group b at 70, a at 76, as estimates of a window."""
    base = {"value": 0.0, "lower_95": None, "upper_95": None, "variance": None, "respondents": 200.0}
    base |= {"denominator": 50.0, "is_small_base": False, "reason": None, "is_complete": True}
    row = {**KEY, "period_basis": "month", "period_month": MARCH, "window_from": MARCH, "tile_months": 1}
    groups = [
        {**row, **base, "population_group": "d:a", "value": 76.0, **{k: v[0] for k, v in others.items()}},
        {**row, **base, "population_group": "d:b", "value": 70.0, **{k: v[1] for k, v in others.items()}},
    ]
    types = dict.fromkeys(("lower_95", "upper_95", "variance"), pl.Float64) | {"reason": pl.String}
    (found,) = run(
        ["res_group_gap"],
        {
            "res_estimate": pl.DataFrame(groups, schema_overrides=types),
            "population_groups": pl.DataFrame(
                [
                    {"population_group": "d:a", "compared_with": None},
                    {"population_group": "d:b", "compared_with": "d:a"},
                ]
            ),
            "measures": pl.DataFrame([{"measure_id": "m", "denominator_kind": "flow"}]),
        },
    ).to_dicts()
    return found


def test_a_gap_of_a_survey_adds_the_variances() -> None:
    found = gap(variance=(9.0, 16.0))
    assert (found["value"], found["variance"]) == (6, 25)
    assert (found["lower_95"], found["upper_95"]) == pytest.approx((6 - 5 * Z95, 6 + 5 * Z95))


def test_a_gap_of_shares_has_newcombes_limits() -> None:
    found = gap(lower_95=(73.0, 66.0), upper_95=(80.0, 73.0))
    # 6 - √(3² + 3²), 6 + √(4² + 4²).
    assert (found["lower_95"], found["upper_95"]) == pytest.approx((6 - math.sqrt(18), 6 + math.sqrt(32)))


def test_the_smaller_of_two_groups_is_what_a_gap_rests_on() -> None:
    found = gap(respondents=(40.0, 300.0), denominator=(90.0, 20.0), is_small_base=(True, False))
    assert (found["respondents"], found["smaller_base"], found["is_small_base"]) == (40, 20, True)


def test_a_gap_is_missing_for_the_reason_either_is() -> None:
    found = gap(value=(76.0, None), reason=(None, "fewer than 30 respondents"), is_complete=(True, False))
    assert (found["value"], found["reason"], found["is_complete"]) == (None, "fewer than 30 respondents", False)


def gap_changed(of_group: dict[str, Any], compared: dict[str, Any], comparison: str = "settled") -> dict[str, Any]:
    """The change of the gap between group b and a, which it is held against; each given as value, change and limits."""
    key = {**KEY, "period_basis": "month", "period_month": MARCH}
    figure = {"value_at_same_age": None, "comparison": comparison, "is_settled": comparison == "settled"}
    figures = [
        {**key, **figure, "population_group": "d:b", **of_group},
        {**key, **figure, "population_group": "d:a", **compared},
    ]
    gap = {"value_of_group": of_group["value"], "value_compared_with": compared["value"], "lower_95": None}
    gap |= {"upper_95": None, "respondents": None, "is_small_base": None, "reason": None}
    gap |= {"value": compared["value"] - of_group["value"]}
    (found,) = run(
        ["fct_equality_gap"],
        {
            "fct_measure_result": pl.DataFrame(figures, schema_overrides={"value_at_same_age": pl.Float64}),
            "res_group_gap": pl.DataFrame([{**key, **gap, "population_group": "d:b", "compared_with": "d:a"}]),
        },
    ).to_dicts()
    return found


def changed(
    value: float, change: float | None, lower: float | None, upper: float | None, **others: Any
) -> dict[str, Any]:
    return {"value": value, "change": change, "change_lower_95": lower, "change_upper_95": upper, **others}


def test_a_gap_changes_by_what_one_group_changes_more_than_the_other() -> None:
    # Group 60 is up by 2 (1 to 3.5), compared 70 up by 5 (4 to 6): the gap of 10 was 7.
    # 3 - √((5 - 4)² + (3.5 - 2)²) = 3 - √3.25, 3 + √((6 - 5)² + (2 - 1)²) = 3 + √2.
    found = gap_changed(changed(60.0, 2.0, 1.0, 3.5), changed(70.0, 5.0, 4.0, 6.0))
    assert (found["gap"], found["change"], found["trend"]) == (10, 3, "widening")
    limits = found["change_lower_95"], found["change_upper_95"]
    assert limits == pytest.approx((3 - math.sqrt(3.25), 3 + math.sqrt(2)))


def test_a_reversed_gap_that_falls_is_widening() -> None:
    # From 63 against 60 to 70 against 60: -3, then -10.
    assert gap_changed(changed(70.0, 7.0, 6.0, 8.0), changed(60.0, 0.0, -1.0, 1.0))["trend"] == "widening"
    # From 68 against 58 to 65 against 60: -10, then -5.
    assert gap_changed(changed(65.0, -3.0, -4.0, -2.0), changed(60.0, 2.0, 1.0, 3.0))["trend"] == "narrowing"
    # From -5 to 5: as wide as it was, the other way.
    assert gap_changed(changed(60.0, -5.0, -6.0, -4.0), changed(65.0, 5.0, 4.0, 6.0))["trend"] == "narrowing"


def test_a_change_within_its_limits_is_no_clear_one() -> None:
    # 3 ± √(2² + √5²) = 3 ± 3: zero lies on the limit.
    on_the_limit = changed(60.0, 0.0, -math.sqrt(5), math.sqrt(5)), changed(70.0, 3.0, 1.0, 5.0)
    assert gap_changed(*on_the_limit)["trend"] == "no_clear_change"
    assert gap_changed(changed(60.0, 0.0, -2.2, 2.2), changed(70.0, 3.0, 1.0, 5.0))["trend"] == "widening"
    assert gap_changed(changed(60.0, 0.0, -2.2, 2.2), changed(50.0, -3.0, -5.0, -1.0))["trend"] == "widening"
    on_the_other = changed(60.0, 0.0, -math.sqrt(5), math.sqrt(5)), changed(50.0, -3.0, -5.0, -1.0)
    assert gap_changed(*on_the_other)["trend"] == "no_clear_change"
    without_limits = gap_changed(changed(60.0, 0.0, None, None), changed(70.0, 3.0, None, None))
    assert (without_limits["change"], without_limits["trend"]) == (3, None)


def test_a_young_gap_is_held_against_last_years_at_the_same_age() -> None:
    # Now 60 against 70; by the end of the month it was 50 against 58, a year before 52 against 55: 8 against 3.
    found = gap_changed(
        changed(60.0, -2.0, -3.0, -1.0, value_at_same_age=50.0),
        changed(70.0, 3.0, 2.0, 4.0, value_at_same_age=58.0),
        comparison="same_age",
    )
    assert (found["gap"], found["change"], found["comparison"], found["trend"]) == (10, 5, "same_age", "widening")
    # At the same age 1 against 6 before, though the gap is 10 now: narrowing.
    found = gap_changed(
        changed(60.0, 2.0, 1.0, 3.0, value_at_same_age=57.0),
        changed(70.0, -3.0, -4.0, -2.0, value_at_same_age=58.0),
        comparison="same_age",
    )
    assert (found["change"], found["trend"]) == (-5, "narrowing")


# Verdicts.


def judged(rule: str, verdict: str, judged_value: float, threshold: float, **others: Any) -> dict[str, Any]:
    """Certainty of one verdict; variances are in points squared."""
    verdicts = {
        **KEY,
        "target_id": "t",
        "compared_area_id": "force",
        "period_basis": "financial_year_to_date",
        "period_month": MARCH,
        "compared_month": MARCH,
        "rule": rule,
        "amount": others.pop("amount", 3.0),
        "better": others.pop("better", "higher"),
        "verdict": verdict,
        "judged_value": judged_value,
        "threshold": threshold,
        "baseline": others.pop("baseline", None),
        "baseline_kind": others.pop("baseline_kind", "previous_year_outturn"),
    }
    method = others.pop("method", "survey")
    outturn = {"outturn_variance": others.pop("outturn_variance", None), "outturn_source": others.pop("outturn", "s")}
    unknown = ("variance", "lower_95", "upper_95", "numerator", "numerator_same_period_last_year")
    unknown += ("variance_same_period_last_year", "change_percent_lower_95", "change_percent_upper_95")
    unknown += ("change_lower_95", "change_upper_95")
    figure = {**KEY, "period_basis": "financial_year_to_date", "period_month": MARCH, "is_published_value": False}
    figures = {**figure, **dict.fromkeys(unknown), **others}
    (found,) = run(
        ["res_target_certainty"],
        {
            "res_target_verdict": pl.DataFrame(
                [verdicts], schema_overrides={"baseline": pl.Float64, "amount": pl.Float64, "threshold": pl.Float64}
            ),
            "measures": pl.DataFrame([{"measure_id": "m", "interval_method": method}]),
            "res_source_result": pl.DataFrame([figures], schema_overrides=dict.fromkeys(unknown, pl.Float64)),
            "res_target_level": pl.DataFrame(
                [{"target_id": "t", "financial_year_start": dt.date(2008, 4, 1), **outturn}],
                schema_overrides={"outturn_variance": pl.Float64},
            ),
        },
    ).to_dicts()
    return found


def test_a_level_is_clear_when_the_whole_interval_is_on_the_verdicts_side() -> None:
    def told(rule: str, verdict: str, lower: float, upper: float) -> Any:
        value = (lower + upper) / 2
        return judged(rule, verdict, value, 70.0, variance=1.0, lower_95=lower, upper_95=upper)["certainty"]

    assert told("at_least", "met", 70, 76) == "clear"
    assert told("at_least", "met", 69.9, 76) == "too_close_to_call"
    assert told("at_least", "not_met", 64, 69.9) == "clear"
    assert told("at_least", "not_met", 64, 70) == "too_close_to_call"
    assert told("at_most", "met", 64, 70) == "clear"
    assert told("at_most", "met", 64, 70.1) == "too_close_to_call"
    assert told("at_most", "not_met", 70.1, 76) == "clear"
    assert told("at_most", "not_met", 70, 76) == "too_close_to_call"


def test_a_change_is_judged_on_the_interval_of_the_change() -> None:
    # 80 against 74 + 3: 3 points over what was asked; both years with variance 1: 1.96 √2 = 2.772.
    both = {"variance": 1.0, "variance_same_period_last_year": 1.0, "baseline": 74.0}
    found = judged("point_change", "met", 80.0, 77.0, **both)
    assert found["certainty"] == "clear"
    assert (found["change_lower_95"], found["change_upper_95"]) == pytest.approx(
        (6 - Z95 * math.sqrt(2), 6 + Z95 * math.sqrt(2))
    )
    # One year's own interval against a fixed level would call 79.5 clear: 1.96 < 2.5 < 2.772.
    assert judged("point_change", "met", 79.5, 77.0, **both)["certainty"] == "too_close_to_call"
    assert judged("point_change", "not_met", 74.0, 77.0, **both)["certainty"] == "clear"
    assert judged("point_change", "not_met", 74.5, 77.0, **both)["certainty"] == "too_close_to_call"


def test_a_relative_change_moves_its_threshold_with_the_baseline() -> None:
    # 1.03 · 74 = 76.22; its standard error is 1.03 times the baseline's: √(1 + 1.0609) = 1.43558, so 2.8137.
    both = {"variance": 1.0, "variance_same_period_last_year": 1.0, "baseline": 74.0}
    assert judged("relative_change", "met", 76.22 + 2.82, 76.22, **both)["certainty"] == "clear"
    assert judged("relative_change", "met", 76.22 + 2.81, 76.22, **both)["certainty"] == "too_close_to_call"


@pytest.mark.parametrize("rule", ["improve", "every_area_improves", "more_than"])
def test_to_be_better_than_last_year_is_a_change_too(rule: str) -> None:
    both = {"variance": 1.0, "variance_same_period_last_year": 1.0, "baseline": 74.0, "amount": None}
    assert judged(rule, "met", 76.8, 74.0, **both)["certainty"] == "clear"
    assert judged(rule, "met", 76.7, 74.0, **both)["certainty"] == "too_close_to_call"


def test_more_than_a_number_is_a_level() -> None:
    found = judged("more_than", "met", 76.0, 74.0, amount=74.0, variance=1.0, lower_95=74.1, upper_95=78.0)
    assert found["certainty"] == "clear" and found["change_lower_95"] is None


def test_a_fixed_baseline_has_the_error_of_the_outturn_it_was() -> None:
    fixed = {"baseline": 76.9, "baseline_kind": "fixed", "amount": 2.0, "variance": 1.0}
    assert judged("point_change", "met", 81.7, 78.9, outturn_variance=1.0, **fixed)["certainty"] == "clear"
    assert judged("point_change", "met", 81.6, 78.9, outturn_variance=1.0, **fixed)["certainty"] == "too_close_to_call"
    assert judged("point_change", "met", 90.0, 78.9, **fixed)["certainty"] == "no_sampling_error"
    other = judged("point_change", "met", 90.0, 78.9, outturn_variance=1.0, outturn="other", **fixed)
    assert other["certainty"] == "no_sampling_error"


def test_the_detectable_change_has_eighty_percent_power() -> None:
    # (1.959964 + 0.841621) · √2 = 3.96204.
    both = {"variance": 1.0, "variance_same_period_last_year": 1.0, "baseline": 74.0}
    assert judged("point_change", "met", 80.0, 77.0, **both)["detectable_change"] == pytest.approx(3.96204, abs=1e-5)
    level = judged("at_least", "met", 80.0, 77.0, variance=1.0, lower_95=78.0, upper_95=82.0)
    assert level["detectable_change"] == pytest.approx(2.80159, abs=1e-5)


def test_a_count_shows_its_change_with_its_interval_and_is_a_full_count() -> None:
    # METHODS: a 3 % fall needs about 17,200 events a year.
    counts = {"numerator": 0.97 * 17_169, "numerator_same_period_last_year": 17_169.0, "amount": -3.0}
    limits = {"change_percent_lower_95": -5.0, "change_percent_upper_95": -1.0}
    found = judged("relative_change", "met", 16_654.0, 16_654.0, method="poisson", **counts, **limits)
    assert found["certainty"] == "full_count"
    assert found["detectable_change"] == pytest.approx(3, abs=0.001)
    assert (found["change_lower_95"], found["change_upper_95"]) == (-5, -1)


def test_the_detectable_change_of_a_count_is_in_percent_of_last_year() -> None:
    # 100 · (1.959964 + 0.841621) · √(4 + 1) / 1; of none there is no percentage.
    def detectable(last_year: float) -> Any:
        counts = {"numerator": 4.0, "numerator_same_period_last_year": last_year, "amount": -3.0}
        return judged("relative_change", "met", 4.0, 5.0, method="poisson", **counts)["detectable_change"]

    assert detectable(1.0) == pytest.approx(626.453, abs=1e-3)
    assert detectable(0.0) is None


def test_a_share_of_cases_shows_its_change_in_points() -> None:
    limits = {"change_lower_95": -1.0, "change_upper_95": 2.0}
    found = judged("point_change", "met", 68.0, 67.0, method="wilson", baseline=64.0, **limits)
    assert (found["certainty"], found["change_lower_95"], found["change_upper_95"]) == ("full_count", -1, 2)


def test_without_a_base_there_is_no_sampling_error_to_tell() -> None:
    for method in ("survey", "none"):
        found = judged("at_least", "met", 80.0, 77.0, method=method, is_published_value=True)
        assert found["certainty"] == "no_sampling_error"


@pytest.mark.parametrize("verdict", ["monitor_only", "not_measurable"])
def test_what_was_not_judged_has_no_certainty(verdict: str) -> None:
    found = judged("monitor", verdict, 80.0, 77.0, variance=1.0)
    assert found["certainty"] is found["detectable_change"] is found["change_lower_95"] is None


@pytest.mark.parametrize("verdict", ["ahead", "behind"])
def test_a_count_on_its_way_is_a_full_count(verdict: str) -> None:
    assert judged("at_least", verdict, 160.0, 325.0, method="poisson")["certainty"] == "full_count"


def test_a_change_whose_limit_lies_on_the_threshold_is_too_close_to_call() -> None:
    # One standard error is 1, and the figure 1.96 of them off.
    one = {"variance": 1.0, "variance_same_period_last_year": 0.0, "baseline": 0.0}
    assert judged("point_change", "met", 1.959963984540054, 0.0, **one)["certainty"] == "too_close_to_call"
