"""The points of the trends as rows of a sheet, and the series that native charts draw of them.

Here: columns of the sheet of points, the look of each series, scales.
Belongs here: what makes a chart of Excel say what the pack's drawing says.
Does not belong here: drawings for a page (`charts.py`), where a chart stands (`workbook.py`).
"""

import math
from collections.abc import Sequence

from orchestration.board_pack import charts, words
from orchestration.board_pack.content import Panel, Point
from orchestration.board_pack.workbook_sheets import QUIET, Cell, Month, Number

TREND_COLUMNS: list[tuple[str, float]] = [
    ("Measure", 34),
    ("Period", 14),
    ("Month", 12),
    ("Figure", 12),
    ("Centre line", 12),
    ("Lower limit", 12),
    ("Upper limit", 12),
    ("Target", 12),
    ("Better", 12),
    ("Of concern", 12),
    ("Unusual", 12),
    ("What it signals", 44),
]


def _dot() -> dict[str, object]:
    colour = {"color": charts.LINE.upper()}
    return {"type": "circle", "size": 3, "fill": colour, "border": colour}


def _marker(kind: str, colour: str) -> dict[str, object]:
    return {
        "line": {"none": True},
        "marker": {"type": kind, "size": 7, "fill": {"color": colour}, "border": {"color": colour}},
    }


# Dashes and the shape of the marks tell the series apart without colour.
SERIES: dict[str, dict[str, object]] = {
    "Centre line": {"line": {"color": QUIET, "width": 1}},
    "Lower limit": {"line": {"color": QUIET, "width": 1, "dash_type": "dash"}},
    "Upper limit": {"line": {"color": QUIET, "width": 1, "dash_type": "dash"}},
    "Target": {"line": {"color": "#1B2530", "width": 1.5, "dash_type": "long_dash_dot"}},
    "Figure": {"line": {"color": charts.LINE.upper(), "width": 1.75}, "marker": _dot()},
    "Better": _marker("triangle", charts.BETTER.upper()),
    "Of concern": _marker("square", charts.WORSE.upper()),
    "Unusual": _marker("diamond", QUIET),
}


def point_rows(panel: Panel) -> list[list[Cell]]:
    """The rows of a measure's trend, with a row without figures where the series begins anew: no line crosses it."""
    trend = panel.trend
    if trend is None:
        return []
    breaks = {found.month: found.text for found in trend.breaks}
    rows: list[list[Cell]] = []
    for point in trend.points:
        if point.month in breaks and rows:
            rows.append([panel.title, "break", None, *[None] * 8, breaks[point.month]])

        def number(value: float | None, text: str = point.value_text) -> Cell:
            return None if value is None else Number(value, text, "")

        kind = _signal_column(point)
        note = trend.note if point is trend.points[-1] else None
        rows.append(
            [
                panel.title,
                point.month_text,
                Month(point.month),
                number(point.value),
                *(number(value) for value in (point.centre, point.lower, point.upper, point.target)),
                *(number(point.value) if kind == name else None for name in ("Better", "Of concern", "Unusual")),
                "; ".join(said for said in (words.SIGNALS[point.signal] if kind else None, note) if said) or None,
            ]
        )
    return rows


def _signal_column(point: Point) -> str | None:
    if point.signal == "none":
        return None
    return {"improvement": "Better", "concern": "Of concern"}.get(point.variation or "", "Unusual")


def axis(points: Sequence[Point]) -> dict[str, object]:
    """A scale close around figures and limits, in round steps: from nothing, variation could not be seen."""
    ends = [end for point in points for end in (point.value, point.lower, point.upper, point.target) if end is not None]
    low, high = min(ends), max(ends)
    rough = (high - low or abs(high) or 1.0) / 5
    scale = 10.0 ** math.floor(math.log10(rough))
    step = next(scale * factor for factor in (1, 2, 5, 10) if scale * factor >= rough)
    decimals = max(0, -math.floor(math.log10(step)))
    return {
        "min": math.floor(low / step) * step,
        "max": math.ceil(high / step) * step if high > low else math.ceil(high / step + 1) * step,
        "major_unit": step,
        "num_format": "#,##0" + ("." + "0" * decimals if decimals else ""),
    }
