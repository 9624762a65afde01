"""Writing a pack from a release.

Here: the front page, exceptions, decisions, milestones, restatements and data quality, and the pack as a whole.
Belongs here: what a pack says that is not of one measure.
Does not belong here: a line (`lines.py`), a panel (`panels.py`), pages (`html.py`).
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from orchestration.board_pack import words
from orchestration.board_pack.content import (
    EDITIONS,
    EXCEPTION_RULE,
    SECTIONS,
    VERDICT_ORDER,
    Asked,
    Change,
    Comparison,
    Contribution,
    Decision,
    Exceptional,
    Extract,
    Line,
    Milestone,
    Milestones,
    NothingToShow,
    Objective,
    Pack,
    Quality,
    Quarantined,
    Restated,
    RestatedVerdict,
    Selection,
    TierCount,
    YearToDate,
)
from orchestration.board_pack.contribution import shared_out
from orchestration.board_pack.marts import FORCE, Row, read_marts
from orchestration.board_pack.methods import METHODS
from orchestration.board_pack.panels import Panels
from orchestration.board_pack.sentences import group_of, group_title, months_between, side_of, stood, year_before, years

# By edition, for the Board and for the public.
TITLES = {
    "monthly": ("Performance Board pack", "Performance report, public edition"),
    "quarterly": ("Quarterly performance report", "Quarterly performance report, public edition"),
}


def read_pack(database: Path, selection: Selection) -> Pack:
    """The pack of a release, from its database; raises `NothingToShow` when the selection has none."""
    if selection.edition not in EDITIONS:
        raise NothingToShow(f"There is no edition {selection.edition!r}: {words.listed(EDITIONS)}.")
    if selection.area and selection.business_group:
        raise NothingToShow("A pack is for an area or for a business group, not for both.")
    return _Author(read_marts(database, selection.area or FORCE), selection).pack()


class _Author(Panels):
    """Writes one pack from the rows it rests on."""

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
        asked = self._asked(open_decisions)
        comparison = self._comparison()
        tiers = self._tiers(lines)
        area_title = marts.areas[self.area]["title"]
        group = group_of(self.rows[0]["owner"]) if selection.business_group else None
        release = marts.release
        month = marts.months[self.month]
        is_synthetic = release["data_kind"] != "real"
        return Pack(
            selection=selection,
            title=TITLES[selection.edition][self.is_public],
            subtitle=f"{group or area_title}, {words.month(self.month)}",
            month=self.month,
            month_text=words.month(self.month),
            year_text=f"{month['financial_year']}, quarter {month['quarter_of_financial_year']}"
            + ("" if self.month.month % 3 == 0 else " so far"),
            plan_text=marts.plan["title"]
            + (" (carried over: no plan lists measures for this month)" if self.rows[0]["is_carried_over"] else ""),
            release_id=release["release_id"],
            built_at=release["built_at"],
            built_text=words.day(release["built_at"].date()),
            code_version=release["code_version"],
            sample_text="SYNTHETIC SAMPLE" if is_synthetic else None,
            status_text="Provisional" if release["status"] == "provisional" else "Final",
            provisional_because=words.spoken(release["provisional_because"]),
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
            year_to_date=tuple(self._year_to_date(row, line) for row, line in zip(self.rows, lines, strict=True)),
            restated=self._restated(),
            restated_verdicts=self._restated_verdicts(),
            quality=self._quality(lines),
            methods=METHODS,
            notes=self._notes(),
        )

    def _sections(self) -> tuple[str, ...]:
        left_out = set[str]() if self.is_force else {"milestones", "decisions"}
        if self.is_public:
            left_out |= {"decisions", "quality"}
        return tuple(name for name in SECTIONS[self.selection.edition] if name not in left_out)

    def _notes(self) -> tuple[str, ...]:
        if self.selection.area:
            return (
                "A borough's pack: verdicts are of targets the borough has of its own; the force's targets are not held"
                " against one borough. Commentary, decisions and milestones are the force's and not repeated here.",
            )
        if self.selection.business_group:
            return ("The measures this business group answers for, with the force's figures.",)
        if self.is_public:
            return (
                "The public edition. Where a breakdown has counts from which a small one could be worked out, its"
                " figures are withheld and say so. Commentary, decisions of the Board and what is"
                " known of single deliveries are not part of it.",
            )
        return ()

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
        if not said:
            said.append("No target is judged this month.")
        missing = sum(exception.missing_text is not None for exception in exceptions)
        said.append(
            f"{words.counted(len(exceptions), 'exception')}"
            + (f", {missing} of them without their owner's commentary." if missing else ".")
        )
        worse = sum(change.kind == "worse" for change in comparison.changes)
        better = sum(change.kind == "better" for change in comparison.changes)
        if comparison.changes or comparison.unchanged:
            said.append(f"{comparison.since_text}: {words.counted(better, 'verdict')} better, {worse} worse.")
        turned = {
            tuple(row[name] for name in ("area_id", "target_id", "population_group", "period_month"))
            for row in self.marts.restated_verdicts
            if row["is_verdict_flipped"] and self._is_of_pack(row["measure_id"])
        }
        if self.is_force and turned:
            elsewhere = [area_id for area_id, *_ in turned if area_id != FORCE]
            said.append(
                f"Verdicts given earlier that have turned: {len(turned) - len(elsewhere)} of the force"
                + (f", {len(elsewhere)} of areas." if elsewhere else ".")
            )
        if not self.is_force:
            beyond = [
                (measure_id, row["funnel_flag"])
                for measure_id in self.anchors
                for row in self.marts.boroughs.get(measure_id, [])
                if row["area_id"] == self.area and str(row["funnel_flag"]).endswith("_998")
            ]
            sides = Counter(side_of(flag, self.marts.measures[measure_id]["better"]) for measure_id, flag in beyond)
            said.append(
                f"Beside the other boroughs: {words.counted(sides['worse'], 'measure')} beyond the 99.8{words.NBSP}%"
                f" funnel limit on the worse side, {sides['better']} on the better side."
            )
        if self.is_force and not self.is_public:
            said.append(
                f"{words.counted(len(asked), 'matter')} for the Board to decide or take up."
                if asked
                else "Nothing needs a decision of the Board."
            )
        return tuple(said)

    def _comparison(self) -> Comparison:
        """What changed since the pack of the month before, from what each release said."""
        if not self.is_force:
            return Comparison("No earlier packs of a borough are kept to compare with", (), 0)

        def said(rows: Iterable[Row]) -> dict[tuple[str, str | None, str], Row]:
            return {(row["measure_id"], row["target_id"], row["population_group"]): row for row in rows}

        after = said(row for row in self.marts.reported if row["reporting_month"] == self.month)
        before = said(row for row in self.marts.reported if row["reporting_month"] != self.month)
        if not before:
            return Comparison("No earlier month has a pack to compare with", (), 0)
        first = next(iter(before.values()))
        since = f"Since the pack of {words.month(first['reporting_month'])} ({first['release_id']})"
        if months_between(first["reporting_month"], self.month) > 1:
            since += ", the latest before this month's"
        pairs: list[tuple[Row | None, Row | None]] = [(before.get(key), row) for key, row in after.items()]
        pairs += [(row, None) for key, row in before.items() if key not in after]
        changes, unchanged = [], 0
        for old, new in _succeeded(pairs):
            measure_id = (new or old or {})["measure_id"]
            if not self._is_of_pack(measure_id):
                continue
            if old and new and old["verdict"] == new["verdict"] and old["target_id"] == new["target_id"]:
                unchanged += 1
                continue
            changes.append(
                Change(
                    anchor=self.anchors.get(measure_id),
                    title=self._line_title(new or old or {}, list((after if new else before).values())),
                    kind=_kind_of_change(old, new),
                    before_text=self._reported_text(old, new),
                    after_text=self._reported_text(new, old),
                )
            )
        order = ["worse", "better", "other", "new", "gone"]
        return Comparison(since, tuple(sorted(changes, key=lambda change: order.index(change.kind))), unchanged)

    def _reported_text(self, row: Row | None, other: Row | None) -> str:
        """A line as one pack gave it; with the years of its target where the other pack's was another."""
        if row is None:
            return "not in the pack"
        said = words.VERDICTS[row["verdict"]]
        target = self.marts.targets.get(row["target_id"])
        if target and (other is None or other["target_id"] != row["target_id"]):
            said += f" ({years(target['window_from'], target['window_to'])})"
        # The figure of a target for every area is that of one of them, which is not kept.
        if row["value"] is None or (target and target["rule"] == "every_area_improves"):
            return said
        measure = self.marts.measures.get(row["measure_id"], {"unit": "", "measure_type": ""})
        usual = words.usual_decimals(measure["unit"], measure["measure_type"])
        decimals = words.telling_decimals(usual, row["threshold"], row["value"])
        said += f": {words.figure(row['value'], measure['unit'], decimals)}"
        if other and None not in (row["threshold"], other["threshold"]) and row["threshold"] != other["threshold"]:
            decimals = words.telling_decimals(decimals, row["threshold"], other["threshold"])
            said += f" against {words.figure(row['threshold'], measure['unit'], decimals)}"
        stage = row["verdict_stage"]
        notes = [words.STAGES[stage]] if other and stage in words.STAGES and stage != other["verdict_stage"] else []
        if row["period_basis"] == "month" and stage != "month":
            notes.append("a month's figure")
        return f"{said} ({', '.join(notes)})" if notes else said

    def _asked(self, decisions: tuple[Decision, ...]) -> tuple[Asked, ...]:
        """Decisions that commentary of the month asks for, and decisions of the Board that are overdue."""
        asked = []
        for measure_id in [*self.anchors, *(self.marts.commentary.keys() - self.anchors.keys())]:
            for row in self.marts.commentary.get(measure_id, []):
                if row["period_month"] == self.month and row["decision_asked"] and self._is_of_pack(measure_id):
                    asked.append(
                        Asked(
                            self.anchors.get(measure_id),
                            self._title(measure_id),
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

    def _exceptional(self, lines: list[Line]) -> Exceptional:
        first = lines[0]
        because = list(dict.fromkeys(reason for line in lines for reason in line.exception_because))
        remarks = tuple(
            remark for remark in self._remarks(first.measure_id) if remark.month_text == words.month(self.month)
        )
        missing = None
        if self.is_force and not remarks and not self.is_public:
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

    def _contributions(self, line: Line) -> tuple[Contribution, ...]:
        """Which boroughs, and which groups of the measure's own, made the change on last year.

        Of the year to date where there is one, or the line's own figure. Groups only where they add up to the measure:
        those of people asked, for instance, do not when some gave none.
        """
        measure = self.marts.measures[line.measure_id]
        basis = "financial_year_to_date" if line.basis == "month" else line.basis
        month = self.month
        whole = self.marts.results.get((line.measure_id, basis or "", month))
        before = self.marts.results.get((line.measure_id, basis or "", year_before(month)))
        if whole is None or before is None or whole["value"] is None or before["value"] is None:
            return (Contribution("boroughs", "Without a figure of both years there is no change to share out."),)
        if whole["change"] is None:
            return (Contribution("boroughs", "The year before is not comparable, so no change is shared out."),)
        if abs(whole["value"] - before["value"]) < words.NO_DIFFERENCE:
            return (Contribution("boroughs", "As recorded now it stands as last year: no change to share out."),)
        parts = self.marts.parts
        now, then = (
            {row["title"]: row for row in parts.get((line.measure_id, basis or "", when), [])}
            for when in (month, year_before(month))
        )
        found = [
            shared_out("boroughs", measure, whole, before, now, then)
            or Contribution(
                "boroughs",
                "Figures of boroughs do not add up to this measure, so none is named."
                if now
                else "There are no figures of boroughs.",
            )
        ]
        of_now, of_then = (
            self.marts.groups.get((line.measure_id, basis or "", when), []) for when in (month, year_before(month))
        )
        for dimension in sorted({row["population_group"].split(":")[0] for row in of_now}):
            shared = shared_out(
                dimension.replace("_", " "),
                measure,
                whole,
                before,
                *(
                    {
                        group_title(row["population_group"]): row
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
            measure_title=self._title(row["measure_id"]) if row["measure_id"] else None,
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
                title=self._title(row["measure_id"]),
                cause_text=words.CAUSES.get(row["cause"]) or row["cause"],
                figures=row["figures"],
                scope_text=(
                    f"{words.counted(row['of_force'], 'figure')} of the force"
                    + (f", {row['figures'] - row['of_force']:,} of other areas" if row["areas"] else "")
                    if self.is_force
                    else words.counted(row["figures"], "figure")
                )
                + f", {words.months(row['first_month'], row['last_month'])}",
                explanation=(row["explanation"] or "")
                + (f" (and {row['explanations'] - 1} more)" if row["explanations"] > 1 else ""),
            )
            for row in self.marts.restatements
            if not self.is_force or self._is_of_pack(row["measure_id"])
        )

    def _restated_verdicts(self) -> tuple[RestatedVerdict, ...]:
        found = []
        for row in self.marts.restated_verdicts:
            if row["area_id"] != self.area or (self.is_force and not self._is_of_pack(row["measure_id"])):
                continue
            measure = self.marts.measures[row["measure_id"]]
            is_of_one = self.marts.targets.get(row["target_id"], {}).get("rule") == "every_area_improves"
            found.append(
                RestatedVerdict(
                    title=str(measure["title"]),
                    area_text="the area that stands for all" if is_of_one else row["area_title"],
                    month_text=words.month(row["period_month"]),
                    before_text=f"{row['release_before']}: {stood(row, 'before', measure)}",
                    after_text=f"{row['release_after']}: {stood(row, 'after', measure)}",
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
            provisional_because=words.spoken(marts.release["provisional_because"]),
            provisional=tuple(line for line in lines if line.is_provisional),
            extracts=() if self.is_public else tuple(self._extract(row) for row in newest.values()),
            quarantined=tuple(
                Quarantined(
                    row["extract"].replace("_", " "),
                    row["file_name"],
                    words.spoken(row["meaning"]) or "",
                    row["rows_quarantined"],
                )
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
        behind = months_between(row["last_month"], self.month) if row["last_month"] else 0
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

    def _year_to_date(self, of_line: Row, line: Line) -> YearToDate:
        measure = self.marts.measures[line.measure_id]
        row = self._figure(line.measure_id, "financial_year_to_date", self.month, of_line["population_group"])
        figure = self._period_figure("", row, measure, line, words.figure) if row else None
        judged = line.judged_text
        if line.value is not None and (row is None or row["value"] != line.value):
            judged = f"of {line.value_text}, {line.basis_text}"
        return YearToDate(
            anchor=self.anchors[line.measure_id],
            title=line.title,
            objective=line.objective_title,
            value=row["value"] if row else None,
            value_text=figure.value_text if figure else "no figure",
            count_text=figure.count_text if figure else None,
            last_year_text=(figure and figure.last_year_text) or "no figure",
            change_text=self._direction(row, measure),
            target_text=line.target_text,
            target_status_text=line.target_status_text,
            verdict=line.verdict,
            verdict_text=line.verdict_text,
            judged_text=judged,
            note=figure.note if figure else None,
        )


# From the worst to the best; what was not judged is neither.
_STANDING = {"not_met": 0, "behind": 1, "ahead": 2, "met": 3}


def _kind_of_change(old: Row | None, new: Row | None) -> str:
    if old is None or new is None:
        return "new" if old is None else "gone"
    # Of another target, a verdict is another question.
    if old["target_id"] == new["target_id"] and old["verdict"] in _STANDING and new["verdict"] in _STANDING:
        return "better" if _STANDING[new["verdict"]] > _STANDING[old["verdict"]] else "worse"
    return "other"


def _succeeded(pairs: list[tuple[Row | None, Row | None]]) -> list[tuple[Row | None, Row | None]]:
    """The pairs, where a measure's only new target stands beside the only one that went: that of the year before."""
    went: dict[tuple[str, str], list[Row]] = {}
    came: dict[tuple[str, str], list[Row]] = {}
    for old, new in pairs:
        if old is None or new is None:
            row, where = (new, came) if old is None else (old, went)
            if row:
                where.setdefault((row["measure_id"], row["population_group"]), []).append(row)
    heirs = {key: rows[0] for key, rows in went.items() if len(rows) == len(came.get(key, [])) == 1}
    paired: list[tuple[Row | None, Row | None]] = []
    for old, new in pairs:
        if old is None and new:
            paired.append((heirs.get((new["measure_id"], new["population_group"])), new))
        elif new is None and old and (old["measure_id"], old["population_group"]) in heirs:
            continue
        else:
            paired.append((old, new))
    return paired
