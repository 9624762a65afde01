"""Variance, effective size and interval of weighted survey percentages.

Here: the macros of `survey.sql`, from the responses' additive sums, beside R's survey package and by hand.
Belongs here: what a set of responses must give.
Does not belong here: that the warehouse forms the sums rightly (`test_statistics.py`).
"""

import math
from typing import NamedTuple

import pytest

from tests.statistics import reference
from tests.statistics.sql import ask


class Sums(NamedTuple):
    """The additive parts of a set of responses, each a weight and whether it agrees."""

    n: float
    sum_w: float
    sum_wy: float
    sum_w2: float
    sum_w2y: float


def _sums(responses: list[tuple[float, int]]) -> Sums:
    return Sums(
        len(responses),
        math.fsum(w for w, _ in responses),
        math.fsum(w * y for w, y in responses),
        math.fsum(w * w for w, _ in responses),
        math.fsum(w * w * y for w, y in responses),
    )


def _estimated(sums: Sums, design_effect: float = 1) -> tuple[float | None, float | None]:
    """Variance and effective size."""
    variance = "{{ survey_variance('n', 'sum_w', 'sum_wy', 'sum_w2', 'sum_w2y', 'design_effect') }}"
    size = "{{ effective_respondents('n', 'sum_w', 'sum_wy', 'sum_w2', 'variance', 'design_effect') }}"
    (found,) = ask(variance, design_effect=design_effect, **sums._asdict())
    known = float("nan") if found is None else found
    (effective,) = ask(size, design_effect=design_effect, variance=known, **sums._asdict())
    return found, effective


def _in_domain(case: dict[str, str], domain: str) -> bool:
    column = {"fy": "fy", "eth": "ethnicity", "borough": "borough"}
    wanted = [part.split("=") for part in domain.split("|") if domain != "all"]
    return all(case[column[name]] == value for name, value in wanted)


def test_surveys_give_the_figures_of_the_reference() -> None:
    wanted = reference.rows("survey/expected.csv")
    assert len(wanted) >= 14
    for expected in wanted:
        cases = reference.rows(f"survey/{expected['dataset']}.csv")
        inside = [case for case in cases if _in_domain(case, expected["domain"])]
        sums = _sums([(float(case["weight"]), int(case["satisfied"])) for case in inside])
        assert sums.n == int(expected["n_unweighted"])
        p = sums.sum_wy / sums.sum_w
        assert p == pytest.approx(float(expected["p"]), rel=1e-10)
        variance, effective = _estimated(sums)
        assert variance is not None and effective is not None
        # R multiplies by m/(m - 1), m the respondents of the whole survey, where the macro has those of the domain.
        m = len(cases)
        in_r = math.sqrt(variance * (sums.n - 1) / sums.n * m / (m - 1))
        assert in_r == pytest.approx(float(expected["se"]), rel=1e-10, abs=1e-12)
        if p == 1:
            assert effective == pytest.approx(float(expected["kish_neff"]), rel=1e-10)
            continue
        size = float(expected["neff_var"]) * (sums.n - 1) / sums.n * m / (m - 1)
        assert effective == pytest.approx(min(size, sums.n), rel=1e-10)
        if m == sums.n and size <= m:
            limits = ask(
                "{{ wilson_limit('-', 'p', 'size', z_95()) }}, {{ wilson_limit('+', 'p', 'size', z_95()) }}",
                p=p,
                size=effective,
            )
            published = float(expected["wilson_neff_lo"]), float(expected["wilson_neff_hi"])
            assert limits == pytest.approx(published, rel=1e-10)


def test_a_survey_by_hand() -> None:
    # Weights 1, 1, 2, the last does not agree: p = 2/4; residuals w(y - p) = 0.5, 0.5, -1, squares add up to 1.5;
    # V = 3/2 · 1.5/16 = 0.140625; effective size 0.25/0.140625 = 1.7778.
    sums = _sums([(1, 1), (1, 1), (2, 0)])
    assert _estimated(sums) == pytest.approx((0.140625, 16 / 9), rel=1e-14)


def test_a_design_effect_multiplies_the_variance_before_anything_else() -> None:
    # Twice 0.140625; half of 1.7778.
    assert _estimated(_sums([(1, 1), (1, 1), (2, 0)]), 2) == pytest.approx((0.28125, 8 / 9), rel=1e-14)


def test_equal_weights_give_the_simple_formula() -> None:
    # 7 of 10 agree: V = p(1 - p)/(n - 1) = 0.21/9, whatever the weight; the effective size is n - 1.
    for weight in (1.0, 0.5, 3.0):
        sums = _sums([(weight, 1)] * 7 + [(weight, 0)] * 3)
        assert _estimated(sums) == pytest.approx((0.21 / 9, 9), rel=1e-12)


@pytest.mark.parametrize("agreed", [0, 1])
def test_where_all_or_none_agree_the_effective_size_is_kishs(agreed: int) -> None:
    # Weights 1, 2, 3: (6)²/14 = 2.5714; the variance is 0.
    sums = _sums([(1, agreed), (2, agreed), (3, agreed)])
    assert _estimated(sums) == pytest.approx((0, 36 / 14), rel=1e-14, abs=1e-15)
    assert _estimated(sums, 2)[1] == pytest.approx(18 / 14, rel=1e-14)


def test_one_respondent_has_no_variance_and_two_have() -> None:
    assert _estimated(_sums([(1, 1)])) == (None, 1)
    # 1 of 2: V = 0.25/(2 - 1); the effective size is n - 1. However small the weights are.
    for weight in (1.0, 0.25):
        assert _estimated(_sums([(weight, 1), (weight, 0)])) == pytest.approx((0.25, 1), rel=1e-12)


def test_respondents_without_weight_have_no_variance() -> None:
    assert _estimated(_sums([(0, 1), (0, 0)]))[0] is None


def test_weights_need_not_be_whole() -> None:
    # All agree, with weights whose squares add up to 1: (2 · √0.5)²/1 = 2, halved by the design effect.
    assert _estimated(_sums([(0.5**0.5, 1), (0.5**0.5, 1)]), 2)[1] == pytest.approx(1, rel=1e-12)


def test_the_effective_size_is_never_more_than_the_respondents() -> None:
    # One who agrees with weight 1, nine others with weight 0.1 to 0.9 apart: where the variance comes out smaller
    # than a simple sample's, the simple sample's size stands.
    sums = Sums(4, 4, 2, 4, 2)
    assert ask(
        "{{ effective_respondents('n', 'sum_w', 'sum_wy', 'sum_w2', 'variance', 'one') }}",
        variance=0.01,
        one=1,
        **sums._asdict(),
    ) == (4,)


def test_one_respondent_has_no_variance() -> None:
    assert _estimated(_sums([(1, 1)]))[0] is None
    assert _estimated(Sums(0, 0, 0, 0, 0))[0] is None
