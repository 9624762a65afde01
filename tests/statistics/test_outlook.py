"""Where the year is heading.

Here: the models from monthly figures to a target's probability, beside a second reading of METHODS §5 and by hand.
Belongs here: projections, their intervals, probabilities and required run rates.
Does not belong here: how well the rule does on real series (`test_published_figures.py`).
"""

import datetime as dt
import math
import random
from typing import Any

import polars as pl
import pytest
from scipy import stats

from tests.statistics.second_reading import Outlook
from tests.statistics.sql import run

Z80, Z95 = 1.2815515655446004, 1.959963984540054
FIRST = 2000  # Series begin in April 2000.
MODELS = ["res_month_profile", "res_projection", "res_outlook"]


def month(position: int) -> dt.date:
    return dt.date(FIRST + (position + 3) // 12, (position + 3) % 12 + 1, 1)


def _months(length: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "period_month": [month(at) for at in range(length)],
            "financial_year_start": [dt.date(FIRST + at // 12, 4, 1) for at in range(length)],
            "month_of_financial_year": [at % 12 + 1 for at in range(length)],
        }
    )


def outlooks(
    numerators: list[float] | list[float | None],
    denominators: list[float] | None = None,
    kind: str = "count",
    method: str = "poisson",
    multiplier: float = 1,
    broken_at: int | None = None,
) -> dict[int, dict[str, Any]]:
    """The outlook from each origin, by its position in the series, in which None is a month without a figure."""
    rows = [
        {
            "period_month": month(at),
            "numerator": numerator,
            "denominator": denominators[at] if denominators else None,
            "value": multiplier * numerator / (denominators[at] if denominators else 1),
        }
        for at, numerator in enumerate(numerators)
        if numerator is not None
    ]
    results = pl.DataFrame(rows, schema_overrides={"denominator": pl.Float64}).with_columns(
        measure_id=pl.lit("m"),
        source=pl.lit("s"),
        area_id=pl.lit("force"),
        population_group=pl.lit("all"),
        period_basis=pl.lit("month"),
        is_settled=pl.lit(True),
        variance=pl.lit(None, pl.Float64),
    )
    breaks = [] if broken_at is None else [{"measure_id": "m", "break_month": month(broken_at), "kind": "break"}]
    measure = {"measure_id": "m", "measure_type": kind, "numerator_kind": "flow", "interval_method": method}
    drawn = run(
        MODELS,
        {
            "res_source_result": results,
            "measures": pl.DataFrame([{**measure, "multiplier": float(multiplier)}]),
            "int_month": _months(len(numerators)),
            "reporting_month": pl.DataFrame({"reporting_month": [month(len(numerators) - 1)]}),
            "series_breaks": pl.DataFrame(
                breaks, schema={"measure_id": pl.String, "break_month": pl.Date, "kind": pl.String}
            ).with_columns(source=pl.lit(None, pl.String)),
        },
    )
    by_month = {month(at): at for at in range(len(numerators))}
    return {by_month[row["origin_month"]]: row for row in drawn.to_dicts()}


def _series(chance: random.Random, length: int, level: float) -> list[float]:
    season = [1 + 0.3 * math.sin(k * math.pi / 6) for k in range(12)]
    drift = chance.choice([0, 0.004, -0.004])
    return [
        float(max(0, round(level * season[k % 12] * (1 + drift * k) * chance.gauss(1, 0.1)))) for k in range(length)
    ]


def test_errors_of_more_than_five_years_ago_count_for_nothing() -> None:
    """Four years, then nothing, then two more years before the first origin, which is judged by the months of the old
    stretch that are up to 60 months back. After a gap of two years these are months 36 to 46, each projected over 1 to
    as many months as were left of the stretch: 11 + 10 + … + 1 = 66 errors. After three years there are none."""
    chance = random.Random(5)
    figures = [float(chance.randint(80, 120)) for _ in range(112)]

    def first_origin(gap: int) -> dict[str, Any]:
        series = [None if 48 <= at < 48 + gap else figure for at, figure in enumerate(figures)]
        return outlooks(series)[48 + gap + 24]

    assert first_origin(24)["origins"] == 66
    without = first_origin(36)
    assert (without["origins"], without["lower_80"]) == (None, None)
    assert without["reason"] == "too few earlier months to try the projection on: 0 of 12 needed"


@pytest.mark.parametrize("link", ["count", "amount", "share", "ratio"])
@pytest.mark.parametrize("length", [30, 54, 84, 132])
def test_series_have_the_outlook_of_a_second_reading(link: str, length: int) -> None:
    chance = random.Random(f"{link}{length}")
    level = 40.0 if link == "count" else 400.0
    y = _series(chance, length, level)
    n = None
    if link in ("share", "ratio"):
        n = [value * 2 + chance.randint(0, 100) for value in _series(chance, length, level)]
        y = [min(a, b - 1) for a, b in zip(y, n, strict=True)]
    kind, method = {
        "count": ("count", "poisson"),
        "amount": ("money", "none"),
        "share": ("percentage", "wilson"),
        "ratio": ("percentage", "none"),
    }[link]
    found = outlooks(y, n, kind, method, 100 if n else 1)
    reading = Outlook(y, n, link)
    assert found
    widened = 0
    for at, row in found.items():
        left = 11 - at % 12
        assert (row["months_remaining"], row["method"]) == (left, link)
        done = sum(y[at - 11 + left : at + 1])
        come = reading.to_come(y, at, left)
        assert come is not None
        deviation = reading.deviation(at)
        widened += bool(row["is_widened"])
        if deviation is None:
            assert row["deviation"] is None and row["reason"]
        else:
            assert row["deviation"] == pytest.approx(deviation, rel=1e-9)
        if n is None:
            assert row["projected"] == pytest.approx(done + come, rel=1e-9)
            limits = (
                [done + come * math.exp(z * deviation) for z in (-Z80, Z80, -Z95, Z95)] if deviation else [None] * 4
            )
        else:
            base_to_come = reading.to_come(n, at, left)
            assert base_to_come is not None
            ratio = (done + come) / (sum(n[at - 11 + left : at + 1]) + base_to_come)
            assert row["projected"] == pytest.approx(100 * ratio, rel=1e-9)
            limits = [None] * 4
            if deviation and link == "share":
                odds = math.log(ratio / (1 - ratio))
                limits = [100 / (1 + math.exp(-(odds + z * deviation))) for z in (-Z80, Z80, -Z95, Z95)]
            elif deviation:
                limits = [100 * ratio * math.exp(z * deviation) for z in (-Z80, Z80, -Z95, Z95)]
        shown = [row[name] for name in ("lower_80", "upper_80", "lower_95", "upper_95")]
        assert shown == [limit if limit is None else pytest.approx(limit, rel=1e-9) for limit in limits]
        year = range(12 * (at // 12), 12 * (at // 12) + 12)
        if year[-1] < length:
            total = sum(y[k] for k in year)
            became = total if n is None else 100 * total / sum(n[k] for k in year)
            assert row["actual"] == pytest.approx(became, rel=1e-12)
            if deviation:
                assert row["is_inside_80"] == (limits[0] <= became <= limits[1])
                assert row["is_inside_95"] == (limits[2] <= became <= limits[3])
        else:
            assert row["actual"] is None
    # Both ways of judging the error were met, but for the shortest series.
    assert widened and (length == 30 or widened < len(found))


# By hand.


def test_a_steady_series_goes_on_and_chance_alone_makes_its_interval() -> None:
    # 10 a month for three years and six months: 60 to date, 60 to come; no error in the past, so s = √(1/60).
    found = outlooks([10.0] * 42)[41]
    assert (found["numerator_to_date"], found["projected"]) == (60, pytest.approx(120))
    # Tried from positions 24 to 35 over six months each: twelve origins, just enough.
    assert (found["origins"], found["is_widened"]) == (12, False)
    assert found["deviation"] == pytest.approx(math.sqrt(1 / 60), rel=1e-12)
    assert found["upper_80"] == pytest.approx(60 + 60 * math.exp(Z80 / math.sqrt(60)), rel=1e-12)


def test_a_rate_is_projected_over_the_mean_residents_so_far() -> None:
    # 120 in the year over 2,000 residents: 60 per 1,000.
    found = outlooks([10.0] * 42, [2000.0] * 42, "rate", "poisson", 1000)[41]
    assert (found["projected"], found["value_to_date"]) == (pytest.approx(60), pytest.approx(30))


def test_the_season_carries_what_is_to_come() -> None:
    # Twice as much in the second half of each year: 60 in the first, 120 in the second.
    found = outlooks(([10.0] * 6 + [20.0] * 6) * 3 + [10.0] * 6)
    assert found[41]["projected"] == pytest.approx(180)


def test_the_level_is_that_of_the_last_six_months() -> None:
    # Two years of 10, then six months of 20: 120 to date and as much to come.
    assert outlooks([10.0] * 24 + [20.0] * 6)[29]["projected"] == pytest.approx(240)


def test_a_month_that_never_had_any_keeps_a_twentieth() -> None:
    # Nothing in any March: its index is 0.05 and not 0; the others have 12/11.
    values = ([10.0] * 11 + [0.0]) * 3 + [10.0] * 11
    assert outlooks(values)[46]["numerator_to_come"] == pytest.approx(10 * 0.05 / (12 / 11))


def test_fewer_than_two_years_have_no_outlook() -> None:
    assert outlooks([10.0] * 23) == {}
    assert min(outlooks([10.0] * 27)) == 24


def test_too_few_earlier_origins_are_said() -> None:
    found = outlooks([10.0] * 27)[26]
    assert found["deviation"] is None
    # From positions 24 and 25: one month ahead from each, two from the first.
    assert found["reason"] == "too few earlier months to try the projection on: 3 of 12 needed"


def test_no_level_and_no_error_reaches_across_a_break() -> None:
    # Six months after it there is a level again, with the season known before; no projection has been proved yet.
    values = [10.0] * 36 + [20.0] * 30
    assert min(outlooks(values)) == 24
    found = outlooks(values, broken_at=36)
    assert min(found) == 41
    assert found[41]["projected"] == pytest.approx(240)
    assert found[41]["reason"] == "too few earlier months to try the projection on: 0 of 12 needed"


def test_nothing_counted_in_six_months_is_not_assessable() -> None:
    found = outlooks([4.0] * 60 + [0.0] * 6)[65]
    assert (found["deviation"], found["reason"]) == (None, "nothing counted in the last six months")


def test_a_ratios_base_is_counted_from_the_break_too() -> None:
    found = outlooks([20.0] * 42, [40.0] * 42, "percentage", "none", 100, broken_at=36)[41]
    assert (found["numerator_to_date"], found["denominator_to_date"]) == (120, 240)


@pytest.mark.parametrize("cases", [0.0, 20.0])
def test_a_share_of_none_or_all_has_no_log_odds_to_be_wrong_by(cases: float) -> None:
    # Three years of 10 in 20, whose season is known; then none, or all.
    found = outlooks([10.0] * 36 + [cases] * 30, [20.0] * 66, "percentage", "wilson", 100)
    assert all(row["deviation"] is None or math.isfinite(row["deviation"]) for row in found.values())
    assert found[max(found)]["deviation"] is None


@pytest.mark.parametrize("cases", [0.0, 20.0])
def test_a_share_that_is_none_or_all_has_no_limits(cases: float) -> None:
    # Five years of 10 in 20 prove the rule; then six months of none, or of all.
    found = outlooks([10.0] * 60 + [cases] * 6, [20.0] * 66, "percentage", "wilson", 100)[65]
    assert (found["deviation"], found["reason"]) == (None, "all or none of them so far")


def test_small_amounts_are_amounts() -> None:
    # A tenth a month, with six to come: never wrong.
    assert outlooks([0.1] * 42, kind="money", method="none")[41]["deviation"] == pytest.approx(0, abs=1e-9)


def test_a_ratio_of_none_has_no_logarithm() -> None:
    found = outlooks([10.0] * 36 + [0.0] * 30, [20.0] * 66, "percentage", "none", 100)
    assert all(row["deviation"] is None or math.isfinite(row["deviation"]) for row in found.values())


def test_money_of_which_none_came_has_no_logarithm() -> None:
    found = outlooks([10.0] * 36 + [0.0] * 18, kind="money", method="none")
    assert found[52]["deviation"] is not None
    assert all(row["deviation"] is None or math.isfinite(row["deviation"]) for row in found.values())


# Surveys.


def test_a_surveys_year_is_made_of_what_was_asked_and_of_the_year_before() -> None:
    # September: half the year done at 80 %, 76 % over the last twelve months with variance 4 points squared:
    # 0.5 · 80 + 0.5 · 76 = 78; variance 0.25 · 4 · (1 + 12/6) = 3.
    rows = [
        {"period_basis": "financial_year_to_date", "period_month": month(29), "value": 80.0, "variance": 8.0},
        {"period_basis": "rolling_12_months", "period_month": month(29), "value": 76.0, "variance": 4.0},
        {"period_basis": "financial_year_to_date", "period_month": month(35), "value": 79.0, "variance": 4.0},
        # In March nothing is to come.
        {"period_basis": "rolling_12_months", "period_month": month(35), "value": 79.0, "variance": 4.0},
    ]
    results = pl.DataFrame(rows).with_columns(
        measure_id=pl.lit("m"),
        source=pl.lit("s"),
        area_id=pl.lit("force"),
        population_group=pl.lit("all"),
        numerator=pl.lit(None, pl.Float64),
        denominator=pl.lit(None, pl.Float64),
        is_settled=pl.lit(True),
    )
    measure = {"measure_id": "m", "measure_type": "survey_percentage", "numerator_kind": "flow", "multiplier": 100.0}
    (found,) = run(
        MODELS,
        {
            "res_source_result": results,
            "measures": pl.DataFrame([{**measure, "interval_method": "survey"}]),
            "int_month": _months(36),
            "reporting_month": pl.DataFrame({"reporting_month": [month(35)]}),
            "series_breaks": pl.DataFrame(
                schema={"measure_id": pl.String, "source": pl.String, "break_month": pl.Date, "kind": pl.String}
            ),
        },
    ).to_dicts()
    assert (found["projected"], found["deviation"]) == (78, pytest.approx(math.sqrt(3)))
    assert (found["months_remaining"], found["method"]) == (6, "survey")
    assert found["lower_95"] == pytest.approx(78 - Z95 * math.sqrt(3))
    assert (found["actual"], found["is_inside_80"]) == (79, True)


# Targets.


def judged(
    rule: str,
    level: float | None,
    better: str = "higher",
    of_verdict: dict[str, Any] | None = None,
    of_measure: dict[str, Any] | None = None,
    **outlook: Any,
) -> dict[str, Any]:
    """What a target is given, from an outlook half way through the year."""
    amount = -1.0 if rule == "relative_change" and better == "lower" else 1.0
    verdict = {"rule": rule, "amount": amount, "better": better, "verdict": "not_met", "verdict_stage": "in_year"}
    kind = outlook.pop("kind", "count")
    found = {
        "method": "count",
        "unit": 1.0,
        "multiplier": 1.0,
        "months_remaining": 6,
        "numerator_to_date": 100.0,
        "denominator_to_date": None,
        "numerator_to_come": 100.0,
        "denominator_to_come": None,
        "value_to_date": 100.0,
        "ratio": None,
        "projected": 200.0,
        "deviation": 0.1,
        "reason": None,
        **dict.fromkeys(("lower_80", "upper_80", "lower_95", "upper_95")),
        **outlook,
    }
    key = {"measure_id": "m", "source": "s", "area_id": "force", "population_group": "all"}
    unknown = (
        "deviation",
        "projected",
        "denominator_to_date",
        "denominator_to_come",
        "ratio",
        "lower_80",
        "upper_80",
        "lower_95",
        "upper_95",
    )
    types = {"reason": pl.String, **dict.fromkeys(unknown, pl.Float64)}
    (row,) = run(
        ["res_target_outlook"],
        {
            "res_target_verdict": pl.DataFrame(
                [
                    {
                        **key,
                        **verdict,
                        "target_id": "t",
                        "period_month": dt.date(2008, 9, 1),
                        "is_settled": True,
                        "judged_by": "year",
                        "judged_value": 7.0,
                        "window_to": dt.date(2009, 3, 31),
                        "adds_up_years": False,
                        **(of_verdict or {}),
                    }
                ]
            ),
            "measures": pl.DataFrame(
                [
                    {
                        "measure_id": "m",
                        "measure_type": kind,
                        "numerator_kind": "flow",
                        "cadence": "monthly",
                        "settles_after": None,
                        **(of_measure or {}),
                    }
                ],
                schema_overrides={"settles_after": pl.Int64},
            ),
            "res_target_level": pl.DataFrame(
                [{"target_id": "t", "financial_year_start": dt.date(2008, 4, 1), "level": level}],
                schema_overrides={"level": pl.Float64},
            ),
            "res_outlook": pl.DataFrame(
                [
                    {
                        **key,
                        **found,
                        "origin_month": dt.date(2008, 9, 1),
                        "financial_year_start": dt.date(2008, 4, 1),
                    }
                ],
                schema_overrides=types,
            ),
        },
    ).to_dicts()
    return row


def _phi(x: float) -> Any:
    return pytest.approx(float(stats.norm.cdf(x)), abs=2e-7)


def test_a_count_is_held_against_whole_numbers() -> None:
    # 100 to date, 100 to come, s = 0.1. At least 210: 110 more, so from 109.5 on; at most 210: up to 110.5.
    def distance(still: float) -> float:
        return (math.log(still) - math.log(100.5)) / 0.1

    assert judged("at_least", 210)["outlook_probability"] == _phi(-distance(109.5))
    assert judged("at_least", 209.2)["outlook_probability"] == _phi(-distance(109.5))
    assert judged("at_most", 210)["outlook_probability"] == _phi(distance(110.5))
    assert judged("at_most", 210.9)["outlook_probability"] == _phi(distance(110.5))
    assert judged("more_than", 210)["outlook_probability"] == _phi(-distance(110.5))
    assert judged("more_than", 210.5)["outlook_probability"] == _phi(-distance(110.5))
    # Fewer than 210 is 209 at most; fewer than 210.5 is 210 at most.
    assert judged("improve", 210, better="lower")["outlook_probability"] == _phi(distance(109.5))
    assert judged("improve", 210.5, better="lower")["outlook_probability"] == _phi(distance(110.5))
    assert judged("relative_change", 210, better="lower")["outlook_probability"] == _phi(distance(110.5))


def test_the_noise_of_fractions_moves_no_whole_number() -> None:
    # 97 % of 216.49484536082474 is 210 and some 1e-14 less in binary.
    noisy = 210 - 3e-14
    assert judged("at_most", noisy)["outlook_probability"] == judged("at_most", 210)["outlook_probability"]


def test_what_is_reached_or_passed_already_is_certain() -> None:
    assert judged("at_least", 100)["outlook_probability"] == 1
    assert judged("at_least", 101, deviation=2.0)["outlook_probability"] < 1
    assert judged("at_most", 99)["outlook_probability"] == 0
    assert judged("at_most", 100, deviation=2.0)["outlook_probability"] > 0
    assert judged("more_than", 100, deviation=2.0)["outlook_probability"] < 1
    assert judged("more_than", 99)["outlook_probability"] == 1


def test_money_has_no_whole_numbers() -> None:
    distance = (math.log(110.5) - math.log(100)) / 0.1
    assert judged("at_least", 210.5, method="amount")["outlook_probability"] == _phi(-distance)
    assert judged("at_most", 210.5, method="amount")["outlook_probability"] == _phi(distance)
    assert judged("at_least", 100, method="amount")["outlook_probability"] == 1


def test_money_that_is_there_to_the_pound_has_reached_its_target() -> None:
    reached = judged("at_least", 100, method="amount", kind="money")
    assert (reached["outlook"], reached["outlook_probability"]) == ("on_track", 1)


def test_a_rate_is_a_count_in_this_years_population() -> None:
    # 1,000 over 50,000 residents: a rate of 4.2 is 210.
    rate = judged("at_most", 4.2, unit=0.02, projected=4.0, kind="rate")
    assert rate["outlook_probability"] == judged("at_most", 210)["outlook_probability"]
    assert rate["required_run_rate"] == pytest.approx(110 * 0.02 / 6)


def test_a_share_is_judged_on_its_log_odds_and_another_ratio_on_its_logarithm() -> None:
    parts = {"numerator_to_date": 330.0, "denominator_to_date": 500.0, "numerator_to_come": 335.0}
    of_500 = {**parts, "denominator_to_come": 500.0, "ratio": 0.665, "projected": 66.5, "multiplier": 100.0}
    share = judged("at_least", 67, method="share", **of_500)
    odds = (math.log(0.67 / 0.33) - math.log(0.665 / 0.335)) / 0.1
    assert share["outlook_probability"] == _phi(-odds)
    ratio = judged("at_least", 67, method="ratio", **of_500)
    assert ratio["outlook_probability"] == _phi(-math.log(0.67 / 0.665) / 0.1)
    # (0.67 · 1000 - 330)/500 of the cases to come.
    assert share["required_run_rate"] == ratio["required_run_rate"] == pytest.approx(68)
    assert judged("at_least", 100, method="share", **of_500)["outlook_probability"] == 0
    assert judged("at_least", 0, method="share", **of_500)["outlook_probability"] == 1
    assert judged("at_least", 110, method="ratio", **of_500)["outlook_probability"] > 0


def test_an_error_of_one_is_an_error() -> None:
    # 201 - 100 - ½ still to come of 100 + ½ expected: even odds. So are a share, a ratio and a survey at their level.
    even = [judged("at_least", 201, deviation=1.0)]
    parts = {"ratio": 0.5, "denominator_to_date": 200.0, "denominator_to_come": 200.0, "multiplier": 100.0}
    even += [judged("at_least", 50, method=method, deviation=1.0, **parts) for method in ("share", "ratio")]
    even += [judged("at_least", 200, method="survey", kind="survey_percentage", deviation=1.0)]
    assert [row["outlook_probability"] for row in even] == [pytest.approx(0.5, abs=2e-7)] * 4
    # A gap of 0 ± 1 within 1: Φ(1) - Φ(-1).
    gap = judged("at_most", 1, better="lower", method="survey", kind="survey_gap", projected=0.0, deviation=1.0)
    assert gap["outlook_probability"] == pytest.approx(float(stats.norm.cdf(1) - stats.norm.cdf(-1)), abs=3e-7)


def test_a_share_of_at_least_none_is_reached_and_one_of_more_than_all_is_not() -> None:
    parts = {"ratio": 0.5, "denominator_to_date": 200.0, "denominator_to_come": 200.0, "multiplier": 100.0}
    for method in ("share", "ratio"):
        assert judged("at_least", 0, method=method, **parts)["outlook_probability"] == 1
        assert judged("at_most", 0, better="lower", method=method, **parts)["outlook_probability"] == 0
    assert judged("at_least", 100, method="share", **parts)["outlook_probability"] == 0
    # A ratio of two counts may pass 100 %.
    assert judged("at_least", 100, method="ratio", **parts)["outlook_probability"] > 0


def test_a_survey_is_judged_on_its_own_scale() -> None:
    survey = {"method": "survey", "projected": 78.0, "deviation": 1.5, "value_to_date": 80.0}
    found = judged("point_change", 79.5, kind="survey_percentage", **survey)
    assert found["outlook_probability"] == _phi(-1)
    # Half the year at 80 makes 40 of 79.5; the other half must average 79.
    assert found["required_run_rate"] == pytest.approx(79)


def test_a_gap_is_judged_on_its_size() -> None:
    survey = {"method": "survey", "projected": 1.0, "deviation": 2.0, "value_to_date": 1.0}
    found = judged("improve", 3, better="lower", kind="survey_gap", **survey)
    assert found["outlook_probability"] == pytest.approx(
        float(stats.norm.cdf(1) - stats.norm.cdf(-2)), abs=3e-7
    )  # between -3 and 3


def test_the_outlook_is_named_by_its_probability() -> None:
    def named(probability: float) -> str:
        deviation = 1.0
        level = 78 - deviation * float(stats.norm.ppf(probability))
        survey = {"method": "survey", "projected": 78.0, "deviation": deviation, "kind": "survey_percentage"}
        return str(judged("at_least", level, **survey)["outlook"])

    assert [named(p) for p in (0.81, 0.79, 0.21, 0.19)] == ["on_track", "uncertain", "uncertain", "off_track"]


def test_what_must_still_come_is_never_less_than_nothing() -> None:
    assert judged("at_least", 90)["required_run_rate"] == 0
    assert judged("at_least", 220)["required_run_rate"] == pytest.approx(20)


def test_a_target_judged_each_month_is_missed_by_one_month_and_open_until_then() -> None:
    missed = judged("at_least", 90, of_verdict={"judged_by": "month", "verdict": "not_met"})
    assert (missed["outlook"], missed["outlook_probability"], missed["outlook_reason"]) == ("off_track", 0, None)
    so_far = judged("at_least", 90, of_verdict={"judged_by": "month", "verdict": "met"})
    assert (so_far["outlook"], so_far["outlook_reason"]) == ("not_assessable", "judged each month")


def test_a_year_that_is_over_ended_where_it_did() -> None:
    def ended(verdict: str, **others: Any) -> tuple[Any, ...]:
        row = judged("at_least", 190, of_verdict={"verdict": verdict, "verdict_stage": "final", **others})
        return row["outlook"], row["outlook_probability"], row["outlook_reason"], row["projected_year_end"]

    assert ended("met") == ("on_track", 1, None, 7)
    assert ended("not_met") == ("off_track", 0, None, 7)
    assert ended("not_measurable") == ("not_assessable", None, "the year is over and was not measurable", 7)
    # Late facts may still move it: it is projected, 200 against 190.
    assert ended("not_met", is_settled=False)[3] == 200


def test_why_a_target_has_no_outlook_is_said() -> None:
    def why(rule: str = "at_least", level: float | None = 190.0, **others: Any) -> tuple[Any, ...]:
        row = judged(rule, level, **others)
        return row["outlook"], row["outlook_probability"], row["outlook_reason"]

    assert why("monitor") == (None, None, "monitored only")
    none = "not_assessable", None
    assert why(kind="milestone") == why("by_date") == (*none, "to be reached by a date")
    assert why("every_area_improves") == (*none, "judged for every area")
    assert why(of_measure={"numerator_kind": "stock"}) == (*none, "a stock, judged as it stands at the year's end")
    # The year ends on 31 March 2009: a window to the first of April is of the next one too.
    of_next = {"window_to": dt.date(2009, 4, 1)}
    assert why(of_verdict=of_next) == (*none, "its window ends after this financial year")
    # To the last of February it ends before the year does, to the first of March with it.
    before = {"window_to": dt.date(2009, 2, 28)}
    assert why(of_verdict=before) == (*none, "its window ends before this financial year does")
    assert why(of_verdict={"window_to": dt.date(2009, 3, 1)})[2] is None
    assert why(of_verdict={"adds_up_years": True}) == (*none, "a count over several years")
    assert why(level=None) == (*none, "no level for the year: no outturn of the year before")
    # Of September six months are open: March is settled, of the year before. With five, April is.
    assert why(of_measure={"settles_after": 6}) == (*none, "no settled month of the year yet")
    assert why(of_measure={"settles_after": 5})[2] != "no settled month of the year yet"
    assert why(of_verdict={"verdict_stage": "latest_year"}) == (*none, "no monthly series")
    assert why(of_measure={"cadence": "annual"}) == (*none, "no monthly series")
    assert why(projected=None)[2] == "fewer than two complete years, or six months, of the series"
    assert why(deviation=None, reason="no base") == (*none, "no base")
    assert why(deviation=0.0)[2] == "its projections have never been wrong: too little varies"


def test_what_must_still_come_is_in_the_unit_of_the_measure() -> None:
    # Rate per 1,000 of a count in thousands of residents: (0.5 · 1,000 - 100 / 1) · unit / 6 months.
    count = judged("at_most", 0.5, better="lower", unit=0.001, months_remaining=6)
    assert count["required_run_rate"] == pytest.approx((500 - 100) * 0.001 / 6)
    # 60 of 150 so far, 100 to come, a share of 50 % of 250: 125 - 60 of the 100.
    share = {"method": "share", "multiplier": 100.0, "unit": 100.0, "ratio": 0.4, "numerator_to_date": 60.0}
    share |= {"denominator_to_date": 150.0, "denominator_to_come": 100.0}
    assert judged("at_least", 50, **share)["required_run_rate"] == pytest.approx(65)
    assert judged("at_least", 5, **share)["required_run_rate"] == 0
    # 77 over the 6 months so far, 78 asked of 12: 79 in the 6 to come; over 9 and 3: (78 · 12 - 77 · 9) / 3 = 81.
    survey = {"method": "survey", "value_to_date": 77.0, "kind": "survey_percentage"}
    assert judged("at_least", 78, **survey)["required_run_rate"] == pytest.approx(79)
    assert judged("at_least", 78, months_remaining=3, **survey)["required_run_rate"] == pytest.approx(81)
    assert judged("at_least", 220, projected=None)["required_run_rate"] is None


def test_what_must_still_come_is_told_of_a_level_that_is_of_the_year() -> None:
    # £35 million over three years asks £11.67 million of each: of what is short of it in one year, nothing follows.
    of_one_year = {"kind": "money", "method": "amount", "numerator_to_date": 3.5, "months_remaining": 6}
    assert judged("at_least", 35 / 3, **of_one_year)["required_run_rate"] == pytest.approx((35 / 3 - 3.5) / 6)
    for of_verdict in (
        {"window_to": dt.date(2010, 3, 31), "adds_up_years": True},
        {"adds_up_years": True},
        {"window_to": dt.date(2010, 12, 31)},
        {"window_to": dt.date(2008, 12, 31)},
    ):
        assert judged("at_least", 35 / 3, of_verdict=of_verdict, **of_one_year)["required_run_rate"] is None
