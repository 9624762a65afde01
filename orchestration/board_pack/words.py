"""Numbers, months and categories in words for people.

Here: how a figure is rounded and named, and what a category of the marts is called in a pack.
Belongs here: a word or a rounding that HTML, PDF and workbook share.
Does not belong here: which figures are shown (`content.py`), colours and shapes (`charts.py`).

Rounding never contradicts a verdict: a figure that differs from what it is held against is given as many decimals as
it takes to print otherwise.
"""

import datetime as dt
import math
import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal

# The macro `verdict` takes a smaller difference for the noise of binary fractions, and so for none.
NO_DIFFERENCE = 1e-9
# A difference that is one shows by then.
MOST_DECIMALS = 10
# Enough for every float: more digits than a context has are an error.
DIGITS = Context(prec=400)
NBSP = "\u00a0"

TIERS = {
    "cpa": "Critical performance area",
    "corporate": "Corporate measure",
    "supplementary": "Supplementary measure",
}
VERDICTS = {
    "met": "Met",
    "not_met": "Not met",
    "ahead": "Ahead of profile",
    "behind": "Behind profile",
    "monitor_only": "Monitored",
    "no_target": "No target",
    "not_measurable": "Not measurable",
}
STAGES = {
    "final": "full year",
    "in_year": "year to date",
    "month": "the month",
    "latest_year": "latest whole year",
}
CERTAINTIES = {
    "clear": "clear of sampling error",
    "too_close_to_call": "too close to call",
    "full_count": "full count",
    "no_sampling_error": "no base published, so its sampling error is unknown",
}
VARIATIONS = {
    "improvement": "Improving",
    "concern": "Of concern",
    "common_cause": "Ordinary variation",
    "high": "Unusually high",
    "low": "Unusually low",
    "not_assessable": "Not assessable",
}
ASSURANCES = {
    "consistently_passes": "Usual range passes the target",
    "consistently_fails": "Usual range misses the target",
    "inconsistent": "Target within the usual range: hit or miss",
}
OUTLOOKS = {
    "on_track": "On track",
    "uncertain": "Uncertain",
    "off_track": "Off track",
    "not_assessable": "Not assessable",
}
SIGNALS = {
    "outside": "beyond a limit",
    "trend": "seven points in one direction",
    "two_of_three": "two of three points near a limit",
    "shift": "seven points on one side of the centre line",
    "none": "no signal",
}
FUNNEL_FLAGS = {
    "within": "within the limits",
    "above_95": "above the 95 % limit",
    "above_998": "above the 99.8 % limit",
    "below_95": "below the 95 % limit",
    "below_998": "below the 99.8 % limit",
}
TRENDS = {
    "widening": "widening",
    "narrowing": "narrowing",
    "no_clear_change": "no clear change",
}
BASES = {
    "month": "month",
    "quarter": "quarter",
    "financial_year_to_date": "financial year to date",
    "rolling_12_months": "rolling 12 months",
}
TARGET_STATUSES = {
    "indicative": "indicative target",
    "approved": "approved target",
    "revised": "revised target",
}
CAUSES = {
    "target": "the target was changed",
    "definition": "the definition was changed",
    "source": "another source is preferred",
    "population": "new population estimates",
    "re_delivery": "a delivery was replaced or withdrawn",
    "late_records": "late records",
}

_ONE = {"people": "person", "days per person": "day per person"}
# What an extract shortens; the surveys by their names.
_SPOKEN = {"fte": "full-time equivalents", "ref": "reference", "gbp": "in pounds"}
_SURVEYS = {"pas": "Public Attitude Survey", "bcs": "British Crime Survey"}


def number(value: float, decimals: int) -> str:
    """1234.5 → "1,234.5", with a true minus sign and never a minus before nothing."""
    # A half goes up, as in a spreadsheet.
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, DIGITS)
    text = f"{rounded:,.{decimals}f}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    return text.replace("-", "\u2212")


def usual_decimals(unit: str, measure_type: str) -> int:
    """Decimals a figure of the kind is given when nothing calls for more."""
    if unit == "pounds" or measure_type == "count":
        return 0
    return 2 if unit.startswith("per 1,000") else 1


def visible_decimals(usual: int, *figures: float | None) -> int:
    """The usual decimals, or what it takes to see two digits of the largest figure: 0.048 rather than 0.05."""
    largest = max((abs(value) for value in figures if value is not None), default=0.0)
    if largest < NO_DIFFERENCE or usual == 0:
        return usual
    return max(usual, min(1 - math.floor(math.log10(largest)), MOST_DECIMALS))


def telling_decimals(usual: int, reference: float | None, *figures: float | None) -> int:
    """The fewest decimals, from `usual` on, at which each figure that differs from the reference prints otherwise."""
    if reference is None:
        return usual
    differing = [value for value in figures if value is not None and abs(value - reference) >= NO_DIFFERENCE]
    for decimals in range(usual, MOST_DECIMALS):
        if all(number(value, decimals) != number(reference, decimals) for value in differing):
            return decimals
    return MOST_DECIMALS


def figure(value: float, unit: str, decimals: int) -> str:
    """A figure with its unit: "68.6 %", "£14.6 million", "3,396 casualties"."""
    said = number(abs(value), decimals)
    minus = number(value, decimals)[:1] == "\u2212"
    match unit:
        case "percent":
            said = f"{said}{NBSP}%"
        case "percentage points":
            said = f"{said}{NBSP}{'point' if Decimal(said.replace(',', '')) == 1 else 'points'}"
        case "pounds":
            said = f"£{said}"
        case "£ million":
            said = f"£{said}{NBSP}million"
        case _ if unit.startswith("percent "):
            said = f"{said}{NBSP}%{unit.removeprefix('percent')}"
        case _ if not unit.startswith("per ") and (unit.endswith("s") or unit in _ONE):
            said = f"{said}{NBSP}{_one(unit) if said == '1' else unit}"
        case _:
            said = f"{said} {unit}"
    return f"\u2212{said}" if minus else said


def _one(unit: str) -> str:
    """casualties → casualty."""
    return _ONE.get(unit) or (f"{unit[:-3]}y" if unit.endswith("ies") else unit.removesuffix("s"))


def short_figure(value: float, unit: str, decimals: int) -> str:
    """The same for a table whose heading names the unit: "68.6 %", "£14.6 million", "3,396"."""
    if unit in ("pounds", "£ million"):
        return figure(value, unit, decimals)
    return number(value, decimals) + (f"{NBSP}%" if unit.split(" ")[0] == "percent" else "")


def change(value: float, unit: str, usual: int) -> str:
    """A difference that is one never prints as none: "up 0.04 points", "down 281 casualties", "unchanged"."""
    if abs(value) < NO_DIFFERENCE:
        return "unchanged"
    decimals = telling_decimals(usual, 0.0, value)
    # A difference of two shares is in points, not in percent of anything.
    points = "percentage points" if unit.split(" ")[0] == "percent" else unit
    return f"{'up' if value > 0 else 'down'} {figure(abs(value), points, decimals)}"


def percent_change(value: float) -> str:
    """The same of a relative change in percent: "up 2.4 %"."""
    if abs(value) < NO_DIFFERENCE:
        return "unchanged"
    decimals = telling_decimals(1, 0.0, value)
    return f"{'up' if value > 0 else 'down'} {figure(abs(value), 'percent', decimals)}"


def probability(value: float, bounds: Iterable[float] = (0.2, 0.8)) -> str:
    """A probability that never rounds to certainty nor onto a bound the outlook turns at."""
    if value > 0.99:
        return f"over 99{NBSP}%"
    if value < 0.01:
        return f"under 1{NBSP}%"
    decimals = max(telling_decimals(0, bound * 100, value * 100) for bound in bounds)
    return figure(value * 100, "percent", decimals)


def month(day: dt.date) -> str:
    """2009-03-01 → "March 2009"."""
    return f"{day:%B} {day.year}"


def short_month(day: dt.date) -> str:
    """2009-03-01 → "Mar 2009"."""
    return f"{day:%b} {day.year}"


def months(first: dt.date, last: dt.date) -> str:
    """ "Jan 2009 to Mar 2009"; "Mar 2009" of one."""
    return short_month(last) if first == last else f"{short_month(first)} to {short_month(last)}"


def day(date: dt.date) -> str:
    """2009-03-31 → "31 March 2009"."""
    return f"{date.day} {date:%B} {date.year}"


def window(basis: str, last: dt.date, first: dt.date | None) -> str:
    """The months a figure covers: "financial year to date, Apr 2008 to Mar 2009"."""
    if basis == "month" or first is None:
        return month(last) if basis == "month" else f"{BASES[basis]} to {short_month(last)}"
    return f"{BASES[basis]}, {short_month(first)} to {short_month(last)}"


def counted(many: int, one: str, several: str | None = None) -> str:
    """3, "borough" → "3 boroughs"."""
    return f"{many:,}{NBSP}{one if many == 1 else several or one + 's'}"


def slip(days: int) -> str:
    """Days between the first due date and when it came: "12 days late", "on the day"."""
    if days == 0:
        return "on the day"
    return f"{counted(abs(days), 'day')} {'late' if days > 0 else 'early'}"


def plain(text: str) -> str:
    """A delivered text whose invisible characters can be seen: U+202E, which would turn what follows, as [U+202E]."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in "\n\t\u00a0" else f"[U+{ord(letter):04X}]"
        for letter in text.replace("\r\n", "\n")
    )


def spoken(reason: str | None) -> str | None:
    """A reason of the marts with names of extracts, columns and seeds in it, as people say them: recorded crime."""
    if reason is None:
        return None
    said = re.sub(r"seeds/(\w+)\.csv", r"the list of \1", reason)
    said = re.sub(r"\b(pas|bcs):(\w+)", lambda found: f"“{found[2]}” of the {_SURVEYS[found[1]]}", said)
    said = re.sub(r"\bis_(?=\w)", "", said).replace("_", " ")
    return re.sub(r"\b(fte|ref|gbp)\b", lambda found: _SPOKEN[found[1]], said)


def listed(parts: Iterable[str]) -> str:
    """a, b and c."""
    *before, last = list(parts) or [""]
    return f"{', '.join(before)} and {last}" if before else last
