"""The pack as a workbook: the same figures as numbers, in tables that filter and charts that Excel draws itself.

Here: the sheets, their columns, number formats and native charts.
Belongs here: what somebody who works on with the figures asks for.
Does not belong here: what is said (`content.py`), drawings for a page (`charts.py`).

No cell is ever made a formula or a link by what stands in it: text is written as text, numbers as numbers. A number is
shown with the decimals that the pack prints, so that no cell contradicts its verdict.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence

from xlsxwriter.worksheet import Worksheet

from orchestration.board_pack import charts, words
from orchestration.board_pack.content import Line, Pack, Panel, PeriodFigure
from orchestration.board_pack.html import KINDS
from orchestration.board_pack.workbook_sheets import (
    HEADING_ROW,
    NAVY,
    QUIET,
    RULE,
    Cell,
    Change,
    Link,
    Month,
    Number,
    Sheets,
    Table,
    Verdict,
)
from orchestration.board_pack.workbook_trends import SERIES, TREND_COLUMNS, axis, point_rows

# A row is at most 409 points high: of a longer text the end would be hidden. At the width of a column of prose such a
# part stays below.
LONGEST_TEXT = 1_800
CHARTS_ABREAST, CHART_WIDTH, CHART_HEIGHT = 2, 620, 290
# Rows of 20 pixels that a chart and the space below it take; columns of 64 pixels beside each other.
CHART_ROWS, CHART_COLUMNS = 16, 10
QUALITY_WIDTHS = (26.0, 26.0, 44.0, 18.0, 20.0, 12.0, 12.0, 50.0)
SUMMARY_WIDTHS = (42.0, *[15.0] * 8)


# Filled where decided, patterned where it is not.
_VERDICT_FILLS: dict[str, dict[str, object]] = {
    "met": {"fill": {"color": charts.GOOD.upper()}},
    "not_met": {"fill": {"color": charts.BAD.upper()}},
    "ahead": {"pattern": {"pattern": "wide_upward_diagonal", "fg_color": charts.GOOD.upper(), "bg_color": "#FFFFFF"}},
    "behind": {"pattern": {"pattern": "wide_downward_diagonal", "fg_color": charts.BAD.upper(), "bg_color": "#FFFFFF"}},
    "monitor_only": {"pattern": {"pattern": "percent_50", "fg_color": QUIET, "bg_color": "#FFFFFF"}},
    "no_target": {"fill": {"color": "#DDE3E9"}, "border": {"color": QUIET}},
    "not_measurable": {"fill": {"color": "#FFFFFF"}, "border": {"color": QUIET, "dash_type": "dash"}},
}


def workbook_of(pack: Pack) -> bytes:
    """The pack as XLSX; the same pack gives the same bytes."""
    return _Workbook(pack).bytes()


class _Workbook(Sheets):
    """Writes the sheets of one pack."""

    def __init__(self, pack: Pack) -> None:
        super().__init__(" · ".join(part for part in (pack.release_id, pack.sample_text) if part))
        self.pack = pack
        # Anchor of a panel → where its chart stands, and the rows of its points.
        self.chart_cells: dict[str, tuple[int, int]] = {}
        self.points: dict[str, tuple[int, int]] = {}
        self.point_rows: list[list[Cell]] = []
        self.objective_rows: dict[str, int] = {}

    def bytes(self) -> bytes:
        pack = self.pack
        self.book.set_properties(
            {
                "title": f"{pack.title}: {pack.subtitle}",
                "subject": f"Release {pack.release_id}",
                "author": "Metropolitan Police Service",
                "company": "Metropolitan Police Service",
                "category": pack.sample_text or "",
                "comments": f"{pack.plan_text}. {pack.status_text}, {pack.targets_text}.",
                "created": pack.built_at.astimezone(dt.UTC).replace(tzinfo=None),
            }
        )
        self._place_charts()
        contents = self._contents()
        self._summary(self.start("Summary", pack.title, pack.subtitle))
        sheet = self.start("Contents", "Contents", "Choose a name to go to its sheet.")
        for at, (name, (meaning, _)) in enumerate(contents.items(), start=HEADING_ROW):
            self.write(sheet, at, 0, Link(name, 0, name))
            self.write(sheet, at, 1, meaning)
        sheet.set_column(0, 0, 20)
        sheet.set_column(1, 1, 90)
        for name, (meaning, write) in contents.items():
            write(self.start(name, name, meaning))
        self.book.close()
        return self.file.getvalue()

    def _contents(self) -> dict[str, tuple[str, Callable[[Worksheet], None]]]:
        """Sheet → what is on it, and what writes it."""
        pack = self.pack
        sheets: dict[str, tuple[str, Callable[[Worksheet], None]]] = {
            "Scorecard": ("A line for each measure and target, with value, target and verdict.", self._scorecard),
            "Exceptions": ("What misses its target or calls for attention, and what is said of it.", self._exceptions),
            "Year to date": ("The year so far beside the same months of last year.", self._year_to_date),
            "Decisions": ("Decisions of the Board, the open ones first.", self._decisions),
            "Milestones": ("Each milestone with its first, present and actual date.", self._milestones),
            "Measures": (
                "The figures of each measure by period: filter by measure, period or objective.",
                self._measures,
            ),
            "Trends": ("A chart for each measure: figure, control limits, target, signals.", self._trends),
            "Trend data": (
                "The points that the charts of Trends draw. Copy them rather than sort them.",
                self._trend_data,
            ),
            "Boroughs": ("Each borough beside the others, with its funnel limits.", self._boroughs),
            "Peers": ("The area beside the others of its groups: rank, limits and the rest of the group.", self._peers),
            "Equality gaps": ("One group of people held against another, over rolling years.", self._gaps),
            "Restatements": ("What is not as an earlier pack said it, with the cause.", self._restatements),
            "Data quality": ("The deliveries the figures rest on, rows set aside, checks.", self._quality),
            "Methods": ("How figures are judged, in a few sentences each.", self._methods),
        }
        absent = {
            "Year to date": "year_to_date" not in pack.sections,
            "Decisions": "decisions" not in pack.sections,
            "Milestones": "milestones" not in pack.sections,
            "Data quality": "quality" not in pack.sections,
        }
        return {name: sheet for name, sheet in sheets.items() if not absent.get(name)}

    # Sheets.

    def _summary(self, sheet: Worksheet) -> None:
        pack = self.pack
        for column, width in enumerate(SUMMARY_WIDTHS):
            sheet.set_column(column, column, width)
        said = [
            f"{pack.plan_text}, {pack.year_text}",
            f"{pack.status_text}, {pack.targets_text}, built {pack.built_text}",
            *([f"Provisional: {pack.provisional_because}"] if pack.provisional_because else []),
            *([f"{pack.sample_text}: no figure is real."] if pack.sample_text else []),
            *pack.headline,
            *pack.notes,
        ]
        row = HEADING_ROW
        for sentence in said:
            sheet.write_string(row, 0, sentence, self.format())
            row += 1
        row = self.heading(sheet, row + 1, "Lines of the scorecard by verdict")
        shown = [verdict for verdict in words.VERDICTS if any(tier.counts[verdict] for tier in pack.tiers)]
        counts = Table(
            "Verdict_counts",
            _columns(SUMMARY_WIDTHS, "Tier", *(words.VERDICTS[verdict] for verdict in shown), "Provisional"),
            [[tier.tier_text, *(tier.counts[verdict] for verdict in shown), tier.provisional] for tier in pack.tiers],
            "How many lines of each tier have which verdict.",
        )
        below = self.table(sheet, counts, row)
        self._verdict_chart(sheet, row, len(pack.tiers), shown, below)
        row = self.lines(
            sheet,
            self.heading(sheet, below + CHART_ROWS - 4, "For decision"),
            SUMMARY_WIDTHS,
            [("Measure", 1), ("What is asked", 5), ("By whom", 3)],
            [[self._to_chart(asked.anchor, asked.title), asked.text, asked.from_text] for asked in pack.asked],
        )
        unchanged = f"{pack.comparison.since_text}; {pack.comparison.unchanged} lines are unchanged"
        self.lines(
            sheet,
            self.heading(sheet, row, f"What changed. {unchanged}"),
            SUMMARY_WIDTHS,
            [("Measure", 1), ("Verdict is", 2), ("Then", 3), ("Now", 3)],
            [
                [self._to_chart(change.anchor, change.title), KINDS[change.kind], change.before_text, change.after_text]
                for change in pack.comparison.changes
            ],
        )

    def _verdict_chart(self, sheet: Worksheet, row: int, tiers: int, shown: list[str], at: int) -> None:
        chart = self.book.add_chart({"type": "bar", "subtype": "stacked"})
        for column, verdict in enumerate(shown, start=1):
            chart.add_series(
                {
                    "name": ["Summary", row, column],
                    "categories": ["Summary", row + 1, 0, row + tiers, 0],
                    "values": ["Summary", row + 1, column, row + tiers, column],
                    **_VERDICT_FILLS[verdict],
                    "gap": 40,
                }
            )
        chart.set_title({"name": "Lines by verdict", "name_font": {"size": 11, "color": NAVY}})
        chart.set_legend({"position": "bottom"})
        chart.set_y_axis({"reverse": True})
        chart.set_x_axis({"major_gridlines": {"visible": True, "line": {"color": RULE}}, "num_format": "0"})
        chart.set_size({"width": 900, "height": 220})
        sheet.insert_chart(at, 0, chart, {"description": charts.verdict_bars(self.pack.tiers).alt})

    def _to_chart(self, anchor: str | None, text: str) -> Cell:
        """A measure's name that leads to its chart, when it has one."""
        cell = self.chart_cells.get(anchor or "")
        return Link("Trends", cell[0], text, cell[1]) if cell else text

    def _scorecard(self, sheet: Worksheet) -> None:
        columns = [("Measure", 32.0), ("Objective", 20), ("Tier", 14), ("Owner", 20), ("Value", 12), ("Unit", 20)]
        columns += [
            ("Target level", 12),
            ("Target", 26),
            ("Target is", 15),
            ("Verdict", 16),
            ("Of", 11),
            ("Certainty", 30),
        ]
        columns += [("Provisional", 11), ("Against last year", 22), ("Variation", 15), ("Assurance", 18)]
        columns += [("Year-end outlook", 18), ("Count behind it", 22), ("Interval", 18), ("Period", 22), ("Notes", 46)]
        rows = [self._scorecard_row(line) for line in self.pack.lines]
        self.one_table(sheet, Table("Scorecard", columns, rows, "The scorecard."))

    def _scorecard_row(self, line: Line) -> list[Cell]:
        return [
            self._to_chart(f"measure-{line.measure_id}", line.title),
            f"{line.objective}. {line.objective_title}" if line.objective else line.objective_title,
            line.tier_text,
            line.owner,
            Number(line.value, line.value_text, line.unit),
            line.unit,
            Number(line.threshold, line.threshold_text or "none", line.unit),
            line.target_text,
            line.target_status_text,
            Verdict(line.verdict, line.verdict_text),
            line.stage_text,
            line.certainty_text,
            "provisional" if line.is_provisional else None,
            line.direction_text,
            line.variation_text,
            line.assurance_text,
            line.outlook_text,
            line.count_text,
            line.interval_text,
            line.basis_text,
            _joined(line.judged_text, line.provisional_text, line.beside_text, *line.notes),
        ]

    def _exceptions(self, sheet: Worksheet) -> None:
        columns = [("Measure", 34.0), ("Why", 30), ("Verdict", 17), ("Value", 13), ("Target", 30), ("Target is", 15)]
        columns += [("Written by", 24), ("Written on", 12), ("Commentary", 80), ("Decision asked", 50)]
        columns += [("What contributed", 70)]
        rows: list[list[Cell]] = []
        for exception in self.pack.exceptions:
            contributed = "\n".join(
                f"{contribution.kind}: {contribution.message}"
                + "".join(
                    f"\n{name}: " + "; ".join(f"{share.title} {share.text}" for share in shares)
                    for name, shares in (("With it", contribution.towards), ("Against it", contribution.against))
                    if shares
                )
                for contribution in exception.contributions
            )
            written: list[tuple[Cell, Cell, str, str]] = [
                (remark.author_role, remark.written_on, text, asked)
                for remark in exception.remarks
                for text, asked in _side_by_side(remark.text, remark.decision_asked or "")
            ]
            written = written or [(None, None, exception.missing_text or "", "")]
            judged: list[list[Cell]] = [
                [
                    Verdict(line.verdict, line.verdict_text),
                    Number(line.value, line.value_text, line.unit),
                    line.target_text,
                    line.target_status_text,
                ]
                for line in exception.lines
            ]
            for at in range(max(len(written), len(judged))):
                role, day, text, asked = written[at] if at < len(written) else (None, None, "", "")
                rows.append(
                    [
                        self._to_chart(exception.anchor, exception.title),
                        "; ".join(exception.because),
                        *(judged[at] if at < len(judged) else (None, None, None, None)),
                        role,
                        day,
                        text or None,
                        asked or None,
                        contributed if at == 0 and contributed else None,
                    ]
                )
        sheet.write_string(HEADING_ROW - 1, 0, self.pack.exception_rule, self.format(font_color=QUIET, italic=True))
        self.one_table(sheet, Table("Exceptions", columns, rows, self.pack.exception_rule))

    def _year_to_date(self, sheet: Worksheet) -> None:
        columns = [
            ("Measure", 34.0),
            ("Objective", 24),
            ("Year to date", 14),
            ("Same months last year", 16),
            ("Change", 36),
        ]
        columns += [("Target", 34), ("Target is", 15), ("Verdict", 17), ("Count behind it", 30), ("Note", 40)]
        units = {line.measure_id: line.unit for line in self.pack.lines}
        rows = [
            [
                self._to_chart(row.anchor, row.title),
                row.objective,
                Number(row.value, row.value_text, units.get(row.anchor.removeprefix("measure-"), "")),
                row.last_year_text,
                row.change_text,
                row.target_text,
                row.target_status_text,
                Verdict(row.verdict, row.verdict_text),
                row.count_text,
                _joined(row.judged_text and f"verdict {row.judged_text}", row.note),
            ]
            for row in self.pack.year_to_date
        ]
        self.one_table(sheet, Table("Year_to_date", columns, rows, "The year so far."))

    def _decisions(self, sheet: Worksheet) -> None:
        columns = [("Reference", 16.0), ("Decision", 70), ("Measure", 34), ("Owner", 30), ("Decided", 18), ("Due", 24)]
        columns += [("Status", 12), ("Outcome", 60), ("Note", 44)]
        rows: list[list[Cell]] = [
            [
                row.decision_ref,
                text,
                None if row.measure_title is None else self._to_chart(row.anchor, row.measure_title),
                row.owner_role,
                row.decided_text,
                row.due_text,
                "overdue" if row.is_overdue else row.status,
                outcome or None,
                row.note,
            ]
            for row in (*self.pack.open_decisions, *self.pack.closed_decisions)
            for text, outcome in _side_by_side(row.decision, row.outcome or "")
        ]
        self.one_table(sheet, Table("Decisions", columns, rows, "Decisions of the Board."))

    def _milestones(self, sheet: Worksheet) -> None:
        columns = [("Milestone", 46.0), ("Programme", 22), ("Owner", 34), ("First due", 13), ("Now due", 13)]
        columns += [("Completed", 13), ("Slip in days", 10), ("Slip", 16), ("Status", 16), ("Owner says", 16)]
        columns += [("Quarter", 18), ("Note", 40)]
        rows: list[list[Cell]] = [
            [
                row.title,
                row.programme,
                row.owner,
                row.original_due,
                row.current_due,
                row.completed,
                row.slip_days,
                row.slip_text,
                row.status,
                row.owner_status,
                "due this quarter"
                if row.is_due_this_quarter
                else "due next quarter"
                if row.is_due_next_quarter
                else None,
                row.note,
            ]
            for row in (self.pack.milestones.every if self.pack.milestones else ())
        ]
        self.one_table(sheet, Table("Milestones", columns, rows, "Milestones as they stand at the reporting month."))

    def _measures(self, sheet: Worksheet) -> None:
        columns = [
            ("Measure", 34.0),
            ("Objective", 24),
            ("Basis", 24),
            ("Last month", 12),
            ("Figure", 13),
            ("Unit", 20),
        ]
        columns += [("Numerator", 13), ("Denominator", 13), ("Lower 95 %", 12), ("Upper 95 %", 12), ("Last year", 13)]
        columns += [("Change", 13), ("Change in words", 24), ("Note", 44)]
        rows = [
            self._measure_row(panel, figure)
            for panel in self.pack.panels
            # The reporting month is among both.
            for figure in {(found.basis, found.month): found for found in (*panel.figures, *panel.months)}.values()
        ]
        self.one_table(sheet, Table("Measures", columns, rows, "The figures of each measure by period."))

    def _measure_row(self, panel: Panel, figure: PeriodFigure) -> list[Cell]:
        line, shown = panel.lines[0], figure.value_text

        def number(value: float | None, text: str | None = shown) -> Cell:
            return None if value is None else Number(value, text or shown, line.unit)

        return [
            panel.title,
            line.objective_title,
            words.BASES[figure.basis],
            Month(figure.month),
            Number(figure.value, figure.value_text, line.unit),
            line.unit,
            None if figure.numerator is None else Number(figure.numerator, _counted(figure.numerator), ""),
            None if figure.denominator is None else Number(figure.denominator, _counted(figure.denominator), ""),
            number(figure.lower),
            number(figure.upper),
            number(figure.last_year, figure.last_year_text),
            None if figure.change is None else Change(figure.change, figure.change_text or ""),
            figure.change_text,
            figure.note,
        ]

    def _place_charts(self) -> None:
        """Where the chart of each measure with a trend will stand, two abreast under their objective."""
        row = HEADING_ROW
        for objective in self.pack.objectives:
            ids = dict.fromkeys(line.measure_id for line in objective.lines)
            panels = [panel for panel in self.pack.panels if panel.measure_id in ids and panel.trend]
            if not panels:
                continue
            self.objective_rows[f"{objective.objective}. {objective.title}".removeprefix(". ")] = row
            for at, panel in enumerate(panels):
                down, across = divmod(at, CHARTS_ABREAST)
                self.chart_cells[panel.anchor] = (row + 1 + down * CHART_ROWS, across * CHART_COLUMNS)
            row += 2 + -(-len(panels) // CHARTS_ABREAST) * CHART_ROWS
        for panel in self.pack.panels:
            if panel.trend:
                first = HEADING_ROW + 1 + len(self.point_rows)
                self.point_rows += point_rows(panel)
                self.points[panel.anchor] = (first, HEADING_ROW + len(self.point_rows))

    def _trends(self, sheet: Worksheet) -> None:
        sheet.set_column(0, CHARTS_ABREAST * CHART_COLUMNS, 8.43)
        for heading, row in self.objective_rows.items():
            self.heading(sheet, row, heading)
        for panel in self.pack.panels:
            if panel.trend:
                row, column = self.chart_cells[panel.anchor]
                self._trend_chart(sheet, row, column, panel)
        sheet.freeze_panes(HEADING_ROW - 1, 0)

    def _trend_chart(self, sheet: Worksheet, row: int, column: int, panel: Panel) -> None:
        first, last = self.points[panel.anchor]
        if panel.trend is None:
            return
        chart = self.book.add_chart({"type": "line"})
        for name, style in SERIES.items():
            at = [heading for heading, _ in TREND_COLUMNS].index(name)
            if any(cells[at] is not None for cells in self.point_rows[first - HEADING_ROW - 1 : last - HEADING_ROW]):
                chart.add_series(
                    {
                        "name": ["Trend data", HEADING_ROW, at],
                        "categories": ["Trend data", first, 1, last, 1],
                        "values": ["Trend data", first, at, last, at],
                        **style,
                    }
                )
        basis = words.BASES.get(panel.trend.basis, "")
        apart = max(1, (last - first + 1) // 6)
        # The cell is pointed at: a title of its own that began with = would be a formula.
        chart.set_title({"name": ["Trend data", first, 0], "name_font": {"size": 11, "bold": True, "color": NAVY}})
        chart.set_x_axis(
            {"num_font": {"size": 8}, "interval_unit": apart, "interval_tick": apart, "label_position": "low"}
        )
        chart.set_y_axis(
            {
                "name": f"{basis}: {panel.trend.unit}",
                "name_font": {"size": 8, "bold": False},
                "num_font": {"size": 8},
                "major_gridlines": {"visible": True, "line": {"color": "#E3E8EC"}},
                **axis(panel.trend.points),
            }
        )
        chart.set_legend({"position": "bottom", "font": {"size": 8}})
        chart.set_size({"width": CHART_WIDTH, "height": CHART_HEIGHT})
        chart.show_blanks_as("gap")
        sheet.insert_chart(row, column, chart, {"description": f"{panel.title}. {panel.trend.message}"})

    def _trend_data(self, sheet: Worksheet) -> None:
        for column, (heading, width) in enumerate(TREND_COLUMNS):
            sheet.set_column(column, column, width)
            sheet.write_string(
                HEADING_ROW, column, heading, self.format(bold=True, font_color=NAVY, bottom=1, text_wrap=True)
            )
        for row, cells in enumerate(self.point_rows, start=HEADING_ROW + 1):
            for column, cell in enumerate(cells):
                self.write(sheet, row, column, cell)
        sheet.freeze_panes(HEADING_ROW + 1, 2)
        sheet.repeat_rows(HEADING_ROW)

    def _boroughs(self, sheet: Worksheet) -> None:
        columns = [
            ("Measure", 34.0),
            ("Borough", 24),
            ("Figure", 12),
            ("Unit", 20),
            ("Rank", 7),
            ("Beside the limits", 22),
        ]
        columns += [("Side", 10), ("Lower 99.8 %", 11), ("Lower 95 %", 11), ("Upper 95 %", 11), ("Upper 99.8 %", 11)]
        columns += [
            ("Boroughs together", 12),
            ("Against last year", 18),
            ("Count behind it", 30),
            ("Period", 34),
            ("Note", 40),
        ]
        rows: list[list[Cell]] = []
        for panel in self.pack.panels:
            if not panel.boroughs:
                continue
            found = panel.boroughs
            for row in found.rows:
                limits = (row.lower_998, row.lower_95, row.upper_95, row.upper_998)
                rows.append(
                    [
                        panel.title,
                        row.title,
                        Number(row.value, row.value_text, found.unit),
                        found.unit,
                        row.rank,
                        row.flag_text,
                        None if row.side == "none" else row.side,
                        *(None if limit is None else Number(limit, row.value_text, found.unit) for limit in limits),
                        None
                        if found.together is None
                        else Number(found.together, found.together_text or "", found.unit),
                        row.change_text,
                        row.count_text,
                        found.basis_text,
                        row.note,
                    ]
                )
        self.one_table(sheet, Table("Boroughs", columns, rows, "Each borough beside the others."), frozen_columns=2)

    def _peers(self, sheet: Worksheet) -> None:
        columns = [("Measure", 34.0), ("Group", 44), ("Figure", 12), ("Unit", 20), ("Rest of the group", 12)]
        columns += [("Rank", 36), ("Beside the limits", 22), ("Areas of the group", 80)]
        rows: list[list[Cell]] = [
            [
                self._to_chart(panel.anchor, panel.title),
                peer.title,
                Number(peer.value, peer.value_text, peer.unit),
                peer.unit,
                None if peer.rest is None else Number(peer.rest, peer.rest_text or "", peer.unit),
                peer.rank_text,
                peer.flag_text,
                "; ".join(f"{title} {said}" for title, said in peer.rows) or None,
            ]
            for panel in self.pack.panels
            for peer in panel.peers
        ]
        self.one_table(sheet, Table("Peers", columns, rows, "The area beside the others of its groups."))

    def _gaps(self, sheet: Worksheet) -> None:
        columns = [
            ("Measure", 34.0),
            ("Group", 30),
            ("Held against", 30),
            ("Gap", 12),
            ("95 % interval", 28),
            ("Trend", 20),
        ]
        columns += [("Answers", 34), ("In words", 80)]
        rows: list[list[Cell]] = [
            [
                self._to_chart(panel.anchor, panel.title),
                gap.of_group_text,
                gap.compared_text,
                Number(gap.value, gap.value_text, gap.unit),
                gap.interval_text,
                gap.trend_text if gap.reason is None else gap.reason,
                gap.base_text,
                gap.message,
            ]
            for panel in self.pack.panels
            for gap in panel.gaps
        ]
        self.one_table(sheet, Table("Equality_gaps", columns, rows, "Equality gaps of the last rolling year."))

    def _restatements(self, sheet: Worksheet) -> None:
        columns = [("Measure", 34.0), ("What", 12), ("Of", 34), ("Before", 34), ("After", 34), ("Verdict", 16)]
        columns += [("Cause", 26), ("Explanation", 70)]
        rows: list[list[Cell]] = [
            [
                row.title,
                "verdict",
                f"{row.area_text}, {row.month_text}",
                row.before_text,
                row.after_text,
                "turned" if row.is_flipped else "stands",
                row.cause_text,
                row.explanation,
            ]
            for row in self.pack.restated_verdicts
        ]
        rows += [
            [row.title, "figures", row.scope_text, None, None, None, row.cause_text, row.explanation]
            for row in self.pack.restated
        ]
        self.one_table(sheet, Table("Restatements", columns, rows, "What is not as an earlier pack said it."))

    def _quality(self, sheet: Worksheet) -> None:
        found = self.pack.quality
        for column, width in enumerate(QUALITY_WIDTHS):
            sheet.set_column(column, column, width)
        said = [
            f"This release is {found.status}. {found.provisional_because or ''}".strip(),
            f"Checks: {found.checks_text}.",
        ]
        said += [*found.failed, *found.refused]
        said += [f"Provisional: {line.title}, {line.provisional_text}" for line in found.provisional]
        row = HEADING_ROW
        for sentence in said:
            sheet.write_string(row, 0, sentence, self.format())
            row += 1
        extracts = Table(
            "Deliveries",
            _columns(
                QUALITY_WIDTHS, "Extract", "Source", "Latest file", "Reaches", "Received", "Rows", "Set aside", "Note"
            ),
            [
                [
                    row_.extract,
                    row_.source,
                    row_.file_name,
                    row_.to_text,
                    row_.received_text,
                    row_.rows_received,
                    row_.rows_quarantined,
                    _joined(f"{row_.months_behind} months behind" if row_.months_behind else None, row_.note),
                ]
                for row_ in found.extracts
            ],
            "The latest delivery of each extract from each source.",
        )
        row = self.table(sheet, extracts, self.heading(sheet, row + 1, "Deliveries the figures rest on"))
        quarantined = Table(
            "Rows_set_aside",
            _columns(QUALITY_WIDTHS, "Extract", "File", "Why", "Rows"),
            [[row_.extract, row_.file_name, row_.meaning, row_.rows] for row_ in found.quarantined],
            "Rows that wait to be mended.",
        )
        self.table(sheet, quarantined, self.heading(sheet, row, "Rows set aside"))

    def _methods(self, sheet: Worksheet) -> None:
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 1, 110)
        for row, (subject, text) in enumerate(self.pack.methods, start=HEADING_ROW):
            self.write(sheet, row, 0, subject, bold=True)
            self.write(sheet, row, 1, text)


def _joined(*notes: str | None) -> str | None:
    """Those of the notes that there are, in one cell."""
    return "; ".join(note for note in notes if note) or None


def _counted(value: float) -> str:
    return "0" if value == round(value) else "0.0"


def _in_parts(text: str) -> list[str]:
    """A text in parts that a cell can show, broken between words where there are any."""
    parts: list[str] = []
    while len(text) > LONGEST_TEXT:
        at = max(text.rfind(" ", 0, LONGEST_TEXT), text.rfind("\n", 0, LONGEST_TEXT))
        at = at + 1 if at > LONGEST_TEXT // 2 else LONGEST_TEXT
        parts.append(text[:at])
        text = text[at:]
    return [*parts, text]


def _side_by_side(*texts: str) -> Iterable[tuple[str, ...]]:
    """Long texts in parts, part by part beside each other."""
    parts = [_in_parts(text) for text in texts]
    most = max(len(found) for found in parts)
    return zip(*([*found, *[""] * (most - len(found))] for found in parts), strict=True)


def _columns(widths: Sequence[float], *headings: str) -> list[tuple[str, float]]:
    """Headings with the widths that their sheet has."""
    return list(zip(headings, widths, strict=False))
