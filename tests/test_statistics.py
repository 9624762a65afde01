"""Any series that is delivered has its interval, its chart and its outlook; any survey those of its responses.

Here: one refresh of returned series and of interviews, read back from the release.
Belongs here: a promise about the way from a delivery to a statistic in the release.
Does not belong here: the formulas (`tests/statistics`).
"""

import csv
import math
import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Warehouse
from tests.deliveries import BOROUGHS, victim_satisfaction
from tests.statistics import reference
from tests.statistics.second_reading import Outlook, control_chart

LAST = "2024-03"
MONTHS = [f"{year}-{month:02d}" for year in range(2017, 2025) for month in range(1, 13)]
MONTHS = MONTHS[MONTHS.index("2017-04") : MONTHS.index(LAST) + 1]
Z95 = 1.959963984540054
WHITE, OTHERS = ["white_british", "white_other"], ["asian", "black", "mixed"]
RETURNED = (
    *("measure_id", "period_month", "months_covered", "area", "population_group", "numerator", "denominator"),
    *("published_value", "respondents", "returned_by"),
)
Interview = dict[str, str]


def _series(
    measure: str, area: str, months: list[str], numerators: list[float], bases: list[float] | None
) -> list[Any]:
    return [
        [measure, f"{month}-01", 1, area, "all", numerator, bases[at] if bases else None, None, None, "unit"]
        for at, (month, numerator) in enumerate(zip(months, numerators, strict=True))
    ]


def _wave(chance: random.Random, level: float) -> list[float]:
    return [
        float(round(level * (1 + 0.3 * math.sin(at * math.pi / 6)) * chance.gauss(1, 0.08)))
        for at in range(len(MONTHS))
    ]


class Delivered:
    """What was delivered: a count, a share and a ratio by month, and the interviews."""

    def __init__(self) -> None:
        chance = random.Random(20260303)
        self.counts, self.cases, self.offences = (_wave(chance, level) for level in (60, 300, 900))
        self.agreed = [round(n * chance.uniform(0.55, 0.75)) for n in self.cases]
        self.detected = [round(n * chance.uniform(0.2, 0.3)) for n in self.offences]
        self.interviews: list[Interview] = []
        for month in MONTHS[-24:]:
            # Two in each borough, and enough of them in Camden for figures of its own.
            for number, area in enumerate([*BOROUGHS, *BOROUGHS, *["camden"] * 40]):
                row = victim_satisfaction(number, month)
                row |= {
                    "area": area,
                    "ethnic_group": chance.choice([*WHITE, *WHITE, *OTHERS, "not_stated"]),
                    "weight": f"{chance.uniform(0.4, 2.2):.4f}",
                    "overall": chance.choice(
                        ["very_satisfied"] * 4 + ["fairly_satisfied"] * 3 + ["very_dissatisfied"] * 3
                    ),
                }
                self.interviews.append(row)

    def returns(self) -> list[list[Any]]:
        return [
            *_series("workplace_accidents", "camden", MONTHS, self.counts, None),
            *_series("staff_trained", "camden", MONTHS, self.agreed, self.cases),
            *_series("offences_brought_to_justice", "camden", MONTHS, self.detected, self.offences),
        ]


@pytest.fixture(scope="module")
def delivered() -> Delivered:
    return Delivered()


@pytest.fixture(scope="module")
def refreshed(delivered: Delivered, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The release of March 2024 over those returns, over the reference series as returns of boroughs, and over the
    interviews."""
    folder = tmp_path_factory.mktemp("statistics")
    (folder / "raw" / "measure_returns").mkdir(parents=True)
    with (folder / "raw" / "measure_returns" / "series.csv").open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(RETURNED)
        writer.writerows(delivered.returns())
        if reference.FOLDER.is_dir():
            for area, case in CHARTED.items():
                rows = reference.rows(f"spc/input/{case}.csv")
                months, values = [row["date"][:7] for row in rows], [float(row["value"]) for row in rows]
                writer.writerows(_series("red_zone_intrusions", area, months, values, None))
    (folder / "raw" / "victim_satisfaction").mkdir()
    with (folder / "raw" / "victim_satisfaction" / "interviews.csv").open("w", encoding="utf-8", newline="") as lines:
        table = csv.DictWriter(lines, list(delivered.interviews[0]))
        table.writeheader()
        table.writerows(delivered.interviews)
    warehouse = Warehouse(folder / "raw", folder / "warehouse")
    ended = warehouse.refresh(LAST)
    assert ended.returncode == 0, ended.stdout[-3000:]
    return warehouse


# Those without re-basing, which is the catalogue's to say.
CHARTED = dict(
    zip(
        BOROUGHS,
        (
            "c01_steady",
            "c05_trend_up7",
            "c10_two_of_three_high",
            "c13_outlier_high",
            "c26_target_always_passed_decrease",
        ),
        strict=False,
    )
)


def _rows(warehouse: Warehouse, query: str, *parameters: object) -> list[dict[str, Any]]:
    with warehouse.release() as release:
        answer = release.execute(query, list(parameters))
        names = [column[0] for column in answer.description or []]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


@pytest.mark.parametrize(("area", "case"), CHARTED.items())
def test_a_returned_series_has_the_chart_of_the_reference(refreshed: Warehouse, area: str, case: str) -> None:
    wanted = reference.rows(f"spc/expected/{case}.csv")
    drawn = _rows(
        refreshed,
        "select * from fct_process_control where measure_id = 'red_zone_intrusions' and area_id = ?"
        " order by period_month",
        area,
    )
    assert [str(point["period_month"]) for point in drawn] == [expected["date"] for expected in wanted]
    for point, expected in zip(drawn, wanted, strict=True):
        limits = [point[name] for name in ("centre_line", "lower_limit", "upper_limit")]
        assert limits == pytest.approx([float(expected[name]) for name in ("mean", "lpl", "upl")], rel=1e-9)
        assert point["variation"] == expected["point_type"].removeprefix("special_cause_")


def test_a_returned_series_has_the_chart_of_a_second_reading(refreshed: Warehouse, delivered: Delivered) -> None:
    for measure, values in (
        ("workplace_accidents", delivered.counts),
        ("staff_trained", [100 * x / n for x, n in zip(delivered.agreed, delivered.cases, strict=True)]),
    ):
        drawn = _rows(
            refreshed, "select * from fct_process_control where measure_id = ? order by period_month", measure
        )
        wanted = control_chart(values, None, True)
        assert len(drawn) == len(MONTHS)
        for point, expected in zip(drawn, wanted, strict=True):
            for name in ("centre_line", "lower_limit", "upper_limit", "lower_near_limit", "upper_near_limit"):
                assert point[name] == pytest.approx(expected[name], rel=1e-9)
            for name in ("is_outside", "is_trend", "is_shift", "is_two_of_three"):
                assert point[name] == expected[name]


@pytest.mark.parametrize(
    ("measure", "link", "parts"),
    [
        ("workplace_accidents", "count", lambda d: (d.counts, None)),
        ("staff_trained", "share", lambda d: (d.agreed, d.cases)),
        ("offences_brought_to_justice", "ratio", lambda d: (d.detected, d.offences)),
    ],
)
def test_a_returned_series_has_the_outlook_of_a_second_reading(
    refreshed: Warehouse, delivered: Delivered, measure: str, link: str, parts: Callable[[Delivered], Any]
) -> None:
    numerators, bases = parts(delivered)
    reading = Outlook(numerators, bases, link)
    found = _rows(
        refreshed,
        "select * from fct_outlook_backtest where measure_id = ? and area_id = 'camden' order by origin_month",
        measure,
    )
    # Five years after the two that the season needs, eleven origins in each.
    assert len(found) == 55
    for row in found:
        at = MONTHS.index(f"{row['origin_month']:%Y-%m}")
        left = 11 - at % 12
        first = at - 11 + left
        come = reading.to_come(numerators, at, left)
        assert come is not None
        if bases is None:
            projected, actual = sum(numerators[first : at + 1]) + come, sum(numerators[first : first + 12])
        else:
            base_to_come = reading.to_come(bases, at, left)
            assert base_to_come is not None
            projected = 100 * (sum(numerators[first : at + 1]) + come) / (sum(bases[first : at + 1]) + base_to_come)
            actual = 100 * sum(numerators[first : first + 12]) / sum(bases[first : first + 12])
        assert (row["projected"], row["actual"]) == pytest.approx((projected, actual), rel=1e-9)
        deviation = reading.deviation(at)
        if deviation is not None and link == "ratio":
            assert row["upper_80"] == pytest.approx(projected * math.exp(1.2815515655446004 * deviation), rel=1e-9)
        assert (row["lower_80"] is None) == (deviation is None)


def test_a_returned_share_and_count_have_their_intervals(refreshed: Warehouse, delivered: Delivered) -> None:
    shown = "select * from fct_measure_result where measure_id = ? and area_id = 'camden' and period_basis = ?"
    year = f"{shown} and period_month = '{LAST}-01'"
    (share,) = _rows(refreshed, year, "staff_trained", "rolling_12_months")
    x, n = sum(delivered.agreed[-12:]), sum(delivered.cases[-12:])
    p, z = x / n, Z95
    half = z * math.sqrt(z * z + 4 * n * p * (1 - p))
    wilson = [100 * (2 * n * p + z * z + sign * half) / (2 * (n + z * z)) for sign in (-1, 1)]
    assert [share["lower_95"], share["upper_95"]] == pytest.approx(wilson, rel=1e-12)
    (count,) = _rows(refreshed, year, "workplace_accidents", "rolling_12_months")
    total, before = sum(delivered.counts[-12:]), sum(delivered.counts[-24:-12])
    lower = total * (1 - 1 / (9 * total) - z / (3 * math.sqrt(total))) ** 3
    upper = (total + 1) * (1 - 1 / (9 * (total + 1)) + z / (3 * math.sqrt(total + 1))) ** 3
    assert [count["lower_95"], count["upper_95"]] == pytest.approx([lower, upper], rel=1e-12)
    reach = z * math.sqrt(1 / total + 1 / before)
    change = [100 * (total / before * math.exp(sign * reach) - 1) for sign in (-1, 1)]
    assert [count["change_percent_lower_95"], count["change_percent_upper_95"]] == pytest.approx(change, rel=1e-10)
    # Two counts divided have none.
    (ratio,) = _rows(refreshed, year, "offences_brought_to_justice", "rolling_12_months")
    assert ratio["value"] is not None and ratio["lower_95"] is ratio["change_lower_95"] is None


# Surveys: from the responses themselves.


def _estimate(interviews: list[Interview]) -> tuple[float, float, int]:
    """Percentage, variance (points squared) and respondents, directly from responses: the variance is that of a mean of
    residuals, not of the sums a warehouse keeps."""
    weights = [float(one["weight"]) for one in interviews]
    agrees = [one["overall"] != "very_dissatisfied" for one in interviews]
    total, n = math.fsum(weights), len(weights)
    p = math.fsum(w for w, y in zip(weights, agrees, strict=True) if y) / total
    residuals = [w * (y - p) / total for w, y in zip(weights, agrees, strict=True)]
    return 100 * p, 1e4 * n / (n - 1) * math.fsum(r * r for r in residuals), n


def _asked(
    delivered: Delivered, months: list[str], area: str | None, groups: list[str] | None = None
) -> list[Interview]:
    return [
        one
        for one in delivered.interviews
        if one["period_month"][:7] in months
        and area in (None, one["area"])
        and (groups is None or one["ethnic_group"] in groups)
    ]


@pytest.mark.parametrize(
    ("basis", "months", "area"),
    [
        ("rolling_12_months", MONTHS[-12:], None),
        ("rolling_12_months", MONTHS[-12:], "camden"),
        ("quarter", MONTHS[-3:], None),
        ("quarter", MONTHS[-3:], "camden"),
        ("month", MONTHS[-1:], "camden"),
    ],
)
def test_a_survey_figure_is_that_of_its_responses(
    refreshed: Warehouse, delivered: Delivered, basis: str, months: list[str], area: str | None
) -> None:
    shown = "select * from fct_measure_result where period_basis = ? and area_id = ? and period_month = ?"
    for group, members in (("all", None), ("ethnic_group:white", WHITE), ("ethnic_group:minority", OTHERS)):
        p, variance, n = _estimate(_asked(delivered, months, area, members))
        (figure,) = _rows(
            refreshed,
            f"{shown} and measure_id = 'victim_satisfaction' and population_group = ?",
            *(basis, area or "force", f"{LAST}-01", group),
        )
        assert figure["respondents"] == n
        if n < 30:
            assert (figure["value"], figure["reason"]) == (None, "fewer than 30 respondents")
            continue
        assert figure["value"] == pytest.approx(p, rel=1e-10)
        share, size = p / 100, min(n, p * (100 - p) / variance)
        half = Z95 * math.sqrt(Z95**2 + 4 * size * share * (1 - share))
        wilson = [100 * (2 * size * share + Z95**2 + sign * half) / (2 * (size + Z95**2)) for sign in (-1, 1)]
        assert [figure["lower_95"], figure["upper_95"]] == pytest.approx(wilson, rel=1e-10)
        assert figure["is_small_base"] == (n < 100)


def test_a_gap_and_its_change_are_those_of_the_responses(refreshed: Warehouse, delivered: Delivered) -> None:
    for area in (None, "camden"):
        cells = {
            (year, name): _estimate(_asked(delivered, months, area, members))
            for year, months in (("now", MONTHS[-12:]), ("before", MONTHS[-24:-12]))
            for name, members in (("white", WHITE), ("others", OTHERS))
        }
        gap = {year: cells[year, "white"][0] - cells[year, "others"][0] for year in ("now", "before")}
        variance = {year: cells[year, "white"][1] + cells[year, "others"][1] for year in ("now", "before")}
        reach = Z95 * math.sqrt(variance["now"])
        change_reach = Z95 * math.sqrt(variance["now"] + variance["before"])
        change = gap["now"] - gap["before"]
        at = (area or "force", f"{LAST}-01")
        (figure,) = _rows(
            refreshed,
            "select * from fct_measure_result where measure_id = 'victim_satisfaction_gap'"
            " and period_basis = 'rolling_12_months' and area_id = ? and period_month = ?",
            *at,
        )
        (lens,) = _rows(
            refreshed,
            "select *, gap as value from fct_equality_gap where measure_id = 'victim_satisfaction'"
            " and period_basis = 'rolling_12_months' and area_id = ? and period_month = ?",
            *at,
        )
        assert (lens["population_group"], lens["compared_with"]) == ("ethnic_group:minority", "ethnic_group:white")
        for row in (figure, lens):
            assert row["value"] == pytest.approx(gap["now"], rel=1e-10)
            limits = [row["lower_95"], row["upper_95"]]
            assert limits == pytest.approx([gap["now"] - reach, gap["now"] + reach], rel=1e-10)
            assert row["change"] == pytest.approx(change, rel=1e-9)
            limits = [row["change_lower_95"], row["change_upper_95"]]
            assert limits == pytest.approx([change - change_reach, change + change_reach], rel=1e-9)
        is_clear = abs(change) > change_reach
        assert (lens["trend"] == "no_clear_change") == (not is_clear)


def test_a_boroughs_peers_are_there_with_their_funnel(refreshed: Warehouse) -> None:
    (camden,) = _rows(
        refreshed,
        "select * from fct_peer_comparison where measure_id = 'victim_satisfaction' and area_id = 'camden'"
        " and peer_group = 'inner_london_boroughs' and period_basis = 'rolling_12_months' and period_month = ?",
        f"{LAST}-01",
    )
    # The other boroughs have 24 respondents each, which is no figure.
    assert (camden["units"], camden["rank_in_group"], camden["funnel_flag"]) == (1, 1, None)
    assert camden["is_substitute"]
