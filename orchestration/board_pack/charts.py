"""Charts: pure functions from what a pack says to SVG and the words that stand for it.

Here: the trend with its control limits, boroughs as a tile map and ranked, equality gaps, bars of verdicts, icons.
Belongs here: shapes, colours, where a thing is drawn.
Does not belong here: what is said (`content.py`), the page around a chart (`html.py`, the PDF).

Plain elements with inline attributes, so that a browser and a typesetter draw the same; as narrow as a phone, so that
text is never scaled below its size. Nothing is told by colour alone: each mark has a shape, and a word in the alt text.
"""

import datetime as dt
import itertools
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from orchestration.board_pack import words
from orchestration.board_pack.content import Borough, Boroughs, Gap, GapPoint, Point, TierCount, Trend
from orchestration.board_pack.sentences import months_between, shortest_step

WIDTH = 360
INK, GREY, PALE, RULE = "#1b2730", "#55626d", "#eef1f4", "#c3ccd3"
GOOD, BAD, LINE = "#1c6a3c", "#a3262b", "#1f4e79"
# Boroughs beyond a limit: paler for 95 %, darker for 99.8 %; the marks tell them apart in grey.
BETTER, BETTER_PALE, WORSE, WORSE_PALE = "#1f5f99", "#b9d3ea", "#a84f00", "#f6cfa6"
SHADES = ("#f3f6f9", "#d9e4ee", "#b4cbdf", "#86a9c8", "#41719d")

# The bands of a funnel, the wider one first.
_BANDS = (("#d5dde4", "99.8 %"), ("#a9b6c1", "95 %"))

# Where each borough stands on the tile map (column, row), with its short name: neighbours stay near each other.
TILES = {
    "enfield": ("ENF", 4, 0),
    "harrow": ("HRW", 2, 1),
    "barnet": ("BNT", 3, 1),
    "haringey": ("HGY", 4, 1),
    "waltham_forest": ("WFT", 5, 1),
    "hillingdon": ("HDN", 0, 2),
    "ealing": ("EAL", 1, 2),
    "brent": ("BRE", 2, 2),
    "camden": ("CMD", 3, 2),
    "islington": ("ISL", 4, 2),
    "hackney": ("HCK", 5, 2),
    "redbridge": ("RDB", 6, 2),
    "havering": ("HVG", 7, 2),
    "hounslow": ("HNS", 0, 3),
    "hammersmith_and_fulham": ("HMF", 1, 3),
    "kensington_and_chelsea": ("KNC", 2, 3),
    "westminster": ("WST", 3, 3),
    "tower_hamlets": ("TWH", 5, 3),
    "newham": ("NWM", 6, 3),
    "barking_and_dagenham": ("BDG", 7, 3),
    "richmond_upon_thames": ("RCH", 1, 4),
    "wandsworth": ("WNS", 2, 4),
    "lambeth": ("LAM", 3, 4),
    "southwark": ("SWK", 4, 4),
    "lewisham": ("LEW", 5, 4),
    "greenwich": ("GRN", 6, 4),
    "bexley": ("BXL", 7, 4),
    "kingston_upon_thames": ("KNG", 2, 5),
    "merton": ("MRT", 3, 5),
    "croydon": ("CRD", 4, 5),
    "bromley": ("BRM", 5, 5),
    "sutton": ("STN", 3, 6),
}


class Chart(NamedTuple):
    """A drawing, and the message of it in words."""

    svg: str
    alt: str


# Verdict → what is drawn in a square of 16, and its colour.
_ICONS = {
    "met": (GOOD, '<circle cx="8" cy="8" r="7.5" fill="{0}"/><path d="M4.2 8.3l2.6 2.6 5-5.4" stroke="#fff"{1}/>'),
    "not_met": (
        BAD,
        '<rect x="1" y="1" width="14" height="14" fill="{0}"/><path d="M4.5 4.5l7 7m0-7l-7 7" stroke="#fff"{1}/>',
    ),
    "ahead": (
        GOOD,
        '<circle cx="8" cy="8" r="6.8" fill="#fff" stroke="{0}" stroke-width="1.5"/>'
        '<path d="M8 12V4.5M4.8 7.6L8 4.4l3.2 3.2" stroke="{0}"{1}/>',
    ),
    "behind": (
        BAD,
        '<rect x="1.7" y="1.7" width="12.6" height="12.6" fill="#fff" stroke="{0}" stroke-width="1.5"/>'
        '<path d="M8 4v7.5M4.8 8.4L8 11.6l3.2-3.2" stroke="{0}"{1}/>',
    ),
    "monitor_only": (
        GREY,
        '<circle cx="8" cy="8" r="6.8" fill="#fff" stroke="{0}" stroke-width="1.5"/>'
        '<circle cx="8" cy="8" r="2.6" fill="{0}"/>',
    ),
    "no_target": (
        GREY,
        '<circle cx="8" cy="8" r="6.8" fill="#fff" stroke="{0}" stroke-width="1.5"/><path d="M5 8h6" stroke="{0}"{1}/>',
    ),
    "not_measurable": (
        INK,
        '<rect x="1.7" y="1.7" width="12.6" height="12.6" fill="#fff" stroke="{0}" stroke-width="1.3"'
        ' stroke-dasharray="2.5 2"/><path d="M6 6.2a2 2 0 1 1 3 1.8c-.8.4-1 .8-1 1.6M8 11.4v.6" stroke="{0}"{1}/>',
    ),
}


def verdict_icon(verdict: str) -> str:
    """The elements of a verdict's icon, in a square of 16: filled where decided, hollow where it is not yet."""
    colour, drawing = _ICONS[verdict]
    return drawing.format(colour, ' stroke-width="1.8" fill="none"')


def verdict_colour(verdict: str) -> str:
    """The colour that goes with the icon and the word."""
    return _ICONS[verdict][0]


def icon(verdict: str) -> Chart:
    """A verdict's icon as a drawing of its own."""
    return Chart(_svg(16, 16, words.VERDICTS[verdict], [verdict_icon(verdict)]), words.VERDICTS[verdict])


def trend(series: Trend) -> Chart:
    """A measure over time: points, centre line, control limits, target line, breaks, signals."""
    points = series.points
    ends = [point.value for point in points]
    for point in points:
        ends += [bound for bound in (point.lower, point.upper, point.target) if bound is not None]
    frame = _Frame(points[0].month, points[-1].month, min(ends), max(ends), height=206, top=30 if series.breaks else 22)
    drawn = frame.axes()
    for group in _runs(points):
        if series.has_limits:
            for name, style in (("lower", "4 3"), ("upper", "4 3"), ("centre", "")):
                dashes = f' stroke-dasharray="{style}"' if style else ""
                line = frame.steps([(point.month, getattr(point, name)) for point in group])
                drawn.append(f'<path d="{line}" fill="none" stroke="{GREY}" stroke-width="1"{dashes}/>')
        line = frame.line([(point.month, point.value) for point in group])
        drawn.append(f'<path d="{line}" fill="none" stroke="{LINE}" stroke-width="1.5"/>')
        targets = [(point.month, point.target) for point in group if point.target is not None]
        if targets:
            drawn.append(
                f'<path d="{frame.steps(targets)}" fill="none" stroke="{INK}" stroke-width="1.5"'
                ' stroke-dasharray="8 3 2 3"/>'
            )
    for number, found in enumerate(series.breaks, start=1):
        x = frame.x(found.month) - frame.step / 2
        drawn.append(
            f'<path d="M{x:.1f} {frame.top}V{frame.bottom}" stroke="{INK}" stroke-width="1" stroke-dasharray="1 3"/>'
        )
        # Where there are several the first says what the numbers of the others count: there is room for no more.
        name = "break" if len(series.breaks) == 1 else "break 1" if number == 1 else str(number)
        drawn.append(_text(x, frame.top - 2, name, 10, "end" if name == "break 1" else "middle"))
    drawn += [
        _signal(frame.x(point.month), frame.y(point.value), _kind(point)) for point in points if point.signal != "none"
    ]
    last = points[-1]
    drawn.append(f'<circle cx="{frame.x(last.month):.1f}" cy="{frame.y(last.value):.1f}" r="3" fill="{LINE}"/>')
    drawn.append(
        _text(frame.right + 5, frame.y(last.value) + 4, words.number(last.value, series.decimals), 12, bold=True)
    )
    legend = [(_stroke(LINE, ""), f"each {words.BASES[series.basis]}")]
    if series.has_limits:
        legend.append((_stroke(GREY, "4 3"), "limits"))
    if last.target is not None:
        legend.append((_stroke(INK, "8 3 2 3"), "target"))
    kinds = {_kind(point) for point in points if point.signal != "none"}
    legend += [(_signal(8, 8, kind), name) for kind, name in _SIGNALS.items() if kind in kinds]
    drawn.append(_legend(legend))
    alt = f"{'Control chart' if series.has_limits else 'Trend'} of {series.title}. {series.message}"
    if series.breaks:
        alt += f" The series begins anew: {'; '.join(found.text for found in series.breaks)}."
    return Chart(_svg(WIDTH, frame.height, alt, drawn), alt)


def funnel(boroughs: Boroughs) -> Chart:
    """The boroughs ranked, each with its own limits at 95 % and 99.8 %."""
    rows = [row for row in boroughs.rows if row.value is not None]
    ends = [end for row in rows for end in (row.value, row.lower_998, row.upper_998) if end is not None]
    if boroughs.together is not None:
        ends.append(boroughs.together)
    low, high = _padded(min(ends), max(ends))
    left, right, top, each = 124, WIDTH - 46, 26, 14
    height = top + each * len(rows) + 6

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    drawn = [_funnel_legend(boroughs)]
    ticks = _ticks(low, high, 4)
    for tick in ticks:
        drawn.append(f'<path d="M{x(tick):.1f} {top - 4}V{height - 6}" stroke="{PALE}" stroke-width="1"/>')
        drawn.append(_text(x(tick), top - 6, _tick_text(tick, ticks), 9, "middle", fill=GREY))
    bands: dict[str, list[str]] = {colour: [] for colour, _ in _BANDS}
    marks: list[str] = []
    for place, row in enumerate(rows):
        y = top + each * place + each / 2
        limits = ((row.lower_998, row.upper_998), (row.lower_95, row.upper_95))
        for colour, (lower, upper) in zip(bands, limits, strict=True):
            if lower is not None and upper is not None:
                bands[colour].append(f"M{x(max(lower, low)):.1f} {y:.1f}H{x(min(upper, high)):.1f}")
        chosen = row.area_id == boroughs.chosen
        marks.append(_text(left - 6, y + 3.5, row.title, 10, "end", bold=chosen))
        marks.append(_borough_mark(x(row.value or 0.0), y, row.side))
        marks.append(_text(WIDTH, y + 3.5, row.value_text, 10, "end", bold=chosen or row.side != "none"))
    for colour, paths in bands.items():
        if paths:
            drawn.append(f'<path d="{"".join(paths)}" stroke="{colour}" stroke-width="7" fill="none"/>')
    if boroughs.together is not None:
        drawn.append(f'<path d="M{x(boroughs.together):.1f} {top - 2}V{height - 6}" stroke="{INK}" stroke-width="1"/>')
    alt = f"Boroughs ranked, {boroughs.title}, {boroughs.basis_text}. {boroughs.message}"
    return Chart(_svg(WIDTH, height, alt, drawn + marks), alt)


def tile_map(boroughs: Boroughs) -> Chart:
    """The boroughs as tiles that lie as in London: marked beyond limits, else shaded in five steps by value."""
    size, gap = 42, 3
    rows = {row.area_id: row for row in boroughs.rows}
    values = sorted(row.value for row in boroughs.rows if row.value is not None)
    drawn = [_tile_legend(boroughs)]
    for area_id, (short, column, line) in TILES.items():
        x, y = column * (size + gap) + 1, line * (size - 6 + gap) + 20
        row = rows.get(area_id)
        fill, ink = _tile_fill(row, boroughs, values)
        edge = (INK, 2.5) if area_id == boroughs.chosen else (RULE, 1)
        drawn.append(
            f'<rect x="{x}" y="{y}" width="{size}" height="{size - 6}" fill="{fill}" stroke="{edge[0]}"'
            f' stroke-width="{edge[1]}"/>'
        )
        drawn.append(_text(x + 3, y + 12, short, 9, fill=ink, bold=True))
        said = "none" if row is None or row.value is None else words.number(row.value, boroughs.decimals)
        drawn.append(_text(x + size / 2, y + 28, said, 11 if len(said) < 6 else 9, "middle", fill=ink))
        if row and row.flag and row.flag != "within":
            drawn.append(_flag_mark(x + size - 8, y + 8, row.flag, ink))
    alt = f"Tile map of the boroughs, {boroughs.title}, {boroughs.basis_text}. {boroughs.message}"
    return Chart(_svg(WIDTH, 7 * (size - 6 + gap) + 20, alt, drawn), alt)


def gap_trend(gap: Gap) -> Chart:
    """An equality gap over rolling years, with its 95 % interval and the line of no gap."""
    points = gap.points
    ends = [0.0]
    for point in points:
        ends += [end for end in (point.gap, point.lower, point.upper) if end is not None]
    # To the latest month: what has no figure is left empty.
    frame = _Frame(points[0].month, gap.month, min(ends), max(ends), height=160, top=20)
    drawn = frame.axes()
    bands, lines = [], []
    for run in _without_holes(points):
        sure = [(point.month, point.lower, point.upper) for point in run if point.lower is not None]
        if len(sure) > 1:
            there = frame.line([(month, upper) for month, _, upper in sure])
            back = frame.line([(month, lower) for month, lower, _ in reversed(sure)]).replace("M", "L", 1)
            bands.append(f'<path d="{there}{back}Z" fill="#dbe5ee"/>')
        line = frame.line([(point.month, point.gap) for point in run])
        # A point alone is a stroke as long as it is wide.
        lines.append(
            f'<path d="{line}{"h2" if len(run) == 1 else ""}" fill="none" stroke="{LINE}" stroke-width="1.5"/>'
        )
    drawn += bands
    drawn.append(f'<path d="M{frame.left} {frame.y(0):.1f}H{frame.right}" stroke="{INK}" stroke-width="1"/>')
    drawn += lines
    last = points[-1]
    drawn.append(f'<circle cx="{frame.x(last.month):.1f}" cy="{frame.y(last.gap):.1f}" r="3" fill="{LINE}"/>')
    if last.month == gap.month:
        said = words.number(last.gap, words.telling_decimals(1, 0.0, last.gap))
        drawn.append(_text(frame.right + 5, frame.y(last.gap) + 4, said, 12, bold=True))
    legend = [(_stroke(LINE, ""), "gap of 12 months"), (_stroke(INK, ""), "no gap")]
    if bands:
        legend.append(('<rect width="14" height="12" y="2" fill="#dbe5ee"/>', "95 % interval"))
    drawn.append(_legend(legend))
    return Chart(_svg(WIDTH, frame.height, gap.message, drawn), gap.message)


def verdict_bars(tiers: Sequence[TierCount]) -> Chart:
    """The verdicts of each tier as a bar, in the order from met to not measurable."""
    most = max((tier.lines for tier in tiers), default=1)
    drawn: list[str] = []
    said = []
    y = 0.0
    for tier in tiers:
        drawn.append(_text(0, y + 12, f"{tier.tier_text}s: {tier.lines}", 11, bold=True))
        x = 0.0
        for verdict, count in tier.counts.items():
            if not count:
                continue
            width = max(count / most * WIDTH, 0)
            drawn.append(
                f'<rect x="{x + 0.5:.1f}" y="{y + 18}" width="{max(width - 1, 0.5):.1f}" height="22"'
                f' fill="{PALE}" stroke="{verdict_colour(verdict)}" stroke-width="1"/>'
            )
            if width >= 36:
                drawn.append(f'<g transform="translate({x + 4:.1f} {y + 21})">{verdict_icon(verdict)}</g>')
                drawn.append(_text(x + 24, y + 33, str(count), 12))
            elif width >= 17:
                drawn.append(_text(x + width / 2, y + 33, str(count), 11, "middle"))
            x += width
        y += 50
        counted = [f"{words.VERDICTS[verdict].lower()} {count}" for verdict, count in tier.counts.items() if count]
        said.append(f"{tier.tier_text}s: {words.listed(counted)}")
    alt = f"Verdicts. {'. '.join(said)}."
    return Chart(_svg(WIDTH, max(y - 6, 1), alt, drawn), alt)


# What a signal's mark is called.
_SIGNALS = {"improvement": "better", "concern": "of concern", "unusual": "unusual"}


def _kind(point: Point) -> str:
    return point.variation if point.variation in ("improvement", "concern") else "unusual"


def _signal(x: float, y: float, kind: str) -> str:
    match kind:
        case "improvement":
            return f'<path d="M{x:.1f} {y - 4:.1f}l4 7h-8z" fill="{BETTER}"/>'
        case "concern":
            return f'<path d="M{x - 3:.1f} {y - 3:.1f}h6v6h-6z" fill="{WORSE}"/>'
    return f'<path d="M{x:.1f} {y - 4:.1f}l4 4-4 4-4-4z" fill="{GREY}"/>'


def _borough_mark(x: float, y: float, side: str) -> str:
    """A dot within the limits; beyond them a square on the worse side, a triangle on the better, else a diamond."""
    match side:
        case "worse":
            return f'<path d="M{x - 4:.1f} {y - 4:.1f}h8v8h-8z" fill="{WORSE}"/>'
        case "better":
            return f'<path d="M{x:.1f} {y - 5:.1f}l5 9h-10z" fill="{BETTER}"/>'
        case "neither":
            return f'<path d="M{x:.1f} {y - 5:.1f}l5 5-5 5-5-5z" fill="{INK}"/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2" fill="{LINE}" stroke="#fff" stroke-width="1"/>'


def _flag_mark(x: float, y: float, flag: str, ink: str) -> str:
    """An arrow up above the limits and down below them; two of them beyond 99.8 %."""
    up = flag.startswith("above")
    rows = (-2.5, 2.5) if flag.endswith("998") else (0.0,)
    heads = "".join(
        f"M{x - 4:.1f} {y + at + (2 if up else -2):.1f}l4 {-4 if up else 4} 4 {4 if up else -4}" for at in rows
    )
    return f'<path d="{heads}" fill="none" stroke="{ink}" stroke-width="1.6"/>'


def _tile_fill(row: Borough | None, boroughs: Boroughs, values: Sequence[float]) -> tuple[str, str]:
    """Fill and ink of a tile."""
    if row is None or row.value is None:
        return "#fff", GREY
    if boroughs.has_limits:
        far = (row.flag or "").endswith("998")
        match row.side:
            case "worse":
                return (WORSE, "#fff") if far else (WORSE_PALE, INK)
            case "better":
                return (BETTER, "#fff") if far else (BETTER_PALE, INK)
            case "neither":
                return (GREY, "#fff") if far else (RULE, INK)
        return "#f6f8fa", INK
    below = sum(value < row.value for value in values)
    shade = min(int(below / len(values) * len(SHADES)), len(SHADES) - 1)
    return SHADES[shade], INK if shade < len(SHADES) - 1 else "#fff"


def _funnel_legend(boroughs: Boroughs) -> str:
    if not boroughs.has_limits:
        return _legend([(_borough_mark(8, 8, "none"), boroughs.basis_text)])
    items = [(f'<path d="M0 8H14" stroke="{colour}" stroke-width="7"/>', name) for colour, name in _BANDS]
    sides = {row.side for row in boroughs.rows}
    names = (("better", "better"), ("worse", "worse"), ("neither", "beyond"))
    items += [(_borough_mark(8, 8, side), name) for side, name in names if side in sides]
    if boroughs.together is not None:
        items.append((f'<path d="M8 2V14" stroke="{INK}"/>', "together"))
    return _legend(items)


def _tile_legend(boroughs: Boroughs) -> str:
    if not boroughs.has_limits:
        return _legend(
            [(f'<rect width="14" height="12" y="2" fill="{SHADES[-1]}"/>', "the darker, the higher (fifths)")]
        )
    return _legend(
        [
            (_flag_mark(8, 8, "above_95", INK) + _flag_mark(22, 8, "below_95", INK), "  beyond 95 %"),
            (_flag_mark(8, 8, "above_998", INK) + _flag_mark(22, 8, "below_998", INK), "  beyond 99.8 %"),
        ]
    )


def _legend(items: Iterable[tuple[str, str]]) -> str:
    """Marks of 16 by 16 with their names, in a line at the top."""
    x, drawn = 0.0, []
    for mark, name in items:
        indent = 18.0 + 6 * (len(name) - len(name.lstrip()))
        drawn.append(f'<g transform="translate({x:.0f} -1)">{mark}</g>')
        drawn.append(_text(x + indent, 11, name.strip(), 10, fill=GREY))
        x += indent + 5.4 * len(name.strip()) + 10
    return "".join(drawn)


def _stroke(colour: str, dashes: str) -> str:
    return f'<path d="M0 8H15" fill="none" stroke="{colour}" stroke-width="1.5" stroke-dasharray="{dashes or "none"}"/>'


def _runs(points: Sequence[Point]) -> list[list[Point]]:
    """The points by stretches of one limit group: no line is drawn across a break."""
    runs: list[list[Point]] = []
    for point in points:
        if not runs or runs[-1][-1].limit_group != point.limit_group:
            runs.append([])
        runs[-1].append(point)
    return runs


def _without_holes(points: Sequence[GapPoint]) -> list[list[GapPoint]]:
    """The points by stretches: no line is drawn over months without a figure."""
    runs: list[list[GapPoint]] = [[points[0]]]
    step = shortest_step([point.month for point in points])
    for before, point in itertools.pairwise(points):
        if months_between(before.month, point.month) > step:
            runs.append([])
        runs[-1].append(point)
    return runs


class _Frame:
    """Scales and axes of a chart over months."""

    def __init__(self, first: dt.date, last: dt.date, low: float, high: float, height: int, top: int) -> None:
        self.first, self.last, self.height, self.top = first, last, height, top
        self.low, self.high = _padded(low, high)
        self.left, self.right, self.bottom = 44, WIDTH - 54, height - 20
        self.step = (self.right - self.left - 8) / max(_month_number(last) - _month_number(first), 1)

    def x(self, month: dt.date) -> float:
        return self.left + 4 + (_month_number(month) - _month_number(self.first)) * self.step

    def y(self, value: float) -> float:
        return self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top)

    def line(self, points: Iterable[tuple[dt.date, float | None]]) -> str:
        pairs = (f"{self.x(month):.1f} {self.y(value):.1f}" for month, value in points if value is not None)
        return "M" + "L".join(pairs)

    def steps(self, points: Iterable[tuple[dt.date, float | None]]) -> str:
        """A level, drawn anew only where it changes."""
        path, level = "", None
        end = 0.0
        for month, value in points:
            if value is None:
                continue
            x, y = self.x(month), self.y(value)
            if level is None:
                path = f"M{x - self.step / 2:.1f} {y:.1f}"
            elif abs(y - level) > 0.05:
                path += f"H{x - self.step / 2:.1f}V{y:.1f}"
            level, end = y, x + self.step / 2
        return f"{path}H{end:.1f}"

    def axes(self) -> list[str]:
        """Ticks of the value at the left, Aprils below."""
        drawn = []
        ticks = _ticks(self.low, self.high, 5)
        for tick in ticks:
            drawn.append(f'<path d="M{self.left} {self.y(tick):.1f}H{self.right}" stroke="{PALE}" stroke-width="1"/>')
            drawn.append(_text(self.left - 5, self.y(tick) + 3.5, _tick_text(tick, ticks), 10, "end", fill=GREY))
        first, last = _month_number(self.first), _month_number(self.last)
        aprils = [number for number in range(first, last + 1) if number % 12 == 3]
        every = math.ceil(len(aprils) / 6) or 1
        for number in aprils[::every]:
            x = self.x(dt.date(number // 12, 4, 1))
            drawn.append(f'<path d="M{x:.1f} {self.bottom}v4" stroke="{GREY}" stroke-width="1"/>')
            drawn.append(_text(x, self.bottom + 15, f"Apr {number // 12}", 10, "middle", fill=GREY))
        drawn.append(f'<path d="M{self.left} {self.bottom}H{self.right}" stroke="{RULE}" stroke-width="1"/>')
        return drawn


def _month_number(month: dt.date) -> int:
    return month.year * 12 + month.month - 1


def _padded(low: float, high: float) -> tuple[float, float]:
    """A range with some room around it, also around values that differ by the noise of binary fractions alone."""
    size = max(abs(low), abs(high))
    room = (high - low) * 0.06 if high - low > words.NO_DIFFERENCE * max(size, 1) else max(size * 0.05, 0.5)
    return low - room, high + room


def _ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers within a range."""
    rough = (high - low) / most
    scale = 10.0 ** math.floor(math.log10(rough))
    step = next(scale * factor for factor in (1, 2, 5, 10) if scale * factor >= rough)
    return [number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _tick_text(tick: float, ticks: Sequence[float]) -> str:
    """A tick as short as it can be: "80", "0.25", "35M"."""
    largest = max(abs(other) for other in ticks)
    scale, letter = next(
        ((scale, letter) for scale, letter in ((1e6, "M"), (1e3, "k")) if largest >= scale * 10), (1.0, "")
    )
    step = (ticks[1] - ticks[0]) / scale if len(ticks) > 1 else 1.0
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return words.number(tick / scale, decimals) + letter


def _text(
    x: float, y: float, said: str, size: float, anchor: str = "start", fill: str = INK, bold: bool = False
) -> str:
    extra = f' text-anchor="{anchor}"' if anchor != "start" else ""
    extra += ' font-weight="bold"' if bold else ""
    extra += f' fill="{fill}"' if fill != INK else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}"{extra}>{escape(said)}</text>'


def _svg(width: float, height: float, alt: str, drawn: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
        f' height="{height:g}" role="img" aria-label={quoteattr(alt)} font-family="Arial, Helvetica, sans-serif"'
        f' fill="{INK}">{"".join(drawn)}</svg>'
    )
