"""What a pack holds, for every format: its parts as frozen dataclasses.

Here: what is shown, and in which order.
Belongs here: a part of a pack that a format prints.
Does not belong here: how it is made from a release (`author.py`), what is drawn (`charts.py`), pages (`html.py`).

A text that ends in `_text` is printed as it is; beside it stands the raw value where a chart or a table needs one.
Texts that people delivered (commentary, names, decisions) are no markup: who prints them escapes them. Characters that
cannot be seen, or would turn the direction of reading, are in them as their code already (`words.plain`).
"""

import datetime as dt
from dataclasses import dataclass

from orchestration.board_pack import words
from orchestration.board_pack.marts import FORCE

EDITIONS = ("monthly", "quarterly")
SECTIONS = {
    "monthly": ("front", "scorecard", "exceptions", "decisions", "milestones", "measures", "restatements", "quality")
    + ("methods",),
    "quarterly": ("front", "milestones", "year_to_date", "scorecard", "exceptions", "decisions", "measures")
    + ("restatements", "quality", "methods"),
}
VERDICT_ORDER = tuple(words.VERDICTS)
EXCEPTION_RULE = (
    "A line is an exception when its target is not met or behind its profile; when a year that still runs is off track;"
    " when its control chart shows a change of concern; when the gap between two groups of people widens by more than"
    " sampling error, whichever of them is ahead; or when a critical performance area's target cannot be judged. In a"
    " borough's pack also when the borough lies beyond the 99.8 % funnel limit on the worse side."
)


class NothingToShow(ValueError):
    """A selection that the release has nothing for; the message names what there is."""


@dataclass(frozen=True)
class Selection:
    """Whose pack: the force's, or that of one borough or business group; monthly or quarterly."""

    edition: str = "monthly"
    area: str | None = None
    business_group: str | None = None

    @property
    def folder_name(self) -> str:
        """Where its files go: "camden", "human_resources_quarterly"; never more than a name."""
        whose = self.area or self.business_group or FORCE
        name = "_".join("".join(letter if letter.isalnum() else " " for letter in whose.casefold()).split())
        return f"{name or 'pack'}{'_quarterly' if self.edition == 'quarterly' else ''}"


@dataclass(frozen=True)
class Line:
    """A line of the scorecard: a measure and its target, if it has one."""

    measure_id: str
    # Names the line within the pack: measures can have several targets.
    anchor: str
    title: str
    tier: str
    tier_text: str
    owner: str
    objective: str
    objective_title: str
    unit: str
    better: str
    value: float | None
    value_text: str
    count_text: str | None
    interval_text: str | None
    basis: str | None
    basis_text: str | None
    target_id: str | None
    threshold: float | None
    threshold_text: str | None
    target_text: str
    target_status_text: str | None
    # The figure the verdict rests on, where that is not the value.
    judged_text: str | None
    gap_text: str | None
    verdict: str
    verdict_text: str
    stage_text: str | None
    certainty_text: str | None
    variation: str | None
    variation_text: str | None
    assurance_text: str | None
    outlook: str | None
    outlook_text: str | None
    direction_text: str
    # The area beside others, in a borough's pack.
    beside_text: str | None
    is_provisional: bool
    provisional_text: str | None
    is_settled: bool
    notes: tuple[str, ...]
    exception_because: tuple[str, ...]


@dataclass(frozen=True)
class Objective:
    """An objective of the plan with its lines."""

    objective: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class TierCount:
    """Lines of a tier by verdict, in the order of `VERDICT_ORDER`."""

    tier: str
    tier_text: str
    counts: dict[str, int]
    provisional: int

    @property
    def lines(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Change:
    """A line whose verdict is not what the pack before gave. `kind`: better, worse, other, new, gone."""

    anchor: str | None
    title: str
    kind: str
    before_text: str
    after_text: str


@dataclass(frozen=True)
class Comparison:
    """What changed since the pack before; `since_text` says which pack that is, or why there is none."""

    since_text: str
    changes: tuple[Change, ...]
    unchanged: int


@dataclass(frozen=True)
class Asked:
    """What needs a decision, and why. `anchor` is the measure's panel."""

    anchor: str | None
    title: str
    text: str
    from_text: str


@dataclass(frozen=True)
class Remark:
    """What a role wrote of a measure's month."""

    author_role: str
    written_on: dt.date
    written_text: str
    month_text: str
    text: str
    decision_asked: str | None


@dataclass(frozen=True)
class Share:
    """What one borough, or group, added to a change."""

    title: str
    amount: float
    text: str


@dataclass(frozen=True)
class Contribution:
    """Who made the change on last year: the most in its direction, and against it; or why that cannot be told."""

    kind: str
    message: str
    towards: tuple[Share, ...] = ()
    against: tuple[Share, ...] = ()


@dataclass(frozen=True)
class Exceptional:
    """An exception: its lines, why, what its owner says, and what contributed."""

    measure_id: str
    anchor: str
    title: str
    lines: tuple[Line, ...]
    because: tuple[str, ...]
    remarks: tuple[Remark, ...]
    missing_text: str | None
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True)
class Decision:
    """A decision of the Board."""

    decision_ref: str
    anchor: str | None
    measure_title: str | None
    decision: str
    owner_role: str
    decided_text: str
    due_text: str
    status: str
    is_overdue: bool
    outcome: str | None
    note: str | None


@dataclass(frozen=True)
class Point:
    """A point of a trend; limits are null where the measure is not charted."""

    month: dt.date
    month_text: str
    value: float
    value_text: str
    centre: float | None
    lower: float | None
    upper: float | None
    target: float | None
    signal: str
    # Of the signal: improvement, concern, high, low.
    variation: str | None
    limit_group: int


@dataclass(frozen=True)
class Break:
    """A month at which a series begins anew, and why."""

    month: dt.date
    text: str


@dataclass(frozen=True)
class Trend:
    """A measure over time on one basis; `has_limits` where it is a control chart."""

    title: str
    unit: str
    better: str
    decimals: int
    basis: str
    points: tuple[Point, ...]
    breaks: tuple[Break, ...]
    has_limits: bool
    target_text: str | None
    variation_text: str | None
    assurance_text: str | None
    note: str | None
    message: str


@dataclass(frozen=True)
class PeriodFigure:
    """A figure of the data table: one basis, or one month."""

    period_text: str
    value: float | None
    value_text: str
    count_text: str | None
    interval_text: str | None
    last_year_text: str | None
    change_text: str | None
    note: str | None
    # The same as numbers, for a workbook.
    basis: str
    month: dt.date
    numerator: float | None
    denominator: float | None
    lower: float | None
    upper: float | None
    last_year: float | None
    change: float | None


@dataclass(frozen=True)
class Borough:
    """A borough beside the others: its year, rank 1 the best (or the highest), and its funnel limits."""

    area_id: str
    title: str
    value: float | None
    value_text: str
    count_text: str | None
    rank: int | None
    lower_95: float | None
    upper_95: float | None
    lower_998: float | None
    upper_998: float | None
    flag: str | None
    flag_text: str
    # worse, better, neither; none within the limits.
    side: str
    change_text: str | None
    note: str | None


@dataclass(frozen=True)
class Boroughs:
    """The boroughs of a measure, ranked. `chosen` is the borough of the pack."""

    title: str
    unit: str
    decimals: int
    better: str
    basis_text: str
    rows: tuple[Borough, ...]
    together: float | None
    together_text: str | None
    has_limits: bool
    chosen: str | None
    message: str
    # What to know of some of them.
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Peer:
    """A group of areas that the pack's area stands in; `rows` from the best or highest on, none of all boroughs."""

    title: str
    unit: str
    value: float
    value_text: str
    rest: float | None
    rest_text: str | None
    rank_text: str
    flag_text: str | None
    rows: tuple[tuple[str, str], ...]
    # All of it in words.
    text: str


@dataclass(frozen=True)
class GapPoint:
    """A point of an equality gap."""

    month: dt.date
    gap: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class Gap:
    """An equality gap over rolling years: how far what a group is held against is above it, whichever is better."""

    title: str
    unit: str
    # The latest; points end before it where it has no figure.
    month: dt.date
    points: tuple[GapPoint, ...]
    of_group_text: str
    compared_text: str
    value: float | None
    value_text: str
    interval_text: str | None
    trend: str | None
    trend_text: str
    base_text: str | None
    reason: str | None
    message: str


@dataclass(frozen=True)
class Balance:
    """The measure to read beside one."""

    measure_id: str
    # Its panel, when it has one in this pack.
    anchor: str | None
    title: str
    text: str


@dataclass(frozen=True)
class Panel:
    """Everything of one measure."""

    measure_id: str
    anchor: str
    title: str
    lines: tuple[Line, ...]
    definition: str
    owner: str
    tier_text: str
    statutory_code: str | None
    reviewed_text: str
    trend: Trend | None
    figures: tuple[PeriodFigure, ...]
    months: tuple[PeriodFigure, ...]
    boroughs: Boroughs | None
    peers: tuple[Peer, ...]
    gaps: tuple[Gap, ...]
    balance: Balance | None
    sources: tuple[str, ...]
    caveats: tuple[str, ...]
    remarks: tuple[Remark, ...]
    # Why there is no figure.
    reason: str | None


@dataclass(frozen=True)
class Milestone:
    """A milestone as it stands."""

    programme: str
    title: str
    owner: str
    original_due: dt.date
    current_due: dt.date
    completed: dt.date | None
    original_due_text: str
    current_due_text: str
    completed_text: str | None
    slip_days: int
    slip_text: str
    status: str
    owner_status: str | None
    is_due_this_quarter: bool
    is_due_next_quarter: bool
    note: str | None


@dataclass(frozen=True)
class Milestones:
    """The milestones, by what a reader asks of them; `counts` by status."""

    slipped: tuple[Milestone, ...]
    this_quarter: tuple[Milestone, ...]
    next_quarter: tuple[Milestone, ...]
    every: tuple[Milestone, ...]
    counts: dict[str, int]


@dataclass(frozen=True)
class Restated:
    """Figures of a measure that are not as an earlier pack gave them, for one cause."""

    title: str
    cause_text: str
    figures: int
    scope_text: str
    explanation: str


@dataclass(frozen=True)
class RestatedVerdict:
    """A verdict, or its level, that is not as an earlier pack gave it."""

    title: str
    area_text: str
    month_text: str
    before_text: str
    after_text: str
    is_flipped: bool
    cause_text: str
    explanation: str


@dataclass(frozen=True)
class Extract:
    """The latest delivery of an extract from one source."""

    extract: str
    source: str
    file_name: str
    to_text: str
    months_behind: int
    received_text: str
    rows_received: int
    rows_quarantined: int
    note: str | None


@dataclass(frozen=True)
class Quarantined:
    """Rows set aside, that wait to be mended."""

    extract: str
    file_name: str
    meaning: str
    rows: int


@dataclass(frozen=True)
class Quality:
    """What the figures rest on, and what is wrong with it."""

    status: str
    provisional_because: str | None
    provisional: tuple[Line, ...]
    extracts: tuple[Extract, ...]
    quarantined: tuple[Quarantined, ...]
    failed: tuple[str, ...]
    checks_text: str
    refused: tuple[str, ...]


@dataclass(frozen=True)
class YearToDate:
    """A measure in the year so far beside the same months of last year."""

    anchor: str
    title: str
    objective: str
    value: float | None
    value_text: str
    count_text: str | None
    last_year_text: str
    change_text: str
    target_text: str
    target_status_text: str | None
    verdict: str
    verdict_text: str
    # What the verdict is of, where that is not the year to date.
    judged_text: str | None
    note: str | None


@dataclass(frozen=True)
class Pack:
    """A pack."""

    selection: Selection
    title: str
    subtitle: str
    month: dt.date
    month_text: str
    year_text: str
    plan_text: str
    release_id: str
    built_at: dt.datetime
    built_text: str
    code_version: str
    # Printed on every page; None for real data.
    sample_text: str | None
    status_text: str
    provisional_because: str | None
    targets_text: str
    sections: tuple[str, ...]
    headline: tuple[str, ...]
    tiers: tuple[TierCount, ...]
    comparison: Comparison
    asked: tuple[Asked, ...]
    objectives: tuple[Objective, ...]
    exception_rule: str
    exceptions: tuple[Exceptional, ...]
    open_decisions: tuple[Decision, ...]
    closed_decisions: tuple[Decision, ...]
    panels: tuple[Panel, ...]
    milestones: Milestones | None
    year_to_date: tuple[YearToDate, ...]
    restated: tuple[Restated, ...]
    restated_verdicts: tuple[RestatedVerdict, ...]
    quality: Quality
    methods: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for objective in self.objectives for line in objective.lines)
