"""Sentences and parts of them, from the rows of the marts.

Here: a figure with its count, its interval, its place beside others, in the words that packs use.
Belongs here: a sentence that is made of a row or two.
Does not belong here: how a number is rounded (`words.py`), where a sentence stands (`scope.py` and what builds on it).
"""

import datetime as dt
import itertools
from collections.abc import Sequence

from orchestration.board_pack import words
from orchestration.board_pack.content import Borough, Line, Point
from orchestration.board_pack.marts import Row, Rows

PER_RESIDENTS = "per 1,000 residents"


def years(first: dt.date, last: dt.date) -> str:
    """The window of a target: "2008/09", or its months."""
    if (first.month, last.month) == (4, 3):
        years = [f"{year}/{(year + 1) % 100:02}" for year in sorted({first.year, last.year - 1})]
        return " to ".join(years)
    return f"{words.month(first)} to {words.month(last)}"


def group_of(owner: str | None) -> str:
    return (owner or "").removesuffix(" (inferred)")


def group_key(owner: str | None) -> str:
    """A business group as it is compared: "Strategy, Modernisation…" and "strategy_modernisation…" are one."""
    return "".join(letter for letter in group_of(owner).casefold() if letter.isalnum())


def group_title(population_group: str) -> str:
    """ethnic_group:minority → "ethnic group: minority"."""
    dimension, _, value = population_group.partition(":")
    return f"{dimension.replace('_', ' ')}: {value.replace('_', ' ')}" if value else dimension.replace("_", " ")


def short_title(population_group: str) -> str:
    """ethnic_group:minority → "minority", where the dimension is named beside it."""
    return group_title(population_group).rpartition(": ")[2]


def standing(gap: float, better: str) -> str:
    """How a group stands when the one it is held against is so much above it."""
    if better not in ("higher", "lower"):
        return "lower" if gap > 0 else "higher"
    return "worse off" if (gap > 0) == (better == "higher") else "better off"


def year_of_gap(row: Row, measure: Row) -> str:
    """Both figures and who is ahead: "year to March 2009: female 4.7 %, male 4.6 %; female worse off by 0.1 points"."""
    unit = measure["unit"]
    points = "percentage points" if unit == "percent" else unit
    usual = words.usual_decimals(unit, measure["measure_type"])
    value, other, gap = row["value_of_group"], row["value_compared_with"], row["gap"]
    decimals = words.telling_decimals(usual, value, other)
    group, compared = (short_title(row[name]) for name in ("population_group", "compared_with"))

    def stands(by: float) -> str:
        if abs(by) < words.NO_DIFFERENCE:
            return "level"
        shown = words.figure(abs(by), points, words.telling_decimals(usual, 0.0, by))
        return f"{standing(by, measure['better'])} by {shown}"

    said = (
        f"year to {words.month(row['period_month'])}: {group} {words.figure(value, unit, decimals)},"
        f" {compared} {words.figure(other, unit, decimals)}; {group} {stands(gap)}"
    )
    if row["lower_95"] is None or row["upper_95"] is None:
        return said
    return f"{said} (95{words.NBSP}% interval: {stands(row['lower_95'])} to {stands(row['upper_95'])})"


def unit_of_comparison(measure: Row) -> str:
    """Counts are compared per 1,000 residents, all else as it is."""
    return PER_RESIDENTS if measure["measure_type"] == "count" else str(measure["unit"])


def usual_of_comparison(measure: Row, rows: Rows) -> int:
    """Decimals of areas beside each other: alike for all of them."""
    unit = unit_of_comparison(measure)
    usual = 2 if unit == PER_RESIDENTS else words.usual_decimals(unit, measure["measure_type"])
    return words.visible_decimals(usual, *(row["value"] for row in rows))


def count_behind(row: Row | None, measure: Row) -> str | None:
    """The count behind a figure: "35,742 of 52,102"."""
    if row is None or row.get("numerator") is None:
        return None
    numerator, denominator = row["numerator"], row["denominator"]
    if denominator is None:
        return None
    said = f"{_counted_number(numerator)} {_of(measure)} {_counted_number(denominator)}"
    if measure["denominator_extract"] == "population":
        said += " residents"
    if measure["measure_type"].startswith("survey"):
        said += " (weighted)"
        if row.get("respondents") is not None:
            said += f", {words.counted(round(row['respondents']), 'person', 'people')} answered"
    return said


def _of(measure: Row) -> str:
    if measure["measure_type"] in ("percentage", "survey_percentage", "milestone"):
        return "of"
    return "among" if measure["denominator_extract"] == "population" else "over"


def _counted_number(value: float) -> str:
    return words.number(value, 0 if abs(value - round(value)) < words.NO_DIFFERENCE or abs(value) >= 1000 else 1)


def interval_of(lower: float | None, upper: float | None, unit: str, decimals: int) -> str | None:
    if lower is None or upper is None:
        return None
    return (
        f"95{words.NBSP}% interval {words.short_figure(lower, unit, decimals)} to"
        f" {words.short_figure(upper, unit, decimals)}"
    )


def gap_to_target(value: float | None, threshold: float | None, unit: str, usual: int) -> str | None:
    """The value beside its target: "0.6 points above target"."""
    if value is None or threshold is None:
        return None
    gap = value - threshold
    if abs(gap) < words.NO_DIFFERENCE:
        return "at target"
    points = "percentage points" if unit.split(" ")[0] == "percent" else unit
    decimals = words.telling_decimals(usual, 0.0, gap)
    return f"{words.figure(abs(gap), points, decimals)} {'above' if gap > 0 else 'below'} target"


def signed(value: float, decimals: int) -> str:
    said = words.number(value, decimals)
    return said if value <= 0 or said.strip("0.") == "" else f"+{said}"


def outlook_text(row: Row) -> str | None:
    if row["outlook"] is None:
        return None
    probability = row["outlook_probability"]
    if row["verdict_stage"] == "final" and probability is not None and not 0.01 <= probability <= 0.99:
        return "Year complete"
    said = words.OUTLOOKS[row["outlook"]]
    if probability is not None:
        said += f" ({words.probability(probability)} likely to be met)"
    elif row["outlook_reason"]:
        said += f": {words.spoken(row['outlook_reason'])}"
    return said


def side_of(flag: str | None, better: str) -> str:
    """Which side of the funnel a flag is on: worse, better, neither; none within the limits."""
    if flag is None or flag == "within":
        return "none"
    if better not in ("higher", "lower"):
        return "neither"
    return "better" if flag.startswith("above") == (better == "higher") else "worse"


def months_between(first: dt.date, last: dt.date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def shortest_step(months: Sequence[dt.date]) -> int:
    """Months from one figure to the next, of a series that may come by the year; 1 of fewer than two figures."""
    return min(itertools.starmap(months_between, itertools.pairwise(months)), default=1)


def month_after(month: dt.date) -> dt.date:
    return dt.date(month.year + month.month // 12, month.month % 12 + 1, 1)


def end_of_year(month: dt.date) -> dt.date:
    """The last month of a month's financial year."""
    return dt.date(month.year + (month.month > 3), 3, 1)


def year_before(month: dt.date) -> dt.date:
    return month.replace(year=month.year - 1)


def reviewed(measure: Row) -> str:
    if measure["reviewed_on"] is None:
        return "not reviewed yet"
    said = f"definition reviewed {words.day(measure['reviewed_on'])}"
    return said + (f", next {words.day(measure['next_review'])}" if measure["next_review"] else "")


def stood(row: Row, when: str, measure: Row) -> str:
    """A verdict with its figure and level, before or after a restatement."""
    verdict, value, threshold = (row[f"{name}_{when}"] for name in ("verdict", "value", "threshold"))
    if verdict is None:
        return "no verdict"
    said = words.VERDICTS[verdict]
    usual = words.usual_decimals(measure["unit"], measure["measure_type"])
    other_value, other_threshold = (
        row[f"{name}_{'after' if when == 'before' else 'before'}"] for name in ("value", "threshold")
    )
    if value is not None:
        # What changed must show.
        decimals = max(
            words.telling_decimals(usual, threshold, value),
            words.telling_decimals(usual, other_value, value),
            words.telling_decimals(usual, other_threshold, threshold),
        )
        said += f": {words.figure(value, measure['unit'], decimals)}"
        if threshold is not None:
            said += f" against {words.figure(threshold, measure['unit'], decimals)}"
    return said


def change_of(row: Row, measure: Row) -> str | None:
    if row["change"] is None:
        return None
    if measure["measure_type"] in ("count", "rate", "money") and row["change_percent"] is not None:
        return words.percent_change(row["change_percent"])
    usual = words.usual_decimals(measure["unit"], measure["measure_type"])
    return words.change(row["change"], measure["unit"], usual)


def trend_message(points: tuple[Point, ...], basis: str, line: Line, target_text: str | None, latest: Row) -> str:
    """What a reader sees in the chart: latest value, target, change since the start, signal."""
    first, last = points[0], points[-1]
    said = f"{last.month_text}: {last.value_text} ({words.BASES[basis]})"
    if target_text:
        side = (
            "at"
            if last.target is not None and abs(last.value - last.target) < words.NO_DIFFERENCE
            else ("above" if last.target is not None and last.value > last.target else "below")
        )
        said += f", {side} the target line of {target_text}"
    said += f"; {first.month_text} it was {first.value_text}"
    if line.better in ("higher", "lower"):
        said += f"; {line.better} is better"
    if latest:
        said += f". {words.VARIATIONS.get(latest['variation'], 'Not assessable')}"
        if latest["signal"] not in (None, "none"):
            said += f": {words.SIGNALS[latest['signal']]}"
    return said + "."


def boroughs_message(rows: tuple[Borough, ...], measure: Row, together_text: str | None) -> str:
    """Best and worst borough, and how many lie beyond the limits."""
    ranked = [row for row in rows if row.value is not None]
    if not ranked:
        return "No borough has a figure."
    names = ("Best", "worst") if measure["better"] in ("higher", "lower") else ("Highest", "lowest")
    if measure["measure_type"] == "survey_gap":
        names = ("Smallest gap", "widest")
    first, last = ranked[0], ranked[-1]
    said = f"{names[0]} {first.title} ({first.value_text}), {names[1]} {last.title} ({last.value_text})"
    if together_text:
        said += f"; boroughs together {together_text}"
    for side in ("worse", "better", "neither"):
        flagged = [row.title for row in rows if row.side == side and (row.flag or "").endswith("_998")]
        if flagged:
            where = f"on the {side} side" if side != "neither" else "on either side"
            said += f"; beyond the 99.8{words.NBSP}% limit {where}: {words.listed(flagged)}"
    if any(row.flag for row in rows) and all(row.flag in (None, "within") for row in rows):
        said += "; all within the limits"
    return said + "."
