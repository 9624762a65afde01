"""Intervals of shares, counts, rates, differences and ratios; the normal distribution behind them.

Here: the macros of `dbt_project/macros/statistics`, beside PHEindicatormethods, statsmodels and scipy.
Belongs here: a formula with its edges.
Does not belong here: which measure gets which interval.
"""

import csv
import math

import pytest
from scipy import stats

from tests.statistics import reference
from tests.statistics.sql import PROJECT, ask

Z = {"95": "z_95()", "998": "z_998()"}


def _wilson(x: float, n: float, level: str) -> tuple[float, float]:
    lower, upper = (f"{{{{ wilson_limit('{side}', 'x / n', 'n', {Z[level]}) }}}}" for side in "-+")
    return ask(f"{lower}, {upper}", x=x, n=n)


def _poisson(x: float, level: str) -> tuple[float, float]:
    with (PROJECT / "seeds" / "poisson_limits.csv").open(encoding="utf-8", newline="") as lines:
        small = {float(row["events"]): row for row in csv.DictReader(lines)}
    exact = [float(small[x][f"{end}_{level}"]) if x in small else math.nan for end in ("lower", "upper")]
    lower, upper = (f"{{{{ poisson_limit('{side}', 'x', {Z[level]}, 'exact_{side}') }}}}" for side in "-+")
    return ask(
        f"{lower}, {upper}".replace("exact_-", "below").replace("exact_+", "above"), x=x, below=exact[0], above=exact[1]
    )


def test_the_quantiles_are_those_of_the_normal_distribution() -> None:
    quantiles = ask("{{ z_95() }}, {{ z_998() }}, {{ z_two_sided_80() }}, {{ z_power_80() }}")
    assert quantiles == pytest.approx([stats.norm.ppf(p) for p in (0.975, 0.999, 0.9, 0.8)], rel=1e-14)


@pytest.mark.parametrize("x", [-40, -8, -3.1, -1.96, -1, -0.3, -1e-9, 0, 1e-9, 0.3, 0.84, 1, 1.96, 2.5, 3.1, 6, 8, 40])
def test_the_normal_distribution_is_right_to_seven_places(x: float) -> None:
    assert ask("{{ normal_cdf('x') }}", x=x)[0] == pytest.approx(stats.norm.cdf(x), abs=1e-7)


def test_the_normal_distribution_ends_at_0_and_1() -> None:
    assert ask("{{ normal_cdf('x') }}", x=math.inf) == (1,)
    assert ask("{{ normal_cdf('x') }}", x=-math.inf) == (0,)


def test_half_of_it_is_below_0() -> None:
    assert ask("{{ normal_cdf('x') }}", x=0) == (0.5,)


def test_the_limits_of_a_share_stay_within_0_and_1() -> None:
    # 15 of 15: the formula gives 1 and 2e-16 more.
    for n in range(1, 40):
        assert _wilson(n, n, "95")[1] <= 1 and _wilson(0, n, "95")[0] >= 0


def test_log_odds_and_back() -> None:
    assert ask("{{ logit('p') }}", p=0.8)[0] == pytest.approx(math.log(4), rel=1e-15)  # 0.8/0.2 = 4
    assert ask("{{ inverse_logit('x') }}", x=math.log(4))[0] == pytest.approx(0.8, rel=1e-15)


def test_shares_have_the_intervals_of_the_reference() -> None:
    given = reference.rows("proportions_and_rates/proportion_input.csv")
    wanted = reference.rows("proportions_and_rates/proportion_expected.csv")
    assert len(given) == len(wanted) >= 40
    for case, expected in zip(given, wanted, strict=True):
        x, n = float(case["x"]), float(case["n"])
        for level, named in (("95", "95_0cl"), ("998", "99_8cl")):
            published = [float(expected[f"{end}{named}"]) / 100 for end in ("lower", "upper")]
            assert _wilson(x, n, level) == pytest.approx(published, rel=1e-10, abs=1e-15), case


@pytest.mark.parametrize(
    ("x", "n"),
    [(0, 1), (1, 1), (0, 3), (3, 3), (1, 2), (1, 30), (29, 30), (5, 10), (670, 1000), (11_800, 100_000), (1, 10**7)],
)
def test_shares_have_the_intervals_of_scipy(x: int, n: int) -> None:
    for level, confidence in (("95", 0.95), ("998", 0.998)):
        interval = stats.binomtest(x, n).proportion_ci(confidence, method="wilson")
        assert _wilson(x, n, level) == pytest.approx((interval.low, interval.high), rel=1e-10, abs=1e-15)


def test_counts_and_rates_have_the_intervals_of_the_reference() -> None:
    given = reference.rows("proportions_and_rates/rate_input.csv")
    wanted = reference.rows("proportions_and_rates/rate_expected.csv")
    assert len(given) == len(wanted) >= 50
    for case, expected in zip(given, wanted, strict=True):
        x, n = float(case["x"]), float(case["n"])
        for level, named in (("95", "95_0cl"), ("998", "99_8cl")):
            published = [float(expected[f"{end}{named}"]) for end in ("lower", "upper")]
            limits = [1000 * limit / n for limit in _poisson(x, level)]
            assert limits == pytest.approx(published, rel=1e-10, abs=1e-15), case


@pytest.mark.parametrize("x", range(10))
def test_limits_of_small_counts_are_exact(x: int) -> None:
    for level, alpha in (("95", 0.05), ("998", 0.002)):
        lower = stats.chi2.ppf(alpha / 2, 2 * x) / 2 if x else 0
        upper = stats.chi2.ppf(1 - alpha / 2, 2 * x + 2) / 2
        assert _poisson(x, level) == pytest.approx((lower, upper), rel=1e-10)


def test_limits_of_ten_by_hand() -> None:
    # 10 (1 - 1/90 - 1.959964/(3 √10))³ = 10 · 0.782288³;  11 (1 - 1/99 + 1.959964/(3 √11))³ = 11 · 1.186886³
    lower = 10 * (1 - 1 / 90 - 1.959963984540054 / (3 * math.sqrt(10))) ** 3
    upper = 11 * (1 - 1 / 99 + 1.959963984540054 / (3 * math.sqrt(11))) ** 3
    assert (round(lower, 3), round(upper, 3)) == (4.787, 18.391)
    assert _poisson(10, "95") == pytest.approx((lower, upper), rel=1e-14)


def test_differences_of_shares_have_the_intervals_of_the_reference() -> None:
    given = reference.rows("proportions_and_rates/prop_difference_input.csv")
    wanted = reference.rows("proportions_and_rates/prop_difference_expected.csv")
    assert len(given) == len(wanted) >= 20
    for case, expected in zip(given, wanted, strict=True):
        x1, n1, x2, n2 = (float(case[name]) for name in ("x1", "n1", "x2", "n2"))
        limits = _difference(x1, n1, x2, n2)
        published = float(expected["newcombe_lo"]), float(expected["newcombe_hi"])
        assert limits == pytest.approx(published, rel=1e-10, abs=1e-12), case


def _difference(x1: float, n1: float, x2: float, n2: float) -> tuple[float, float]:
    (l1, u1), (l2, u2) = _wilson(x1, n1, "95"), _wilson(x2, n2, "95")
    arguments = "'p1', 'l1', 'u1', 'p2', 'l2', 'u2'"
    return ask(
        f"{{{{ difference_limit('-', {arguments}) }}}}, {{{{ difference_limit('+', {arguments}) }}}}",
        **{"p1": x1 / n1, "l1": l1, "u1": u1, "p2": x2 / n2, "l2": l2, "u2": u2},
    )


def test_a_difference_by_hand() -> None:
    # Newcombe 1998, method 10, table II: 56/70 - 48/80 is 0.2 (0.0524 to 0.3339).
    assert _difference(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_changes_of_counts_have_the_intervals_of_the_reference() -> None:
    given = reference.rows("proportions_and_rates/count_change_input.csv")
    wanted = reference.rows("proportions_and_rates/count_change_expected.csv")
    assert len(given) == len(wanted) >= 20
    for case, expected in zip(given, wanted, strict=True):
        limits = _ratio(*(float(case[name]) for name in ("x1", "t1", "x0", "t0")))
        if "0" in (case["x0"], case["x1"]):
            # The reference takes the logarithm of 0 and has half an interval left; there is none.
            assert limits == (None, None)
        else:
            published = float(expected["log_lo"]), float(expected["log_hi"])
            assert limits == pytest.approx(published, rel=1e-10), case


def _ratio(x1: float, t1: float, x0: float, t0: float) -> tuple[float | None, float | None]:
    arguments = "'x1', 't1', 'x0', 't0', z_95()"
    return ask(
        f"{{{{ ratio_limit('-', {arguments}) }}}}, {{{{ ratio_limit('+', {arguments}) }}}}", x1=x1, t1=t1, x0=x0, t0=t0
    )


@pytest.mark.parametrize(("x1", "x0"), [(0, 5), (5, 0), (0, 0)])
def test_the_change_of_no_event_has_no_interval(x1: float, x0: float) -> None:
    assert _ratio(x1, 1, x0, 1) == (None, None)


def test_a_ratio_by_hand() -> None:
    # One event in each: ln 1 ± 1.959964 √2, so exp(∓2.771808) = 0.06255 and 15.9885, doubled for half the time.
    assert _ratio(1, 1, 1, 2) == pytest.approx((2 * 0.062549, 2 * 15.98751), rel=1e-4)
    assert _ratio(4, 2, 4, 2)[1] == pytest.approx(math.exp(1.959963984540054 * math.sqrt(0.5)), rel=1e-14)
