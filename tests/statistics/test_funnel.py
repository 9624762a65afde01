"""Units side by side: funnels with over-dispersion.

Here: `res_peer` beside a second reading of METHODS §6 in numpy, and by hand.
Belongs here: limits, flags, ranks and the rest of a group.
Does not belong here: which areas are peers (`seeds/peer_groups.csv`).
"""

import datetime as dt
import math
import random
from typing import Any

import polars as pl
import pytest

from tests.conftest import PUBLISHED
from tests.statistics.second_reading import funnel
from tests.statistics.sql import run

MONTH = dt.date(2009, 3, 1)


def beside(
    results: list[dict[str, Any]],
    measure: dict[str, Any],
    groups: list[dict[str, Any]] | None = None,
    residents: list[tuple[str, dt.date, int, float]] | None = None,
    reporting: dt.date = MONTH,
) -> list[dict[str, Any]]:
    """Figures of areas beside each other; without groups, all are one. `residents`: area, month, months, how many."""
    base = {"measure_id": "m", "source": "s", "population_group": "all", "period_basis": "rolling_12_months"}
    base |= {"period_month": MONTH, "share_of": None, "denominator": None, "is_published_value": False}
    rows = [{**base, **result} for result in results]
    areas = sorted({row["area_id"] for row in rows})
    of_groups = groups or [{"peer_group": "g", "area_id": area} for area in areas]
    dates = {"valid_from": dt.date(1990, 4, 1), "valid_to": None}
    floats = dict.fromkeys(("value", "numerator", "denominator", "share_of"), pl.Float64)
    windows = [("rolling_12_months", reporting, dt.date(2008, 4, 1), 12), ("month", reporting, reporting, 1)]
    drawn = run(
        ["res_peer"],
        {
            "peer_groups": pl.DataFrame(
                [{**dates, **group} for group in of_groups], schema_overrides={"valid_to": pl.Date}
            ),
            "measures": pl.DataFrame([{"measure_id": "m", "better": "lower", **measure}]),
            "res_source_rank": pl.DataFrame(
                [{"measure_id": "m", "source": "s", "rank": 2}, {"measure_id": "m", "source": "t", "rank": 1}]
            ),
            "res_source_result": pl.DataFrame(rows, schema_overrides=floats),
            "reporting_month": pl.DataFrame({"reporting_month": [reporting]}),
            "int_window": pl.DataFrame(
                windows, schema=["period_basis", "period_month", "window_from", "window_months"], orient="row"
            ),
            "int_population": pl.DataFrame(
                residents or [],
                schema={"area_id": pl.String, "period_month": pl.Date, "months_covered": pl.Int64}
                | {"population": pl.Float64},
                orient="row",
            ),
        },
    )
    return drawn.sort("peer_group", "area_id").to_dicts()


def compared(
    units: list[tuple[float, float]], method: str = "poisson", better: str = "lower", multiplier: float = 1000
) -> list[dict[str, Any]]:
    """The units (numerator, denominator) beside each other, in their order."""
    measure = {"better": better, "interval_method": method, "denominator_kind": "stock", "multiplier": multiplier}
    results = [
        {
            "area_id": f"a{number:02}",
            "value": multiplier * numerator / denominator if denominator else None,
            "numerator": numerator,
            "denominator": denominator,
            "share_of": denominator if method in ("wilson", "survey") else None,
        }
        for number, (numerator, denominator) in enumerate(units)
    ]
    return beside(results, measure)


@pytest.mark.parametrize("method", ["poisson", "wilson"])
def test_many_groups_have_the_funnel_of_a_second_reading(method: str) -> None:
    chance = random.Random(20260302)
    dispersed = 0
    for _ in range(40):
        k, rate, scatter = chance.choice([3, 4, 7, 13, 32]), chance.choice([0.01, 0.2, 0.6]), chance.choice([0, 0.4])
        units = []
        for _ in range(k):
            n = float(chance.randint(50, 5000))
            own = min(0.99, max(0.001, rate * math.exp(scatter * chance.gauss(0, 1))))
            units.append((float(sum(chance.random() < own for _ in range(int(n)))), n))
        wanted = funnel(units, method == "wilson")
        dispersed += wanted["tau_squared"] > 0
        for position, unit in enumerate(compared(units, method)):
            for name, values in wanted.items():
                value = values if name == "tau_squared" else values[position]
                scale = 1000 if "limit" in name else 1
                assert unit[name] == pytest.approx(scale * value, rel=1e-9, abs=1e-12), name
    assert 5 < dispersed < 40


def test_a_funnel_by_hand() -> None:
    # 4, 9 and 2 events in 100, 100 and 100: pooled 0.05, so E = 5 each; y = √0.8, √1.8, √0.4; s = 1/(2√5) = 0.223607;
    # z = (0.894427 - 1)/s = -0.47214, 1.52786, -1.64371.
    units = compared([(4, 100), (9, 100), (2, 100)], multiplier=1)
    assert [unit["z"] for unit in units] == pytest.approx([-0.47214, 1.52786, -1.64371], abs=5e-6)
    # Deciles of the three (type 7): -1.64371 + 0.2 · 1.17157 = -1.40940 and 1.52786 - 0.2 · 2 = 1.12786;
    # φ = (0.22292 + 1.27207 + 1.98641)/3 = 1.16047; w = 20 each: τ² = (3.48140 - 2)/(60 - 20) = 0.037035.
    assert units[0]["phi"] == pytest.approx(1.16047, abs=1e-5)
    assert units[0]["tau_squared"] == pytest.approx(0.037035, abs=1e-6)
    # Limits at 95 %: 1 ∓ 1.96 √(0.05 + 0.037035) = 0.42178 and 1.57822, squared, of 0.05.
    assert units[0]["lower_limit_95"] == pytest.approx(0.05 * 0.42178**2, rel=1e-4)
    assert units[0]["upper_limit_95"] == pytest.approx(0.05 * 1.57822**2, rel=1e-4)


def test_the_rest_of_the_group_is_without_the_area() -> None:
    first, *_ = compared([(4, 100), (9, 100), (2, 300)])
    assert (first["value"], first["group_value"], first["rest_of_group_value"]) == (40, 30, 27.5)  # 15/500, 11/400
    assert first["units"] == 3


def test_one_that_is_alone_has_no_rest_of_a_group() -> None:
    # An effective size of a survey has more places than the sum of a group keeps.
    (alone,) = compared([(60.1234567890123, 123.4567890123456)], method="wilson")
    assert (alone["units"], alone["rest_of_group_value"]) == (1, None)


def test_ranks_begin_with_the_best_and_are_shared() -> None:
    units = [(4.0, 100.0), (9.0, 100.0), (2.0, 100.0), (4.0, 100.0)]
    assert [u["rank_in_group"] for u in compared(units, better="lower")] == [2, 4, 1, 2]
    assert [u["rank_in_group"] for u in compared(units, better="higher")] == [2, 1, 4, 2]
    assert [u["rank_in_group"] for u in compared(units, better="neither")] == [2, 1, 4, 2]


def test_units_beyond_the_limits_are_flagged_by_how_far() -> None:
    # Equal units of 100 events but the last: z = 2(√(x/E) - 1)√E to a good approximation 2(√x - √E).
    base = [(100.0, 1e5)] * 30
    for events, flag in ((100, "within"), (118, "within"), (124, "above_95"), (140, "above_998"), (78, "below_95")):
        assert compared([*base, (events, 1e5)])[-1]["funnel_flag_without_dispersion"] == flag, events
    assert compared([*base, (60, 1e5)])[-1]["funnel_flag"] == "below_998"


def test_scatter_beyond_chance_widens_the_limits() -> None:
    # 50 and 150 in turn, around 100: without over-dispersion all are far outside, with it none.
    units = compared([(50.0, 1e5), (150.0, 1e5)] * 8)
    assert {u["funnel_flag_without_dispersion"] for u in units} == {"below_998", "above_998"}
    assert {u["funnel_flag"] for u in units} == {"within"}


def test_scatter_of_chance_alone_widens_nothing() -> None:
    units = compared([(99.0, 1e5), (101.0, 1e5), (100.0, 1e5), (100.0, 1e5)])
    assert {u["tau_squared"] for u in units} == {0}
    assert [u["z"] for u in units] == [u["z_dispersed"] for u in units]


@pytest.mark.parametrize("method", ["poisson", "wilson"])
def test_edges_have_no_funnel_or_a_finite_one(method: str) -> None:
    # Nothing anywhere: no funnel. None here: flagged like any other. Nobody there: not compared. Two are no group.
    assert {u["funnel_flag"] for u in compared([(0, 100), (0, 50), (0, 10)], method)} == {None}
    assert compared([(0, 100), (5, 100), (6, 100)], method)[0]["funnel_flag_without_dispersion"] == "below_998"
    assert len(compared([(0, 0), (5, 100), (6, 100), (5, 100)], method)) == 3
    assert {u["funnel_flag"] for u in compared([(5, 100), (9, 100)], method)} == {None}
    full = compared([(100, 100), (99, 100), (98, 100)], "wilson", multiplier=1)
    assert all(0 <= u["lower_limit_998"] <= u["upper_limit_998"] <= 1 for u in full)


def test_what_is_no_count_of_cases_is_ranked_and_has_no_funnel() -> None:
    units = compared([(4, 100), (9, 100), (2, 100)], method="none")
    assert [u["rank_in_group"] for u in units] == [2, 3, 1]
    assert {u["funnel_flag"] for u in units} == {None}


# What is held against what.

COUNT = {"interval_method": "poisson", "denominator_kind": None, "multiplier": 1.0}
SHARE = {"interval_method": "wilson", "denominator_kind": "flow", "multiplier": 100.0}


def share(area: str, value: float = 50.0, **others: Any) -> dict[str, Any]:
    return {"area_id": area, "value": value, "numerator": value, "denominator": 100.0, "share_of": 100.0, **others}


def test_a_count_is_held_against_the_mean_residents_of_its_months() -> None:
    months = [dt.date(2008 + (at + 3) // 12, (at + 3) % 12 + 1, 1) for at in range(12)]
    # 1,000 in Barnet; in Camden 1,000 for half a year and 3,000 for the other: 2,000; of Ealing a month is not known.
    residents = [("barnet", month, 1, 1000.0) for month in months]
    residents += [("camden", month, 1, 1000.0 if at < 6 else 3000.0) for at, month in enumerate(months)]
    residents += [("ealing", month, 1, 1000.0) for month in months[:11]]
    # What an annual source says of them is for annual figures; the months outside of the year are not in it.
    residents += [
        ("barnet", MONTH, 12, 9e9),
        ("barnet", dt.date(2008, 3, 1), 1, 9e9),
        ("barnet", dt.date(2009, 4, 1), 1, 9e9),
    ]
    counts = [
        {"area_id": area, "value": n, "numerator": n} for area, n in (("barnet", 5.0), ("camden", 6.0), ("ealing", 7.0))
    ]
    found = beside(counts, COUNT, residents=residents)
    assert [(row["area_id"], row["denominator"], row["value"]) for row in found] == [
        ("barnet", 1000, 5),
        ("camden", 2000, 3),
    ]


def test_where_nobody_lives_there_is_no_rate_and_where_one_does_there_is() -> None:
    months = [dt.date(2008 + (at + 3) // 12, (at + 3) % 12 + 1, 1) for at in range(12)]
    residents = [(area, month, 1, n) for area, n in (("heathrow", 0.0), ("islet", 1.0)) for month in months]
    counts = [{"area_id": area, "value": 1.0, "numerator": 1.0} for area in ("heathrow", "islet")]
    assert [(row["area_id"], row["value"]) for row in beside(counts, COUNT, residents=residents)] == [("islet", 1000)]


def test_money_is_held_against_nothing() -> None:
    assert beside([{"area_id": "a", "value": 5.0, "numerator": 5.0}], {**COUNT, "interval_method": "none"}) == []


def test_years_that_end_a_quarter_or_with_the_reporting_month_are_compared() -> None:
    months = [dt.date(2008, month, 1) for month in range(1, 12)]
    found = beside([share("a", period_month=month) for month in months], SHARE, reporting=dt.date(2008, 11, 1))
    assert sorted(row["period_month"].month for row in found) == [3, 6, 9, 11]


def test_only_figures_of_everybody_over_a_year_that_were_counted_are_compared() -> None:
    left_out = [
        share("b", population_group="gender:female"),
        share("c", period_basis="month"),
        share("d", is_published_value=True),
        share("e", value=None, numerator=50.0),
    ]
    assert [row["area_id"] for row in beside([share("a"), *left_out], SHARE)] == ["a"]


def test_an_area_is_in_a_group_from_the_first_to_the_last_day_it_is_named_for() -> None:
    before, after = MONTH - dt.timedelta(days=1), MONTH + dt.timedelta(days=1)
    named = {
        "a": {"valid_from": MONTH},
        "b": {"valid_from": after},
        "c": {"valid_to": MONTH},
        "d": {"valid_to": before},
    }
    groups = [{"peer_group": "g", "area_id": area, **dates} for area, dates in named.items()]
    assert [row["area_id"] for row in beside([share(area) for area in named], SHARE, groups)] == ["a", "c"]


def test_a_group_is_compared_by_the_source_that_has_most_of_it_and_then_by_the_better_one() -> None:
    s, t = {"source": "s"}, {"source": "t"}
    most = beside([share("a", **s), share("b", **s), share("a", 60.0, **t)], SHARE)
    assert [(row["area_id"], row["source"], row["units"]) for row in most] == [("a", "s", 2), ("b", "s", 2)]
    # As many: t is ranked before s.
    tied = beside([share("a", **s), share("b", **t)], SHARE)
    assert [(row["area_id"], row["source"]) for row in tied] == [("b", "t")]


def test_a_survey_is_held_against_its_effective_respondents() -> None:
    measure = {"interval_method": "survey", "denominator_kind": "flow", "multiplier": 100.0}
    units = [share(area, value, denominator=7.0, numerator=7.0) for area, value in (("a", 70.0), ("b", 40.0))]
    first, second = beside(units, measure)
    assert (first["numerator"], first["denominator"], first["value"]) == (70, 100, pytest.approx(70))
    # Of both together 110 in 200.
    assert (second["group_value"], second["rest_of_group_value"]) == (pytest.approx(55), pytest.approx(70))


# Real units.


def _flagged(units: list[dict[str, Any]]) -> tuple[int, int]:
    """Units beyond the 95 % limits without over-dispersion, and with it."""
    names = ("funnel_flag_without_dispersion", "funnel_flag")
    without, dispersed = (sum(unit[name] != "within" for unit in units) for name in names)
    return without, dispersed


def _published(name: str) -> pl.DataFrame:
    if not PUBLISHED.is_dir():
        pytest.skip("the published files are not beside this checkout (shared/open_data)")
    return pl.read_csv(PUBLISHED / name, infer_schema=False)


def test_of_robbery_in_the_boroughs_chance_alone_flags_nearly_all_and_the_funnel_a_few() -> None:
    months = [f"2012{month:02d}" for month in range(4, 13)] + ["201301", "201302", "201303"]
    robbery = (
        _published("MPS Borough Level Crime (Historical).csv")
        .filter(pl.col("MajorText") == "Robbery")
        .with_columns(robberies=pl.sum_horizontal(pl.col(month).cast(pl.Float64).fill_null(0) for month in months))
        .group_by(name=pl.col("LookUp_BoroughName"))
        .agg(pl.col("robberies").sum())
    )
    residents = _published("housing-density-borough.csv").filter(pl.col("Year") == "2012")
    together = (
        robbery.join(residents, left_on="name", right_on="Name").select("robberies", "Population").sort("robberies")
    )
    units = [(robberies, float(residents)) for robberies, residents in together.rows()]
    assert len(units) == 32
    assert _flagged(compared(units)) == (29, 4)


def test_of_robbery_among_the_offences_of_forces_too() -> None:
    offences = _published("rec-crime-pfa.csv").filter(pl.col("12 months ending") == "31-03-2013")
    names = {"Action Fraud", "CIFAS", "UK Finance"}
    by_force = (
        offences.filter(~pl.col("PFA").is_in(names))
        .with_columns(pl.col("Rolling year total number of offences").cast(pl.Float64).alias("offences"))
        .group_by("PFA")
        .agg(
            robberies=pl.col("offences").filter(pl.col("Offence") == "Robbery").sum(), offences=pl.col("offences").sum()
        )
        .sort("PFA")
    )
    units = [(robberies, offences) for _, robberies, offences in by_force.rows()]
    without, dispersed = _flagged(compared(units, "wilson"))
    assert (len(units), without, dispersed) == (44, 43, 3)
