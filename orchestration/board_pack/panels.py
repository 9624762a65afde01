"""Everything of one measure.

Here: its trend, figures, boroughs, peers, equality gaps, sources and caveats.
Belongs here: what the panel of a measure says.
Does not belong here: its line of the scorecard (`lines.py`), how a chart is drawn (`charts.py`).
"""

import datetime as dt
import itertools
from collections.abc import Callable

from orchestration.board_pack import words
from orchestration.board_pack.content import (
    Balance,
    Borough,
    Boroughs,
    Break,
    Gap,
    GapPoint,
    Line,
    Panel,
    Peer,
    PeriodFigure,
    Point,
    Remark,
    Trend,
)
from orchestration.board_pack.lines import Lines
from orchestration.board_pack.marts import BOROUGHS, Row, Rows, latest_point
from orchestration.board_pack.sentences import (
    PER_RESIDENTS,
    boroughs_message,
    change_of,
    count_behind,
    group_title,
    interval_of,
    months_between,
    reviewed,
    short_title,
    shortest_step,
    side_of,
    standing,
    trend_message,
    unit_of_comparison,
    usual_of_comparison,
    year_of_gap,
)

# A year and the same month of the year before.
MONTHS_IN_TABLE = 13


class Panels(Lines):
    """Writes the panels of a scope."""

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
            reviewed_text=reviewed(measure),
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
        latest = latest_point(charted)
        basis, rows = (charted[-1]["period_basis"], charted) if charted else self._uncharted(line.measure_id)
        if len(rows) < 2:
            return None
        usual = words.usual_decimals(line.unit, measure["measure_type"])
        usual = words.visible_decimals(usual, *(row["value"] for row in charted))
        decimals = usual
        if charted:
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
                centre=row.get("centre_line"),
                lower=row.get("lower_limit"),
                upper=row.get("upper_limit"),
                target=row.get("target_line"),
                signal=row.get("signal") or "none",
                variation=row.get("variation"),
                limit_group=row["limit_group"],
            )
            for row in rows
        )
        target = points[-1].target
        target_text = None if target is None else words.figure(target, line.unit, decimals)
        return Trend(
            title=str(measure["title"]),
            unit=line.unit,
            better=line.better,
            decimals=decimals,
            basis=basis,
            points=points,
            breaks=self._breaks(line.measure_id, rows, _step_of_chart(basis) if charted else _step(rows)),
            has_limits=any(point.upper is not None for point in points),
            target_text=target_text,
            variation_text=words.VARIATIONS.get(latest.get("variation", "")),
            assurance_text=words.ASSURANCES.get(latest.get("assurance", "")),
            note=latest.get("note"),
            message=trend_message(points, basis, line, target_text, latest),
        )

    def _uncharted(self, measure_id: str) -> tuple[str, Rows]:
        """The figures of a measure without a control chart, on the shortest basis that has two, in stretches that
        compare. Years to date of a count fall back to nothing every April: they make no line."""
        for basis in ("month", "quarter", "rolling_12_months"):
            rows = sorted(
                (
                    row
                    for (of_measure, of, _), row in self.marts.results.items()
                    if of_measure == measure_id and of == basis and row["value"] is not None
                ),
                key=lambda row: row["period_month"],
            )
            if len(rows) > 1:
                registered, step = self._registered(measure_id, rows), _step(rows)
                begins = (
                    bool(_registered_between(*pair, registered) or _seen_between(*pair, step))
                    for pair in itertools.pairwise(rows)
                )
                stretches = itertools.accumulate(begins, initial=0)
                return basis, [row | {"limit_group": group} for row, group in zip(rows, stretches, strict=True)]
        return "", []

    def _registered(self, measure_id: str, rows: Rows) -> dict[dt.date, str]:
        """Month → why the series of its latest source begins anew there."""
        return {
            row["break_month"]: row["reason"]
            for row in self.marts.breaks.get(measure_id, [])
            if row["source"] in (None, rows[-1]["source"])
        }

    def _breaks(self, measure_id: str, rows: Rows, step: int) -> tuple[Break, ...]:
        """Where the series begins anew, and why: at what is registered, and at each new stretch."""
        registered = self._registered(measure_id, rows)
        breaks = []
        for before, row in itertools.pairwise(rows):
            why = _registered_between(before, row, registered)
            if not why and before["limit_group"] != row["limit_group"]:
                why = [_seen_between(before, row, step) or "the series is not comparable with what came before"]
            if why:
                month = row["period_month"]
                breaks.append(Break(month, f"{words.short_month(month)}: {words.listed(why)}"))
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

    def _period_figure(
        self,
        period_text: str,
        row: Row,
        measure: Row,
        line: Line,
        say: Callable[[float, str, int], str] = words.short_figure,
    ) -> PeriodFigure:
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
            words.spoken(row["reason"]) if row["value"] is None else None,
            "unsettled" if row["is_settled"] is False else None,
            "fewer than 100 answered" if row["is_small_base"] else None,
        ]
        return PeriodFigure(
            period_text=period_text,
            value=row["value"],
            value_text="no figure" if row["value"] is None else say(row["value"], line.unit, decimals),
            count_text=count_behind(row, measure),
            interval_text=interval_of(row["lower_95"], row["upper_95"], line.unit, decimals),
            last_year_text=(
                None if before is None else say(before, line.unit, decimals) + (" at the same age" if same_age else "")
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
        compared = self.marts.boroughs.get(measure_id, [])
        if any(row["value"] is not None for row in compared):
            month, unit = compared[0]["period_month"], unit_of_comparison(measure)
            changes = {
                row["area_id"]: row for row in self.marts.parts.get((measure_id, "rolling_12_months", month), [])
            }
            usual = usual_of_comparison(measure, compared)
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
            is_gap = measure["measure_type"] == "survey_gap"
            sign = 1 if better == "lower" else -1
            # A gap that is reversed is a gap all the same.
            found.sort(key=lambda row: (sign * (abs(row["value"]) if is_gap else row["value"]), row["title"]))
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
            message=boroughs_message(rows, measure, together_text),
            notes=tuple(
                f"{words.listed(row.title for row in rows if row.note == note)}: {note}"
                for note in dict.fromkeys(row.note for row in rows if row.note)
            ),
        )

    def _borough(self, row: Row, changes: dict[str, Row], measure: Row, unit: str, usual: int) -> Borough:
        value, flag = row["value"], row.get("funnel_flag")
        limits = [row.get(name) for name in ("lower_limit_95", "upper_limit_95", "lower_limit_998", "upper_limit_998")]
        changed = changes.get(row["area_id"])
        return Borough(
            area_id=row["area_id"],
            title=self.marts.areas[row["area_id"]]["title"],
            value=value,
            value_text="no figure" if value is None else words.short_figure(value, unit, usual),
            count_text=count_behind(changed, measure) if changed else None,
            rank=row.get("rank_in_group"),
            lower_95=limits[0],
            upper_95=limits[1],
            lower_998=limits[2],
            upper_998=limits[3],
            flag=flag,
            flag_text=words.FUNNEL_FLAGS.get(flag or "", "no limits"),
            side=side_of(flag, measure["better"]),
            change_text=change_of(changed, measure) if changed else None,
            # What the notes of a group's areas are about.
            note=row.get("note") if unit == PER_RESIDENTS else None,
        )

    def _peers(self, measure: Row) -> tuple[Peer, ...]:
        """The area beside the others of its groups; the group of all boroughs is shown as boroughs."""
        unit = unit_of_comparison(measure)
        usual = usual_of_comparison(measure, self.marts.peers.get(measure["measure_id"], []))
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
            value_text = words.figure(own["value"], unit, decimals)
            rest_text = None if rest is None else words.figure(rest, unit, decimals)
            rank_text = f"{own['rank_in_group']} of {own['units']}, rolling 12 months to"
            rank_text += f" {words.month(own['period_month'])}"
            flag_text = words.FUNNEL_FLAGS.get(own["funnel_flag"] or "")
            said = (value_text, rest_text and f"the rest of the group {rest_text}", f"rank {rank_text}", flag_text)
            peers.append(
                Peer(
                    title=own["peer_group_title"]
                    + (" (a substitute for the published group)" if own["is_substitute"] else ""),
                    unit=unit,
                    value=own["value"],
                    value_text=value_text,
                    rest=rest,
                    rest_text=rest_text,
                    rank_text=rank_text,
                    flag_text=flag_text,
                    rows=tuple(
                        (self.marts.areas[row["area_id"]]["title"], words.short_figure(row["value"], unit, decimals))
                        for row in rows
                        if row["value"] is not None and row["peer_group"] != BOROUGHS
                    ),
                    text="; ".join(part for part in said if part),
                )
            )
        return tuple(peers)

    def _gaps(self, measure: Row) -> tuple[Gap, ...]:
        grouped: dict[tuple[str, str], Rows] = {}
        for row in self.marts.gaps.get(measure["measure_id"], []):
            grouped.setdefault((row["population_group"], row["compared_with"]), []).append(row)
        return tuple(self._gap(rows, measure) for rows in grouped.values())

    def _gap(self, rows: Rows, measure: Row) -> Gap:
        latest = rows[-1]
        given = [row for row in rows if row["gap"] is not None]
        unit = "percentage points" if measure["unit"] == "percent" else measure["unit"]
        usual = words.usual_decimals(measure["unit"], measure["measure_type"])
        group, other = (group_title(latest[name]) for name in ("population_group", "compared_with"))
        gap, values = latest["gap"], (latest["value_of_group"], latest["value_compared_with"])
        decimals = words.telling_decimals(usual, *values)
        of_group, compared = (
            "no figure" if value is None else words.figure(value, measure["unit"], decimals) for value in values
        )
        trend_text = words.TRENDS.get(latest["trend"] or "", "no comparison with last year")
        reason = None if gap is not None else words.spoken(latest["reason"]) or "no reason is recorded"
        said = f"year to {words.month(latest['period_month'])}: no figure ({reason})"
        if given:
            year = year_of_gap(given[-1], measure)
            said = f"{year}; {trend_text}" if reason is None else f"{said}. The latest: {year}"
            said += f". A gap above zero means: {short_title(latest['population_group'])}"
            said += f" {standing(1.0, measure['better'])}"
        title = f"{group.capitalize()} held against {other}"
        return Gap(
            title=title,
            unit=unit,
            month=latest["period_month"],
            points=tuple(
                GapPoint(month=row["period_month"], gap=row["gap"], lower=row["lower_95"], upper=row["upper_95"])
                for row in given
            ),
            of_group_text=f"{group}: {of_group}",
            compared_text=f"{other}: {compared}",
            value=gap,
            value_text=(
                "no figure" if gap is None else words.figure(gap, unit, words.telling_decimals(usual, 0.0, gap))
            ),
            interval_text=interval_of(latest["lower_95"], latest["upper_95"], unit, usual),
            trend=latest["trend"],
            trend_text=trend_text,
            base_text=(
                None
                if latest["fewest_respondents"] is None
                else words.counted(round(latest["fewest_respondents"]), "person", "people")
                + " answered in the smaller group"
                + (", fewer than 100: read with care" if latest["is_small_base"] else "")
            ),
            reason=reason,
            message=f"{title}, {said}.",
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
        value_text = words.figure(result["value"], other["unit"], usual)
        text = f"{value_text} in the financial year to date, {self._direction(result, other)}"
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
                    f" {words.counted(len(found), 'current delivery', 'current deliveries')}"
                )
                if not self.is_public:
                    said[-1] += (
                        f", the latest {latest['file_name']} (revision {latest['revision']},"
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
            said += [row["outlook_reason"] and f"no outlook: {words.spoken(row['outlook_reason'])}"]
            if not line.is_settled:
                said.append(f"late facts may move the figure for {words.counted(measure['settles_after'], 'month')}")
            if row["rows_quarantined"]:
                said.append(f"{words.counted(row['rows_quarantined'], 'quarantined row')} could be of this figure")
        compared = self.marts.boroughs.get(lines[0].measure_id, [])
        if compared and all(row["value"] is None for row in compared):
            said.append(f"its boroughs beside each other: {compared[0]['note']}")
        local = [row for row in self.marts.local_verdicts if row["measure_id"] == lines[0].measure_id]
        if local and self.is_force:
            counts = (f"{words.VERDICTS[row['verdict']].lower()} {row['targets']}" for row in local)
            said.append(f"targets of areas of their own: {words.listed(counts)}")
        if measure["control_seasonal_adjustment_reason"]:
            said.append(f"season of the chart: {measure['control_seasonal_adjustment_reason']}")
        return tuple(dict.fromkeys(text for text in said if text))

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


def _step_of_chart(basis: str) -> int:
    """Months from one point of a control chart to the next, also where it has no two that follow each other."""
    return 3 if basis == "quarter" else 1


def _step(rows: Rows) -> int:
    return shortest_step([row["period_month"] for row in rows])


def _registered_between(before: Row, row: Row, registered: dict[dt.date, str]) -> list[str]:
    return [reason for month, reason in registered.items() if before["period_month"] < month <= row["period_month"]]


def _seen_between(before: Row, row: Row, step: int) -> str | None:
    """Why a series begins anew at a figure, as far as the figures show it."""
    if before["source"] != row["source"]:
        return "the source changed"
    if months_between(before["period_month"], row["period_month"]) > step:
        return "the months before it have no figure"
    return None
