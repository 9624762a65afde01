"""What a pack says: every figure of it, in words for people, from one release.

Here: the parts of a pack as frozen dataclasses, and how they are made from the marts.
Belongs here: what is shown, in which order, and the sentence it is said in.
Does not belong here: how a number is rounded (`words.py`), what is drawn (`charts.py`), pages (`html.py`).

A text that ends in `_text` is printed as it is; beside it stands the raw value where a chart or a table needs one.
Texts that people delivered (commentary, names, decisions) pass through unchanged: who prints them escapes them.
"""

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from orchestration.board_pack import words
from orchestration.board_pack.marts import FORCE, Marts, Row, Rows, read_marts

EDITIONS = ("monthly", "quarterly")
SECTIONS = {
    "monthly": ("front", "scorecard", "exceptions", "decisions", "milestones", "measures", "restatements", "quality")
    + ("methods",),
    "quarterly": ("front", "milestones", "year_to_date", "scorecard", "exceptions", "decisions", "measures")
    + ("restatements", "quality", "methods"),
}
MONTHS_IN_TABLE = 13
# Boroughs, or groups, that are named on each side of a change.
CONTRIBUTORS_NAMED = 5
# Parts are those of the whole when they add up to it: survey weights are kept to three decimals.
ADDS_UP = 1e-6
VERDICT_ORDER = tuple(words.VERDICTS)
EXCEPTION_RULE = (
    "A line is an exception when its target is not met or behind its profile; when a year that still runs is off track;"
    " when its control chart shows a change of concern; when a group of people falls further behind"
    " (its equality gap widens by more than sampling error); or when a critical performance area's target cannot be"
    " judged. In a borough's pack also when the borough lies beyond the 99.8 % funnel limit on the worse side."
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
    cpa_heading: str | None
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
    certainty: str | None
    certainty_text: str | None
    variation: str | None
    variation_text: str | None
    assurance: str | None
    assurance_text: str | None
    outlook: str | None
    outlook_text: str | None
    change: float | None
    # better, worse, neither or none.
    direction: str
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


@dataclass(frozen=True)
class Peer:
    """A group of areas that the pack's area stands in."""

    title: str
    is_substitute: bool
    area_text: str
    rest_text: str | None
    rank_text: str
    flag_text: str | None
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class GapPoint:
    """A point of an equality gap."""

    month: dt.date
    month_text: str
    gap: float
    gap_text: str
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class Gap:
    """An equality gap: one group held against another, over rolling years."""

    title: str
    unit: str
    points: tuple[GapPoint, ...]
    of_group_text: str
    compared_text: str
    gap_text: str
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
    verdict: str
    verdict_text: str
    note: str | None


@dataclass(frozen=True)
class Pack:
    """A pack."""

    selection: Selection
    title: str
    subtitle: str
    area_title: str
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


def read_pack(database: Path, selection: Selection) -> Pack:
    """The pack of a release, from its database; raises `NothingToShow` when the selection has none."""
    if selection.edition not in EDITIONS:
        raise NothingToShow(f"There is no edition {selection.edition!r}: {words.listed(EDITIONS)}.")
    if selection.area and selection.business_group:
        raise NothingToShow("A pack is for an area or for a business group, not for both.")
    return _Author(read_marts(database, selection.area or FORCE), selection).pack()


class _Author:
    """Writes one pack from the rows it rests on."""

    def __init__(self, marts: Marts, selection: Selection) -> None:
        self.marts = marts
        self.selection = selection
        self.area = selection.area or FORCE
        self.month: dt.date = marts.release["reporting_month"]
        self.is_force = self.area == FORCE
        boroughs = [area_id for area_id, area in marts.areas.items() if area["area_type"] == "borough"]
        if not self.is_force and self.area not in boroughs:
            raise NothingToShow(f"There is no borough {self.area!r}. There are: {', '.join(boroughs)}.")
        self.rows = self._scorecard_rows()
        self.anchors = {row["measure_id"]: f"measure-{row['measure_id']}" for row in self.rows}

    # What is in the pack.

    def _scorecard_rows(self) -> Rows:
        """The lines of the scorecard, with those of an area in place of the force's, or those a group answers for."""
        rows = self.marts.scorecard
        group = self.selection.business_group
        if group is not None:
            groups = sorted({_group(row["owner"]) for row in rows if row["owner"]})
            rows = [row for row in rows if _group_key(row["owner"]) == _group_key(group)]
            if not rows:
                raise NothingToShow(
                    f"No measure in force is answered for by a business group {group!r}."
                    f" There are: {'; '.join(groups)}."
                )
        return rows if self.is_force else [line for row in self._one_per_measure(rows) for line in self._of_area(row)]

    @staticmethod
    def _one_per_measure(rows: Rows) -> Rows:
        return list({row["measure_id"]: row for row in reversed(rows)}.values())[::-1]

    def _of_area(self, row: Row) -> Rows:
        """The lines of a measure in an area: one per target of its own, else its figure without a verdict."""
        measure_id = row["measure_id"]
        charted = self.marts.charts.get(measure_id, [])
        latest = charted[-1] if charted else {}
        seen = {
            "variation": latest.get("variation"),
            "assurance": latest.get("assurance"),
            "chart_note": latest.get("note"),
            "improves_on_outturn": None,
            "reading": None,
        }
        own = [verdict for verdict in self.marts.verdicts.values() if verdict["measure_id"] == measure_id]
        if own:
            return [{**row, **verdict, **seen} for verdict in own]
        blank = dict.fromkeys(
            ["target_id", "target_status", "rule", "amount", "baseline", "threshold", "expected_by_now"]
            + ["gap_to_target", "verdict_stage", "certainty", "detectable_change", "outlook", "outlook_probability"]
            + ["outlook_reason", "projected_year_end", "required_run_rate", "verdict_otherwise", "parts_judged"]
            + ["parts_met", "provisional_because"]
        )
        found = [
            result
            for basis in ("financial_year_to_date", "rolling_12_months", "quarter", "month")
            if (result := self.marts.results.get((measure_id, basis, self.month)))
        ]
        shown = next((result for result in found if result["value"] is not None), found[0] if found else None)
        return [
            {
                **row,
                **blank,
                **seen,
                "population_group": "all",
                "period_basis": shown and shown["period_basis"],
                "compared_month": shown and shown["period_month"],
                "source": shown and shown["source"],
                "value": shown and shown["value"],
                "verdict": "no_target" if shown and shown["value"] is not None else "not_measurable",
                "is_provisional": False,
                "is_settled": shown is None or bool(shown["is_settled"]),
                "rows_quarantined": shown and shown["rows_quarantined"],
                "reason": shown["reason"] if shown else "no figure for this borough",
            }
        ]

    def pack(self) -> Pack:
        """All of it."""
        marts, selection = self.marts, self.selection
        lines = [self._line(row) for row in self.rows]
        by_measure: dict[str, list[Line]] = {}
        for line in lines:
            by_measure.setdefault(line.measure_id, []).append(line)
        exceptions = tuple(
            self._exceptional(of_measure)
            for of_measure in by_measure.values()
            if any(line.exception_because for line in of_measure)
        )
        decisions = [self._decision(row) for row in marts.decisions if self._is_of_pack(row["measure_id"])]
        open_decisions = tuple(decision for decision in decisions if decision.status == "open")
        asked = self._asked(by_measure, open_decisions)
        comparison = self._comparison()
        tiers = self._tiers(lines)
        area_title = marts.areas[self.area]["title"]
        group = _group(self.rows[0]["owner"]) if selection.business_group else None
        release = marts.release
        month = marts.months[self.month]
        is_synthetic = release["data_kind"] != "real"
        return Pack(
            selection=selection,
            title="Quarterly performance report" if selection.edition == "quarterly" else "Performance Board pack",
            subtitle=f"{group or area_title}, {words.month(self.month)}",
            area_title=group or area_title,
            month=self.month,
            month_text=words.month(self.month),
            year_text=f"{month['financial_year']}, quarter {month['quarter_of_financial_year']}",
            plan_text=marts.plan["title"]
            + (" (carried over: no plan lists measures for this month)" if self.rows[0]["is_carried_over"] else ""),
            release_id=release["release_id"],
            built_at=release["built_at"],
            built_text=words.day(release["built_at"].date()),
            code_version=release["code_version"],
            sample_text="SYNTHETIC SAMPLE" if is_synthetic else None,
            status_text="Provisional" if release["status"] == "provisional" else "Final",
            provisional_because=release["provisional_because"],
            targets_text=f"targets known on {words.day(release['targets_known_on'])}",
            sections=self._sections(),
            headline=self._headline(tiers, exceptions, asked, comparison),
            tiers=tiers,
            comparison=comparison,
            asked=asked,
            objectives=self._objectives(lines),
            exception_rule=EXCEPTION_RULE,
            exceptions=exceptions,
            open_decisions=open_decisions,
            closed_decisions=tuple(decision for decision in decisions if decision.status != "open"),
            panels=tuple(self._panel(of_measure) for of_measure in by_measure.values()),
            milestones=self._milestones() if self.is_force else None,
            year_to_date=tuple(self._year_to_date(line) for line in lines),
            restated=self._restated(),
            restated_verdicts=self._restated_verdicts(),
            quality=self._quality(lines),
            methods=METHODS,
            notes=self._notes(),
        )

    def _sections(self) -> tuple[str, ...]:
        return tuple(
            name
            for name in SECTIONS[self.selection.edition]
            if self.is_force or name not in ("milestones", "decisions")
        )

    def _notes(self) -> tuple[str, ...]:
        if self.selection.area:
            return (
                "A borough's pack: verdicts are of targets the borough has of its own; the force's targets are not held"
                " against one borough. Commentary, decisions and milestones are the force's and not repeated here.",
            )
        if self.selection.business_group:
            return ("The measures this business group answers for, with the force's figures.",)
        return ()

    def _is_of_pack(self, measure_id: str | None) -> bool:
        """Whether what is said of a measure belongs into this pack."""
        if not self.is_force:
            return False
        return measure_id in self.anchors or (measure_id is None and self.selection.business_group is None)

    # The scorecard.

    def _line(self, row: Row) -> Line:
        measure = self.marts.measures[row["measure_id"]]
        result = self._result(row)
        verdict = self.marts.verdicts.get((row["target_id"], row["population_group"]), {})
        value, threshold = row["value"], row["threshold"]
        usual = words.usual_decimals(row["unit"], measure["measure_type"])
        usual = words.visible_decimals(usual, value, threshold)
        judged = verdict.get("judged_value")
        lower, upper = (result["lower_95"], result["upper_95"]) if result else (None, None)
        decimals = max(
            words.telling_decimals(usual, threshold, value, judged, lower, upper),
            words.telling_decimals(usual, row["expected_by_now"], value, judged),
        )
        change, direction, direction_text = self._direction(result, measure)
        line = Line(
            measure_id=row["measure_id"],
            anchor="line-" + "-".join([row["measure_id"], row["target_id"] or "none", row["population_group"]]),
            title=self._line_title(row),
            tier=row["tier"],
            tier_text=words.TIERS.get(row["tier"]) or row["tier"],
            owner=row["owner"] or "no owner named",
            objective=row["objective"] or "",
            objective_title=row["objective_title"] or row["pack_section"] or "Not in the plan",
            cpa_heading=row["cpa_heading"],
            unit=row["unit"],
            better=row["better"],
            value=value,
            value_text="no figure" if value is None else words.figure(value, row["unit"], decimals),
            count_text=_count(result, measure),
            interval_text=_interval(lower, upper, row["unit"], decimals),
            basis=row["period_basis"],
            basis_text=(
                words.window(row["period_basis"], row["compared_month"], result["window_from"] if result else None)
                if value is not None
                else None
            ),
            target_id=row["target_id"],
            threshold=threshold,
            threshold_text=None if threshold is None else words.figure(threshold, row["unit"], decimals),
            target_text=self._target_text(row, decimals),
            target_status_text=words.TARGET_STATUSES.get(row["target_status"]),
            judged_text=(
                f"judged on {words.figure(judged, row['unit'], decimals)}, the part of it that is comparable"
                if judged is not None and value is not None and abs(judged - value) >= words.NO_DIFFERENCE
                else None
            ),
            gap_text=_gap_to_target(value if judged is None else judged, threshold, row["unit"], usual),
            verdict=row["verdict"],
            verdict_text=words.VERDICTS[row["verdict"]],
            stage_text=words.STAGES.get(row["verdict_stage"]) if row["verdict"] != "not_measurable" else None,
            certainty=row["certainty"],
            certainty_text=self._certainty_text(row, verdict, usual),
            variation=row["variation"],
            variation_text=words.VARIATIONS.get(row["variation"]),
            assurance=row["assurance"],
            assurance_text=words.ASSURANCES.get(row["assurance"]),
            outlook=row["outlook"],
            outlook_text=_outlook_text(row),
            change=change,
            direction=direction,
            direction_text=direction_text,
            beside_text=self._beside(row["measure_id"], usual) if not self.is_force else None,
            is_provisional=bool(row["is_provisional"]),
            provisional_text=row["provisional_because"] if row["is_provisional"] else None,
            is_settled=row["is_settled"] is not False,
            notes=self._line_notes(row, result, usual),
            exception_because=(),
        )
        return replace(line, exception_because=self._exception_because(line))

    def _line_title(self, row: Row) -> str:
        """The measure's name, with the group or the years of the target where that tells two targets apart."""
        title = str(row["title"])
        target = self.marts.targets.get(row["target_id"])
        if target and sum(other["measure_id"] == row["measure_id"] for other in self.rows) > 1:
            title += f", {_years(target['window_from'], target['window_to'])}"
        if row["population_group"] != "all":
            title += f" ({_group_title(row['population_group'])})"
        return title

    def _result(self, row: Row) -> Row | None:
        """The figure of a line among the results, for its counts, interval and change."""
        if row["period_basis"] is None or row["compared_month"] is None:
            return None
        key = (row["measure_id"], row["period_basis"], row["compared_month"])
        if row["population_group"] == "all":
            return self.marts.results.get(key)
        groups = self.marts.groups.get(key, [])
        return next((group for group in groups if group["population_group"] == row["population_group"]), None)

    def _target_text(self, row: Row, decimals: int) -> str:
        """What the target asks for: "at most 3,567 casualties (down 3 % on 3,677)"."""
        rule, amount, baseline, threshold = row["rule"], row["amount"], row["baseline"], row["threshold"]
        if row["target_id"] is None:
            return "no target"
        if rule == "monitor":
            return "monitored, no level set"
        level = None if threshold is None else words.figure(threshold, row["unit"], decimals)
        before = "no figure to compare with" if baseline is None else words.figure(baseline, row["unit"], decimals)
        match rule:
            case "at_least" | "by_date":
                return f"at least {level}"
            case "at_most":
                return f"at most {level}"
            case "more_than":
                return f"more than {level}"
            case "relative_change" | "point_change":
                wants_more = amount > 0 or (amount == 0 and row["better"] == "higher")
                asked = f"{abs(amount):g}" + (
                    f"{words.NBSP}%" if rule == "relative_change" else f"{words.NBSP}point{'s' * (abs(amount) != 1)}"
                )
                words_of_change = f"{'up' if amount > 0 else 'down'} {asked} on {before}" if amount else f"as {before}"
                return (
                    f"at {'least' if wants_more else 'most'} {level} ({words_of_change})" if level else words_of_change
                )
            case "improve":
                side = "above" if row["better"] == "higher" else "below"
                return f"better than the year before: {side} {level}" if level else "better than the year before"
            case "every_area_improves":
                return "every area better than the year before"
        return f"{rule.replace('_', ' ')} {level or ''}".strip()

    def _certainty_text(self, row: Row, verdict: Row, usual: int) -> str | None:
        if row["certainty"] is None:
            return None
        said = words.CERTAINTIES[row["certainty"]]
        lower, upper = verdict.get("change_lower_95"), verdict.get("change_upper_95")
        if lower is not None and upper is not None and row["certainty"] in ("clear", "too_close_to_call"):
            amount = row["amount"] or 0.0
            decimals = words.telling_decimals(usual, amount, lower, upper)
            said += (
                f": the change is between {_signed(lower, decimals)} and {_signed(upper, decimals)} at 95{words.NBSP}%"
                f" certainty, against {_signed(amount, 0 if amount == int(amount) else usual)} asked"
            )
        if row["certainty"] == "too_close_to_call" and row["detectable_change"] is not None:
            least = words.number(row["detectable_change"], words.telling_decimals(usual, 0.0, row["detectable_change"]))
            said += f"; a change of {least} would have shown"
        return said

    def _direction(self, result: Row | None, measure: Row) -> tuple[float | None, str, str]:
        """Change on the same period last year: raw, whether that is better, and in words."""
        change = result.get("change") if result else None
        if result is None or change is None:
            return None, "none", "no comparison with last year"
        is_share = measure["measure_type"] not in ("count", "rate", "money")
        percent = result["change_percent"]
        usual = words.usual_decimals(measure["unit"], measure["measure_type"])
        if is_share or percent is None:
            said, bounds = words.change(change, measure["unit"], usual), ("change_lower_95", "change_upper_95")
        else:
            said, bounds = words.percent_change(percent), ("change_percent_lower_95", "change_percent_upper_95")
        said += " on last year"
        if result["comparison"] == "same_age":
            said += " at the same age"
        if abs(change) < words.NO_DIFFERENCE:
            return change, "neither", said
        direction = "neither"
        if measure["better"] in ("higher", "lower"):
            direction = "better" if (change > 0) == (measure["better"] == "higher") else "worse"
            said += f" ({direction})"
        lower, upper = (result[bound] for bound in bounds)
        if lower is not None and upper is not None and lower <= 0 <= upper:
            said += ", within chance"
        return change, direction, said

    def _line_notes(self, row: Row, result: Row | None, usual: int) -> tuple[str, ...]:
        """What to know of a line, beyond its figures."""
        unit = row["unit"]
        notes = [row["reason"]]
        if row["expected_by_now"] is not None and row["value"] is not None:
            decimals = words.telling_decimals(usual, row["expected_by_now"], row["value"])
            notes.append(f"by now {words.figure(row['expected_by_now'], unit, decimals)} would be usual")
        if row["verdict_otherwise"] and row["verdict_otherwise"] != row["verdict"]:
            notes.append(f"under the other reading of the target: {words.VERDICTS[row['verdict_otherwise']].lower()}")
        if row["improves_on_outturn"] is False:
            notes.append("meeting this target would not improve on last year's outturn")
        if row["proxy_for"]:
            other = self.marts.measures.get(row["proxy_for"], {}).get("title", row["proxy_for"])
            notes.append(f"stands in for “{other}”; its verdict is not the verdict of that measure")
        if result and result.get("is_small_base"):
            notes.append("fewer than 100 answered: read with care")
        if result and result.get("is_published_value"):
            notes.append("a percentage as published, without the count behind it")
        if row["required_run_rate"] is not None and row["verdict"] in ("ahead", "behind", "not_met"):
            rate = words.figure(row["required_run_rate"], unit, max(usual, 1))
            notes.append(f"the remaining months must average {rate} to meet it")
        return tuple(note for note in notes if note)

    def _beside(self, measure_id: str, usual: int) -> str | None:
        """A borough's place among all of them."""
        rows = self.marts.boroughs.get(measure_id, [])
        own = next((row for row in rows if row["area_id"] == self.area), None)
        if own is None or own["value"] is None or own["rank_in_group"] is None:
            return None
        return (
            f"rank {own['rank_in_group']} of {own['units']} boroughs in the year;"
            f" boroughs together {words.number(own['group_value'], usual)},"
            f" this one {words.number(own['value'], usual)}"
        )

    def _exception_because(self, line: Line) -> tuple[str, ...]:
        because = []
        if line.verdict in ("not_met", "behind"):
            because.append(f"target {line.verdict_text.lower()}")
        if line.outlook == "off_track" and line.stage_text != words.STAGES["final"]:
            because.append("year-end outlook off track")
        if line.variation == "concern":
            because.append("control chart shows a change of concern")
        for gap in self.marts.gaps.get(line.measure_id, []):
            if gap["period_month"] == self.month and gap["trend"] == "widening":
                because.append(f"the gap of {_group_title(gap['population_group'])} widens")
        if line.tier == "cpa" and line.target_id and line.verdict == "not_measurable":
            because.append("target of a critical performance area cannot be judged")
        if not self.is_force:
            own = [row for row in self.marts.boroughs.get(line.measure_id, []) if row["area_id"] == self.area]
            if any(
                str(row["funnel_flag"]).endswith("_998") and _side(row["funnel_flag"], line.better) == "worse"
                for row in own
            ):
                because.append("beyond the 99.8 % funnel limit on the worse side")
        return tuple(because)

    def _objectives(self, lines: list[Line]) -> tuple[Objective, ...]:
        grouped: dict[tuple[str, str], list[Line]] = {}
        for line in lines:
            grouped.setdefault((line.objective, line.objective_title), []).append(line)
        return tuple(Objective(letter, title, tuple(found)) for (letter, title), found in grouped.items())

    @staticmethod
    def _tiers(lines: list[Line]) -> tuple[TierCount, ...]:
        tiers = [tier for tier in words.TIERS if any(line.tier == tier for line in lines)]
        tiers += sorted({line.tier for line in lines} - set(tiers))
        counted = []
        for tier in tiers:
            of_tier = [line for line in lines if line.tier == tier]
            found = Counter(line.verdict for line in of_tier)
            counts = {verdict: found[verdict] for verdict in VERDICT_ORDER}
            provisional = sum(line.is_provisional for line in of_tier)
            counted.append(TierCount(tier, words.TIERS.get(tier) or tier, counts, provisional))
        return tuple(counted)

    # The front page.

    def _headline(
        self,
        tiers: tuple[TierCount, ...],
        exceptions: tuple[Exceptional, ...],
        asked: tuple[Asked, ...],
        comparison: Comparison,
    ) -> tuple[str, ...]:
        """The sentences a reader can stop at."""
        said = []
        for tier in tiers:
            judged = sum(tier.counts[verdict] for verdict in ("met", "not_met", "ahead", "behind"))
            if judged:
                good = tier.counts["met"] + tier.counts["ahead"]
                said.append(f"{tier.tier_text}s: {good} of {words.counted(judged, 'judged target')} met or ahead.")
        missing = sum(exception.missing_text is not None for exception in exceptions)
        said.append(
            f"{words.counted(len(exceptions), 'exception')}"
            + (f", {missing} of them without their owner's commentary." if missing else ".")
        )
        worse = sum(change.kind == "worse" for change in comparison.changes)
        better = sum(change.kind == "better" for change in comparison.changes)
        if comparison.changes or comparison.unchanged:
            said.append(f"{comparison.since_text}: {words.counted(better, 'verdict')} better, {worse} worse.")
        if not self.is_force:
            beyond = [
                (measure_id, row["funnel_flag"])
                for measure_id in self.anchors
                for row in self.marts.boroughs.get(measure_id, [])
                if row["area_id"] == self.area and str(row["funnel_flag"]).endswith("_998")
            ]
            sides = Counter(_side(flag, self.marts.measures[measure_id]["better"]) for measure_id, flag in beyond)
            said.append(
                f"Beside the other boroughs: {words.counted(sides['worse'], 'measure')} beyond the 99.8{words.NBSP}%"
                f" funnel limit on the worse side, {sides['better']} on the better side."
            )
        if self.is_force:
            said.append(f"{words.counted(len(asked), 'matter')} for the Board to decide or take up.")
        return tuple(said)

    def _comparison(self) -> Comparison:
        """What changed since the pack of the month before, from what each release said."""
        if not self.is_force:
            return Comparison("No earlier packs of a borough are kept to compare with", (), 0)
        this = self.marts.release["release_id"]

        def said(rows: Iterable[Row]) -> dict[tuple[str, str | None, str], Row]:
            return {(row["measure_id"], row["target_id"], row["population_group"]): row for row in rows}

        after = said(row for row in self.marts.reported if row["release_id"] == this)
        before = said(row for row in self.marts.reported if row["release_id"] != this)
        if not before:
            return Comparison("No earlier month has a pack to compare with", (), 0)
        first = next(iter(before.values()))
        since = f"Since the pack of {words.month(first['reporting_month'])} ({first['release_id']})"
        if _months_between(first["reporting_month"], self.month) > 1:
            since += ", the latest before this month's"
        changes, unchanged = [], 0
        for key in [*after, *(key for key in before if key not in after)]:
            if key[0] not in self.anchors and key in after:
                continue
            old, new = before.get(key), after.get(key)
            if old and new and old["verdict"] == new["verdict"]:
                unchanged += 1
                continue
            measure = self.marts.measures.get(key[0], {})
            if self.selection.business_group and _group_key(measure.get("owner")) != _group_key(
                self.selection.business_group
            ):
                continue
            changes.append(
                Change(
                    anchor=self.anchors.get(key[0]),
                    title=self._target_title(key[0], key[1]),
                    kind=_kind_of_change(old, new),
                    before_text=self._reported_text(old, "not in that pack"),
                    after_text=self._reported_text(new, "no longer in the pack"),
                )
            )
        order = ["worse", "better", "other", "new", "gone"]
        return Comparison(since, tuple(sorted(changes, key=lambda change: order.index(change.kind))), unchanged)

    def _target_title(self, measure_id: str, target_id: str | None) -> str:
        """A measure's name, with the years of the target, whichever pack it was in."""
        title = str(self.marts.measures.get(measure_id, {}).get("title", measure_id))
        target = self.marts.targets.get(target_id)
        return f"{title}, {_years(target['window_from'], target['window_to'])}" if target else title

    def _reported_text(self, row: Row | None, absent: str) -> str:
        if row is None:
            return absent
        said = words.VERDICTS[row["verdict"]]
        if row["value"] is None:
            return said
        measure = self.marts.measures.get(row["measure_id"], {"unit": "", "measure_type": ""})
        usual = words.usual_decimals(measure["unit"], measure["measure_type"])
        decimals = words.telling_decimals(usual, row["threshold"], row["value"])
        return f"{said}: {words.figure(row['value'], measure['unit'], decimals)}"

    def _asked(self, by_measure: dict[str, list[Line]], decisions: tuple[Decision, ...]) -> tuple[Asked, ...]:
        """Decisions that commentary of the month asks for, and decisions of the Board that are overdue."""
        asked = []
        if self.is_force:
            for measure_id in by_measure:
                for row in self.marts.commentary.get(measure_id, []):
                    if row["period_month"] == self.month and row["decision_asked"]:
                        asked.append(
                            Asked(
                                self.anchors[measure_id],
                                self.marts.measures[measure_id]["title"],
                                row["decision_asked"],
                                f"asked by {row['author_role']}, {words.day(row['written_on'])}",
                            )
                        )
        for decision in decisions:
            if decision.is_overdue:
                asked.append(
                    Asked(
                        decision.anchor,
                        decision.measure_title or f"Decision {decision.decision_ref}",
                        decision.decision,
                        f"overdue: was {decision.due_text}; {decision.owner_role}",
                    )
                )
        return tuple(asked)

    # Exceptions.

    def _exceptional(self, lines: list[Line]) -> Exceptional:
        first = lines[0]
        because = list(dict.fromkeys(reason for line in lines for reason in line.exception_because))
        remarks = tuple(
            remark for remark in self._remarks(first.measure_id) if remark.month_text == words.month(self.month)
        )
        missing = None
        if self.is_force and not remarks:
            earlier = self._remarks(first.measure_id)
            missing = f"No commentary of {words.month(self.month)} was delivered."
            if earlier:
                missing += f" The latest is of {earlier[0].month_text}."
        return Exceptional(
            measure_id=first.measure_id,
            anchor=self.anchors[first.measure_id],
            title=str(self.marts.measures[first.measure_id]["title"]),
            lines=tuple(lines),
            because=tuple(because),
            remarks=remarks,
            missing_text=missing,
            contributions=self._contributions(first) if self.is_force else (),
        )

    def _remarks(self, measure_id: str) -> tuple[Remark, ...]:
        if not self.is_force:
            return ()
        return tuple(
            Remark(
                author_role=row["author_role"],
                written_on=row["written_on"],
                written_text=words.day(row["written_on"]),
                month_text=words.month(row["period_month"]),
                text=row["commentary"],
                decision_asked=row["decision_asked"],
            )
            for row in self.marts.commentary.get(measure_id, [])
        )

    def _contributions(self, line: Line) -> tuple[Contribution, ...]:
        """Which boroughs, and which groups of the measure's own, made the change on last year.

        Of the year to date where there is one, or the line's own figure. Groups only where they add up to the measure:
        those of people asked, for instance, do not when some gave none.
        """
        measure = self.marts.measures[line.measure_id]
        basis = "financial_year_to_date" if line.basis == "month" else line.basis
        month = self.month
        whole = self.marts.results.get((line.measure_id, basis or "", month))
        before = self.marts.results.get((line.measure_id, basis or "", _year_before(month)))
        if whole is None or before is None or whole["value"] is None or before["value"] is None:
            return (Contribution("boroughs", "There is no change on last year to share out."),)
        if whole["change"] is None:
            return (Contribution("boroughs", "The year before is not comparable, so no change is shared out."),)
        parts = self.marts.parts
        now, then = (
            {row["title"]: row for row in parts.get((line.measure_id, basis or "", when), [])}
            for when in (month, _year_before(month))
        )
        found = [
            _shared_out("boroughs", measure, whole, before, now, then)
            or Contribution(
                "boroughs",
                "Figures of boroughs do not add up to this measure, so none is named."
                if now
                else "There are no figures of boroughs.",
            )
        ]
        of_now, of_then = (
            self.marts.groups.get((line.measure_id, basis or "", when), []) for when in (month, _year_before(month))
        )
        for dimension in sorted({row["population_group"].split(":")[0] for row in of_now}):
            shared = _shared_out(
                dimension.replace("_", " "),
                measure,
                whole,
                before,
                *(
                    {
                        _group_title(row["population_group"]): row
                        for row in rows
                        if row["population_group"].split(":")[0] == dimension
                    }
                    for rows in (of_now, of_then)
                ),
            )
            if shared:
                found.append(shared)
        return tuple(found)

    def _decision(self, row: Row) -> Decision:
        due = "no day set" if row["due_on"] is None else f"due {words.day(row['due_on'])}"
        return Decision(
            decision_ref=row["decision_ref"],
            anchor=self.anchors.get(row["measure_id"]),
            measure_title=self.marts.measures.get(row["measure_id"], {}).get("title"),
            decision=row["decision"],
            owner_role=row["owner_role"],
            decided_text=words.day(row["decided_on"]),
            due_text=due,
            status=row["status"],
            is_overdue=bool(row["is_overdue"]),
            outcome=(row["outcome"] or None)
            and row["outcome"] + (f" (closed {words.day(row['closed_on'])})" if row["closed_on"] else ""),
            note=row["note"],
        )

    # Panels.

    def _panel(self, lines: list[Line]) -> Panel:
        first = lines[0]
        measure = self.marts.measures[first.measure_id]
        has_figure = any(line.value is not None for line in lines)
        reasons = dict.fromkeys(note for line in lines if line.value is None for note in line.notes)
        return Panel(
            measure_id=first.measure_id,
            anchor=self.anchors[first.measure_id],
            title=str(measure["title"]),
            lines=tuple(lines),
            definition=measure["definition"],
            owner=first.owner,
            tier_text=first.tier_text,
            statutory_code=measure["statutory_code"],
            reviewed_text=_reviewed(measure),
            trend=self._trend(first, measure),
            figures=self._figures(first, measure),
            months=self._months(first, measure),
            boroughs=self._boroughs(measure),
            peers=self._peers(measure),
            gaps=self._gaps(measure),
            balance=self._balance(measure),
            sources=self._sources(first, measure),
            caveats=self._caveats(lines, measure),
            remarks=self._remarks(first.measure_id)[:1],
            reason=None if has_figure else ("; ".join(reasons) or "no figure was delivered"),
        )

    def _trend(self, line: Line, measure: Row) -> Trend | None:
        charted = self.marts.charts.get(line.measure_id, [])
        usual = words.usual_decimals(line.unit, measure["measure_type"])
        usual = words.visible_decimals(usual, *(row["value"] for row in charted))
        latest: Row = charted[-1] if charted else {}
        if charted:
            basis = latest["period_basis"]
            limits = [row[name] for row in charted for name in ("lower_limit", "upper_limit")]
            decimals = max(
                words.telling_decimals(usual, latest["target_line"], latest["value"]),
                words.telling_decimals(usual, latest["value"], limits[-1], limits[-2]),
            )
            points = tuple(
                Point(
                    month=row["period_month"],
                    month_text=words.short_month(row["period_month"]),
                    value=row["value"],
                    value_text=words.figure(row["value"], line.unit, decimals),
                    centre=row["centre_line"],
                    lower=row["lower_limit"],
                    upper=row["upper_limit"],
                    target=row["target_line"],
                    signal=row["signal"] or "none",
                    variation=row["variation"],
                    limit_group=row["limit_group"],
                )
                for row in charted
                if row["value"] is not None
            )
        else:
            basis, decimals = "", usual
            points = ()
            # Years to date of a count fall back to nothing every April: they make no line.
            for basis in ("month", "quarter", "rolling_12_months"):
                rows = [
                    row
                    for (measure_id, of, _), row in self.marts.results.items()
                    if measure_id == line.measure_id and of == basis and row["value"] is not None
                ]
                if len(rows) > 1:
                    points = tuple(
                        Point(
                            month=row["period_month"],
                            month_text=words.short_month(row["period_month"]),
                            value=row["value"],
                            value_text=words.figure(row["value"], line.unit, usual),
                            centre=None,
                            lower=None,
                            upper=None,
                            target=None,
                            signal="none",
                            variation=None,
                            limit_group=0,
                        )
                        for row in sorted(rows, key=lambda row: row["period_month"])
                    )
                    break
        if len(points) < 2:
            return None
        target = points[-1].target
        target_text = None if target is None else words.figure(target, line.unit, decimals)
        return Trend(
            title=str(measure["title"]),
            unit=line.unit,
            better=line.better,
            decimals=decimals,
            basis=basis,
            points=points,
            breaks=self._breaks(line.measure_id, points, charted),
            has_limits=bool(charted) and any(point.upper is not None for point in points),
            target_text=target_text,
            variation_text=words.VARIATIONS.get(latest.get("variation", "")),
            assurance_text=words.ASSURANCES.get(latest.get("assurance", "")),
            note=latest.get("note"),
            message=_trend_message(points, basis, line, target_text, latest),
        )

    def _breaks(self, measure_id: str, points: tuple[Point, ...], charted: Rows) -> tuple[Break, ...]:
        """Where the series begins anew within the points, and why."""
        registered = {
            row["break_month"]: row["reason"]
            for row in self.marts.breaks.get(measure_id, [])
            if not charted or row["source"] in (None, charted[-1]["source"])
        }
        sources = {row["period_month"]: row["source"] for row in charted}
        breaks = []
        for before, point in itertools.pairwise(points):
            why = [reason for month, reason in registered.items() if before.month < month <= point.month]
            if not why and before.limit_group != point.limit_group:
                changed = sources.get(before.month) != sources.get(point.month)
                why = ["the source changed" if changed else "limits start anew after a gap"]
            if why:
                breaks.append(Break(point.month, f"{point.month_text}: {words.listed(why)}"))
        return tuple(breaks)

    def _figures(self, line: Line, measure: Row) -> tuple[PeriodFigure, ...]:
        """The figure on every basis at the reporting month."""
        found = (
            self.marts.results.get((line.measure_id, basis, self.month))
            for basis in ("month", "quarter", "financial_year_to_date", "rolling_12_months")
        )
        rows = [row for row in found if row is not None]
        return tuple(
            self._period_figure(
                words.window(row["period_basis"], row["period_month"], row["window_from"]), row, measure, line
            )
            for row in rows
        )

    def _months(self, line: Line, measure: Row) -> tuple[PeriodFigure, ...]:
        """The last months, newest first: those of the basis the measure is delivered for."""
        months = sorted(self.marts.months, reverse=True)
        for basis in ("month", "quarter", "rolling_12_months"):
            rows = [
                row
                for month in months
                if (row := self.marts.results.get((line.measure_id, basis, month))) and row["value"] is not None
            ][:MONTHS_IN_TABLE]
            if rows:
                return tuple(
                    self._period_figure(
                        words.short_month(row["period_month"])
                        if basis == "month"
                        else f"{words.BASES[basis]} to {words.short_month(row['period_month'])}",
                        row,
                        measure,
                        line,
                    )
                    for row in rows
                )
        return ()

    def _period_figure(self, period_text: str, row: Row, measure: Row, line: Line) -> PeriodFigure:
        usual = words.usual_decimals(line.unit, measure["measure_type"])
        usual = words.visible_decimals(usual, row["value"])
        # Where the figure is the one a verdict rests on, it is printed as there.
        decimals = usual
        if line.value is not None and row["value"] == line.value:
            limits = (row["lower_95"], row["upper_95"])
            decimals = words.telling_decimals(usual, line.threshold, row["value"], *limits)
        same_age = row["comparison"] == "same_age"
        before = row["value_last_year_at_same_age"] if same_age else row["value_same_period_last_year"]
        notes = [
            row["reason"] if row["value"] is None else None,
            "unsettled" if row["is_settled"] is False else None,
            "fewer than 100 answered" if row["is_small_base"] else None,
        ]
        return PeriodFigure(
            period_text=period_text,
            value=row["value"],
            value_text="no figure" if row["value"] is None else words.short_figure(row["value"], line.unit, decimals),
            count_text=_count(row, measure),
            interval_text=_interval(row["lower_95"], row["upper_95"], line.unit, decimals),
            last_year_text=(
                None
                if before is None
                else words.short_figure(before, line.unit, decimals) + (" at the same age" if same_age else "")
            ),
            change_text=None if row["change"] is None else words.change(row["change"], line.unit, usual),
            note="; ".join(note for note in notes if note) or None,
            basis=row["period_basis"],
            month=row["period_month"],
            numerator=row["numerator"],
            denominator=row["denominator"],
            lower=row["lower_95"],
            upper=row["upper_95"],
            last_year=before,
            change=row["change"],
        )

    def _boroughs(self, measure: Row) -> Boroughs | None:
        """The boroughs beside each other: the year from the peer comparison, else their figures without limits."""
        measure_id, better = measure["measure_id"], measure["better"]
        compared = self.marts.boroughs.get(measure_id)
        if compared:
            month, unit = compared[0]["period_month"], _unit_of_comparison(measure)
            changes = {
                row["area_id"]: row for row in self.marts.parts.get((measure_id, "rolling_12_months", month), [])
            }
            usual = self._usual_of_comparison(measure, compared)
            rows = tuple(self._borough(row, changes, measure, unit, usual) for row in compared)
            group = compared[0]["group_value"]
            basis_text = f"rolling 12 months to {words.month(month)}"
        else:
            month, unit = self.month, measure["unit"]
            for basis in ("rolling_12_months", "financial_year_to_date", "month"):
                found = [
                    row
                    for row in self.marts.parts.get((measure_id, basis, month), [])
                    if self.marts.areas[row["area_id"]]["area_type"] == "borough" and row["value"] is not None
                ]
                if len(found) > 1:
                    break
            else:
                return None
            usual = words.visible_decimals(
                words.usual_decimals(unit, measure["measure_type"]), *(row["value"] for row in found)
            )
            found.sort(key=lambda row: (row["value"] if better == "lower" else -row["value"], row["title"]))
            rows = tuple(self._borough(row, {row["area_id"]: row}, measure, unit, usual) for row in found)
            group = None
            basis_text = f"{words.BASES[basis]} to {words.month(month)}"
        together_text = None if group is None else words.figure(group, unit, usual)
        return Boroughs(
            title=str(measure["title"]),
            unit=unit,
            decimals=usual,
            better=better,
            basis_text=basis_text,
            rows=rows,
            together=group,
            together_text=together_text,
            has_limits=any(row.flag is not None for row in rows),
            chosen=None if self.is_force else self.area,
            message=_boroughs_message(rows, better, together_text),
        )

    @staticmethod
    def _usual_of_comparison(measure: Row, rows: Rows) -> int:
        """Decimals of areas beside each other: alike for all of them."""
        unit = _unit_of_comparison(measure)
        usual = 2 if unit.startswith("per 1,000") else words.usual_decimals(unit, measure["measure_type"])
        return words.visible_decimals(usual, *(row["value"] for row in rows))

    def _borough(self, row: Row, changes: dict[str, Row], measure: Row, unit: str, usual: int) -> Borough:
        value, flag = row["value"], row.get("funnel_flag")
        limits = [row.get(name) for name in ("lower_limit_95", "upper_limit_95", "lower_limit_998", "upper_limit_998")]
        changed = changes.get(row["area_id"])
        return Borough(
            area_id=row["area_id"],
            title=self.marts.areas[row["area_id"]]["title"],
            value=value,
            value_text="no figure" if value is None else words.short_figure(value, unit, usual),
            count_text=_count(changed, measure) if changed else None,
            rank=row.get("rank_in_group"),
            lower_95=limits[0],
            upper_95=limits[1],
            lower_998=limits[2],
            upper_998=limits[3],
            flag=flag,
            flag_text=words.FUNNEL_FLAGS.get(flag or "", "no limits"),
            side=_side(flag, measure["better"]),
            change_text=_change_of(changed, measure) if changed else None,
            note=row.get("note"),
        )

    def _peers(self, measure: Row) -> tuple[Peer, ...]:
        """The area beside the others of its groups; the group of all boroughs is shown as boroughs."""
        unit = _unit_of_comparison(measure)
        usual = self._usual_of_comparison(measure, self.marts.peers.get(measure["measure_id"], []))
        grouped: dict[str, Rows] = {}
        for row in self.marts.peers.get(measure["measure_id"], []):
            grouped.setdefault(row["peer_group"], []).append(row)
        peers = []
        for rows in grouped.values():
            own = next((row for row in rows if row["area_id"] == self.area), None)
            if own is None or own["value"] is None or own["rank_in_group"] is None or own["units"] < 2:
                continue
            rest = own["rest_of_group_value"]
            decimals = words.telling_decimals(usual, own["value"], rest)
            peers.append(
                Peer(
                    title=own["peer_group_title"],
                    is_substitute=bool(own["is_substitute"]),
                    area_text=words.figure(own["value"], unit, decimals),
                    rest_text=None if rest is None else words.figure(rest, unit, decimals),
                    rank_text=f"{own['rank_in_group']} of {own['units']}, rolling 12 months to"
                    f" {words.month(own['period_month'])}",
                    flag_text=words.FUNNEL_FLAGS.get(own["funnel_flag"] or ""),
                    rows=tuple(
                        (self.marts.areas[row["area_id"]]["title"], words.short_figure(row["value"], unit, decimals))
                        for row in rows
                        if row["value"] is not None
                    ),
                )
            )
        return tuple(peers)

    def _gaps(self, measure: Row) -> tuple[Gap, ...]:
        grouped: dict[tuple[str, str], Rows] = {}
        for row in self.marts.gaps.get(measure["measure_id"], []):
            grouped.setdefault((row["population_group"], row["compared_with"]), []).append(row)
        gaps = (self._gap(rows, measure) for rows in grouped.values())
        return tuple(gap for gap in gaps if gap)

    def _gap(self, rows: Rows, measure: Row) -> Gap | None:
        latest = rows[-1]
        if latest["gap"] is None and not any(row["gap"] is not None for row in rows):
            return None
        unit = "percentage points" if measure["unit"] == "percent" else measure["unit"]
        usual = words.usual_decimals(measure["unit"], measure["measure_type"])
        group, other = (_group_title(latest[name]) for name in ("population_group", "compared_with"))
        title = f"{group.capitalize()} held against {other}"
        month = words.month(latest["period_month"])

        def said(value: float | None) -> str:
            return "no figure" if value is None else words.figure(value, measure["unit"], usual)

        gap = latest["gap"]
        gap_text = "no figure" if gap is None else words.figure(gap, unit, words.telling_decimals(usual, 0.0, gap))
        interval = _interval(latest["lower_95"], latest["upper_95"], unit, usual)
        trend_text = words.TRENDS.get(latest["trend"] or "", "no comparison with last year")
        reversed_text = " (reversed: the group fares better)" if gap is not None and gap < 0 else ""
        return Gap(
            title=title,
            unit=unit,
            points=tuple(
                GapPoint(
                    month=row["period_month"],
                    month_text=words.short_month(row["period_month"]),
                    gap=row["gap"],
                    gap_text=words.figure(row["gap"], unit, usual),
                    lower=row["lower_95"],
                    upper=row["upper_95"],
                )
                for row in rows
                if row["gap"] is not None
            ),
            of_group_text=f"{group}: {said(latest['value_of_group'])}",
            compared_text=f"{other}: {said(latest['value_compared_with'])}",
            gap_text=gap_text,
            interval_text=interval,
            trend=latest["trend"],
            trend_text=trend_text,
            base_text=(
                None
                if latest["fewest_respondents"] is None
                else words.counted(round(latest["fewest_respondents"]), "person", "people")
                + " answered in the smaller group"
            ),
            reason=latest["reason"] if gap is None else None,
            message=f"{title}: gap of {gap_text}{reversed_text} in the year to {month}"
            + (f", {interval}" if interval else "")
            + f"; {trend_text}.",
        )

    def _balance(self, measure: Row) -> Balance | None:
        other_id = measure["balancing_measure"]
        if not other_id or other_id not in self.marts.measures:
            return None
        other = self.marts.measures[other_id]
        usual = words.usual_decimals(other["unit"], other["measure_type"])
        result = self.marts.results.get((other_id, "financial_year_to_date", self.month))
        if result is None or result["value"] is None:
            return Balance(other_id, self.anchors.get(other_id), str(other["title"]), "no figure")
        _, _, direction_text = self._direction(result, other)
        text = f"{words.figure(result['value'], other['unit'], usual)} in the financial year to date, {direction_text}"
        return Balance(other_id, self.anchors.get(other_id), str(other["title"]), text)

    def _sources(self, line: Line, measure: Row) -> tuple[str, ...]:
        """The deliveries the latest figure rests on: the newest of its source, and of its denominator's extract."""
        result = self.marts.results.get((line.measure_id, "financial_year_to_date", self.month))
        row = next((row for row in self.rows if row["measure_id"] == line.measure_id), {})
        source = row.get("source") or (result and result["source"])
        said = []
        for extract in (measure["extract"], measure["denominator_extract"]):
            found = [
                delivery
                for delivery in self.marts.deliveries
                if delivery["extract"] == extract
                and delivery["status"] in ("current", "partly superseded")
                and (extract != measure["extract"] or delivery["source"] == source)
            ]
            if found and (source or extract != measure["extract"]):
                latest = found[0]
                said.append(
                    f"{extract.replace('_', ' ')} from {latest['source'].replace('_', ' ')}:"
                    f" {words.counted(len(found), 'current delivery', 'current deliveries')},"
                    f" the latest {latest['file_name']} (revision {latest['revision']},"
                    f" received {words.day(latest['received_at'].date())})"
                )
        ranked = [
            row
            for row in self.marts.sources
            if row["source"] == source
            and row["extract"] == measure["extract"]
            and row["measure_id"] in (None, line.measure_id)
        ]
        if ranked:
            own = max(ranked, key=lambda row: row["measure_id"] is not None)
            said.append(f"Of the sources, {own['source'].replace('_', ' ')} ranks {own['rank']}: {own['reason']}")
        return tuple(said)

    def _caveats(self, lines: list[Line], measure: Row) -> tuple[str, ...]:
        said: list[str | None] = []
        for line, row in zip(
            lines, (row for row in self.rows if row["measure_id"] == lines[0].measure_id), strict=True
        ):
            said += [*line.notes, line.provisional_text, line.judged_text]
            said += [row["reading"] and f"reading of the target: {row['reading']}"]
            said += [row["outlook_reason"] and f"no outlook: {row['outlook_reason']}"]
            if not line.is_settled:
                said.append(f"late facts may move the figure for {words.counted(measure['settles_after'], 'month')}")
            if row["rows_quarantined"]:
                said.append(f"{words.counted(row['rows_quarantined'], 'quarantined row')} could be of this figure")
        if measure["control_seasonal_adjustment_reason"]:
            said.append(f"season of the chart: {measure['control_seasonal_adjustment_reason']}")
        return tuple(dict.fromkeys(text for text in said if text))

    # Milestones, restatements, data quality.

    def _milestones(self) -> Milestones:
        rows = [
            row
            for row in self.marts.milestones
            if self.selection.business_group is None or row["measure_id"] in self.anchors
        ]
        every = tuple(self._milestone(row) for row in rows)
        return Milestones(
            slipped=tuple(
                milestone
                for milestone in every
                if milestone.status in ("overdue", "re-dated")
                or (milestone.completed is None and milestone.slip_days > 0)
            ),
            this_quarter=tuple(milestone for milestone in every if milestone.is_due_this_quarter),
            next_quarter=tuple(milestone for milestone in every if milestone.is_due_next_quarter),
            every=every,
            counts=dict(sorted(Counter(milestone.status for milestone in every).items())),
        )

    def _milestone(self, row: Row) -> Milestone:
        notes = [
            f"re-dated {words.counted(row['times_redated'], 'time')}" if row["times_redated"] else None,
            "left out of the last delivery: shown as last reported" if row["is_missing_from_delivery"] else None,
        ]
        return Milestone(
            programme=row["programme"].replace("_", " "),
            title=row["title"],
            owner=row["owner"],
            original_due=row["original_due"],
            current_due=row["current_due"],
            completed=row["completed_date"],
            original_due_text=words.day(row["original_due"]),
            current_due_text=words.day(row["current_due"]),
            completed_text=None if row["completed_date"] is None else words.day(row["completed_date"]),
            slip_days=row["slip_days"] or 0,
            slip_text=(
                "none so far"
                if row["completed_date"] is None and not row["slip_days"]
                else words.slip(row["slip_days"] or 0)
            ),
            status=row["status"],
            owner_status=row["owner_status"] and row["owner_status"].replace("_", " "),
            is_due_this_quarter=bool(row["is_due_this_quarter"]),
            is_due_next_quarter=bool(row["is_due_next_quarter"]),
            note="; ".join(note for note in notes if note) or None,
        )

    def _restated(self) -> tuple[Restated, ...]:
        return tuple(
            Restated(
                title=str(self.marts.measures[row["measure_id"]]["title"]),
                cause_text=words.CAUSES.get(row["cause"]) or row["cause"],
                figures=row["figures"],
                scope_text=f"{words.counted(row['of_force'], 'figure')} of the force,"
                f" {row['figures'] - row['of_force']:,}"
                f" of {words.counted(row['areas'], 'other area')}, {words.short_month(row['first_month'])} to"
                f" {words.short_month(row['last_month'])}",
                explanation=row["explanation"] or "",
            )
            for row in self.marts.restatements
            if row["measure_id"] in self.anchors
        )

    def _restated_verdicts(self) -> tuple[RestatedVerdict, ...]:
        found = []
        for row in self.marts.restated_verdicts:
            if row["area_id"] != self.area or row["measure_id"] not in self.anchors:
                continue
            measure = self.marts.measures[row["measure_id"]]
            found.append(
                RestatedVerdict(
                    title=str(measure["title"]),
                    area_text=row["area_title"],
                    month_text=words.month(row["period_month"]),
                    before_text=_stood(row, "before", measure),
                    after_text=_stood(row, "after", measure),
                    is_flipped=bool(row["is_verdict_flipped"]),
                    cause_text=words.CAUSES.get(row["cause"]) or row["cause"],
                    explanation=row["explanation"] or "",
                )
            )
        return tuple(found)

    def _quality(self, lines: list[Line]) -> Quality:
        marts = self.marts
        newest: dict[tuple[str, str], Row] = {}
        for row in marts.deliveries:
            if row["status"] in ("current", "partly superseded"):
                newest.setdefault((row["extract"], row["source"]), row)
        checks = [
            f"{row['severity']}: {row['passed']:,} of {row['checks']:,} passed, {row['failed']:,} failed,"
            f" {row['not_judged']:,} could not be judged"
            for row in marts.checks_counted
        ]
        return Quality(
            status=marts.release["status"],
            provisional_because=marts.release["provisional_because"],
            provisional=tuple(line for line in lines if line.is_provisional),
            extracts=tuple(self._extract(row) for row in newest.values()),
            quarantined=tuple(
                Quarantined(row["extract"].replace("_", " "), row["file_name"], row["meaning"], row["rows_quarantined"])
                for row in marts.quarantine
                if row["is_waiting"]
            ),
            failed=tuple(f"{row['severity']}: {row['finding']}" for row in marts.checks),
            checks_text="; ".join(checks) or "no checks are recorded",
            refused=tuple(
                f"{row['extract']}/{row['file_name']} was {row['status']}: {row['reason']}"
                for row in marts.deliveries
                if row["status"] in ("refused", "withdrawn")
            ),
        )

    def _extract(self, row: Row) -> Extract:
        behind = _months_between(row["last_month"], self.month) if row["last_month"] else 0
        notes = [
            "partial: lacks areas" if row["is_partial"] else None,
            row["confirmed_because"] and f"confirmed: {row['confirmed_because']}",
        ]
        return Extract(
            extract=row["extract"].replace("_", " "),
            source=row["source"].replace("_", " "),
            file_name=row["file_name"],
            to_text=words.month(row["last_month"]) if row["last_month"] else "no month",
            months_behind=max(behind, 0),
            received_text=words.day(row["received_at"].date()),
            rows_received=row["rows_received"],
            rows_quarantined=row["rows_quarantined"],
            note="; ".join(note for note in notes if note) or None,
        )

    def _year_to_date(self, line: Line) -> YearToDate:
        measure = self.marts.measures[line.measure_id]
        row = self.marts.results.get((line.measure_id, "financial_year_to_date", self.month))
        figure = self._period_figure("", row, measure, line) if row else None
        return YearToDate(
            anchor=self.anchors[line.measure_id],
            title=line.title,
            objective=line.objective_title,
            value=row["value"] if row else None,
            value_text=figure.value_text if figure else "no figure",
            count_text=figure.count_text if figure else None,
            last_year_text=(figure and figure.last_year_text) or "no figure",
            change_text=self._direction(row, measure)[2],
            target_text=line.target_text,
            verdict=line.verdict,
            verdict_text=line.verdict_text,
            note=figure.note if figure else None,
        )


def _years(first: dt.date, last: dt.date) -> str:
    """The window of a target: "2008/09", or its months."""
    if (first.month, last.month) == (4, 3):
        years = [f"{year}/{(year + 1) % 100:02}" for year in sorted({first.year, last.year - 1})]
        return " to ".join(years)
    return f"{words.month(first)} to {words.month(last)}"


def _group(owner: str | None) -> str:
    return (owner or "").removesuffix(" (inferred)")


def _group_key(owner: str | None) -> str:
    """A business group as it is compared: "Strategy, Modernisation…" and "strategy_modernisation…" are one."""
    return "".join(letter for letter in _group(owner).casefold() if letter.isalnum())


def _group_title(population_group: str) -> str:
    """ethnic_group:minority → "ethnic group: minority"."""
    dimension, _, value = population_group.partition(":")
    return f"{dimension.replace('_', ' ')}: {value.replace('_', ' ')}" if value else dimension.replace("_", " ")


def _unit_of_comparison(measure: Row) -> str:
    """Counts are compared per 1,000 residents."""
    return "per 1,000 residents" if measure["measure_type"] in ("count", "rate") else str(measure["unit"])


def _count(row: Row | None, measure: Row) -> str | None:
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


def _interval(lower: float | None, upper: float | None, unit: str, decimals: int) -> str | None:
    if lower is None or upper is None:
        return None
    return (
        f"95{words.NBSP}% interval {words.short_figure(lower, unit, decimals)} to"
        f" {words.short_figure(upper, unit, decimals)}"
    )


def _gap_to_target(value: float | None, threshold: float | None, unit: str, usual: int) -> str | None:
    """The value beside its target: "0.6 points above target"."""
    if value is None or threshold is None:
        return None
    gap = value - threshold
    if abs(gap) < words.NO_DIFFERENCE:
        return "at target"
    points = "percentage points" if unit.split(" ")[0] == "percent" else unit
    decimals = words.telling_decimals(usual, 0.0, gap)
    return f"{words.figure(abs(gap), points, decimals)} {'above' if gap > 0 else 'below'} target"


def _signed(value: float, decimals: int) -> str:
    said = words.number(value, decimals)
    return said if value <= 0 or said.strip("0.") == "" else f"+{said}"


def _outlook_text(row: Row) -> str | None:
    if row["outlook"] is None:
        return None
    probability = row["outlook_probability"]
    if row["verdict_stage"] == "final" and probability is not None and not 0.01 <= probability <= 0.99:
        return "Year complete"
    said = words.OUTLOOKS[row["outlook"]]
    if probability is not None:
        said += f" ({words.probability(probability)} likely to be met)"
    elif row["outlook_reason"]:
        said += f": {row['outlook_reason']}"
    return said


def _side(flag: str | None, better: str) -> str:
    """Which side of the funnel a flag is on: worse, better, neither; none within the limits."""
    if flag is None or flag == "within":
        return "none"
    if better not in ("higher", "lower"):
        return "neither"
    return "better" if flag.startswith("above") == (better == "higher") else "worse"


# From the worst to the best; what was not judged is neither.
_STANDING = {"not_met": 0, "behind": 1, "ahead": 2, "met": 3}


def _kind_of_change(old: Row | None, new: Row | None) -> str:
    if old is None or new is None:
        return "new" if old is None else "gone"
    if old["verdict"] in _STANDING and new["verdict"] in _STANDING:
        return "better" if _STANDING[new["verdict"]] > _STANDING[old["verdict"]] else "worse"
    return "other"


def _months_between(first: dt.date, last: dt.date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def _year_before(month: dt.date) -> dt.date:
    return month.replace(year=month.year - 1)


def _reviewed(measure: Row) -> str:
    if measure["reviewed_on"] is None:
        return "not reviewed yet"
    said = f"definition reviewed {words.day(measure['reviewed_on'])}"
    return said + (f", next {words.day(measure['next_review'])}" if measure["next_review"] else "")


def _stood(row: Row, when: str, measure: Row) -> str:
    """A verdict with its figure and level, before or after a restatement."""
    verdict, value, threshold = (row[f"{name}_{when}"] for name in ("verdict", "value", "threshold"))
    if verdict is None:
        return "none"
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


def _change_of(row: Row, measure: Row) -> str | None:
    if row["change"] is None:
        return None
    if measure["measure_type"] in ("count", "rate", "money") and row["change_percent"] is not None:
        return words.percent_change(row["change_percent"])
    usual = words.usual_decimals(measure["unit"], measure["measure_type"])
    return words.change(row["change"], measure["unit"], usual)


def _trend_message(points: tuple[Point, ...], basis: str, line: Line, target_text: str | None, latest: Row) -> str:
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


def _boroughs_message(rows: tuple[Borough, ...], better: str, together_text: str | None) -> str:
    """Best and worst borough, and how many lie beyond the limits."""
    ranked = [row for row in rows if row.value is not None]
    if not ranked:
        return "No borough has a figure."
    names = ("Best", "worst") if better in ("higher", "lower") else ("Highest", "lowest")
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


def _shared_out(
    kind: str, measure: Row, whole: Row, before: Row, now: dict[str, Row], then: dict[str, Row]
) -> Contribution | None:
    """A change on last year shared out among parts, exactly; None where the parts do not add up to the whole.

    Counts and rates of residents: the part's own change. Shares: what a part's own change and its change in size did
    (Kitagawa 1955), which add up to the change of the whole.
    """
    if not _add_up(now, whole) or not _add_up(then, before):
        return None
    multiplier = measure["multiplier"] or 1.0
    amounts = {}
    for title in now.keys() | then.keys():
        x1, n1 = _part(now.get(title))
        x0, n0 = _part(then.get(title))
        if whole["denominator"] is None:
            amounts[title] = (x1 - x0) * (whole["value"] / whole["numerator"] if whole["numerator"] else multiplier)
        elif measure["denominator_extract"] is not None:
            amounts[title] = multiplier * (x1 / whole["denominator"] - x0 / before["denominator"])
        else:
            w1, w0 = n1 / whole["denominator"], n0 / before["denominator"]
            r1, r0 = (x1 / n1 if n1 else None), (x0 / n0 if n0 else None)
            r1, r0 = (r1 if r1 is not None else r0 or 0.0), (r0 if r0 is not None else r1 or 0.0)
            middle = (whole["numerator"] / whole["denominator"] + before["numerator"] / before["denominator"]) / 2
            amounts[title] = multiplier * ((w1 + w0) / 2 * (r1 - r0) + ((r1 + r0) / 2 - middle) * (w1 - w0))
    change = whole["value"] - before["value"]
    if abs(change) < words.NO_DIFFERENCE:
        return None
    usual = words.usual_decimals(measure["unit"], measure["measure_type"]) + (whole["denominator"] is not None)
    ordered = sorted(amounts.items(), key=lambda item: (-item[1] if change > 0 else item[1], item[0]))
    shares = [Share(title, amount, words.change(amount, measure["unit"], usual)) for title, amount in ordered]
    towards = [share for share in shares if share.amount * change > 0]
    against = [share for share in reversed(shares) if share.amount * change < 0]
    said = words.change(change, measure["unit"], words.usual_decimals(measure["unit"], measure["measure_type"]))
    message = f"Of the change ({said} on last year, both as recorded now),"
    message += f" {len(towards)} of {len(shares)} moved with it and {len(against)} against it."
    return Contribution(kind, message, tuple(towards[:CONTRIBUTORS_NAMED]), tuple(against[:CONTRIBUTORS_NAMED]))


def _part(row: Row | None) -> tuple[float, float]:
    return ((row["numerator"] or 0.0), (row["denominator"] or 0.0)) if row else (0.0, 0.0)


def _add_up(parts: dict[str, Row], whole: Row) -> bool:
    """Whether the parts are those of the whole; residents belong to boroughs alone, so they are not asked."""
    if whole["numerator"] is None or not parts:
        return False
    names: Sequence[str] = ["numerator"]
    if whole["denominator"] is not None and any(row["denominator"] is not None for row in parts.values()):
        names = ["numerator", "denominator"]
    for name in names:
        total = sum(row[name] or 0.0 for row in parts.values())
        if abs(total - whole[name]) > ADDS_UP * max(abs(whole[name]), 1.0):
            return False
    return True


METHODS: tuple[tuple[str, str], ...] = (
    (
        "Verdict",
        "The figure against its target on unrounded values. Met and not met are of a whole year, or of the year to date"
        " held against the same months of last year; ahead and behind are of a yearly count before its end, held"
        " against the share earlier years had by then. Monitored: no level is set. Not measurable: the reason is"
        " given.",
    ),
    (
        "Certainty",
        "Stands beside the verdict and never replaces it. For a survey: clear when the 95 % interval lies wholly on the"
        " verdict's side, else too close to call. A full count has no sampling error; a published percentage without"
        " its base has an unknown one.",
    ),
    (
        "Variation and assurance",
        "Control charts (XmR) of months or quarters. Variation: a point beyond a limit, seven points in one direction,"
        " seven on one side of the centre line, or two of three near a limit. Assurance: whether ordinary variation"
        " lets the measure pass its target line. Fewer than 13 points: limits are provisional.",
    ),
    (
        "Year-end outlook",
        "The last six settled months, carried forward with the season of earlier years; the probability comes from how"
        " far the same rule was off in the past five years. On track from 80 %, off track up to 20 %.",
    ),
    (
        "Boroughs beside each other",
        "Funnel limits at 95 % and 99.8 % around the boroughs taken together, wider where boroughs differ beyond chance"
        " (Spiegelhalter). Counts are per 1,000 residents; where many victims live elsewhere, a note says so.",
    ),
    (
        "Equality gaps",
        "One group less another, over rolling years. Widening and narrowing are said only where the 95 % interval of"
        " the change leaves out zero. Below zero a gap is reversed, which is not better. Under 30 answers: no figure;"
        " under 100: flagged.",
    ),
    (
        "Changes and contributions",
        "Held against the same period last year from the same source. What late facts still move is compared at the"
        " same age. Contributions of boroughs add up to the whole change: for a share, the change of each part's own"
        " share and of its size (Kitagawa).",
    ),
    (
        "Rounding",
        "Figures are rounded for reading. A figure that differs from its target is given as many decimals as show it.",
    ),
    (
        "Data",
        "Rows that break a rule are set aside and never counted; a verdict they could change is provisional. A figure"
        " that differs from what an earlier pack said is listed under restatements with its cause.",
    ),
)
