"""Lines of the scorecard in words.

Here: a measure and its target: value, target, verdict and what stands beside it.
Belongs here: what the scorecard says.
Does not belong here: which lines there are (`scope.py`), everything else of a measure (`panels.py`).
"""

import datetime as dt
from dataclasses import replace

from orchestration.board_pack import words
from orchestration.board_pack.content import Line
from orchestration.board_pack.marts import Row, Rows
from orchestration.board_pack.scope import Scope
from orchestration.board_pack.sentences import (
    count_behind,
    end_of_year,
    gap_to_target,
    group_title,
    interval_of,
    month_after,
    months_between,
    outlook_text,
    short_title,
    side_of,
    signed,
    standing,
    unit_of_comparison,
    usual_of_comparison,
    years,
)


class Lines(Scope):
    """Writes the lines of a scope."""

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
        line = Line(
            measure_id=row["measure_id"],
            anchor="line-" + "-".join([row["measure_id"], row["target_id"] or "none", row["population_group"]]),
            title=self._line_title(row, self.rows),
            tier=row["tier"],
            tier_text=words.TIERS.get(row["tier"]) or row["tier"],
            owner=row["owner"] or "no owner named",
            objective=row["objective"] or "",
            objective_title=row["objective_title"] or row["pack_section"] or "Not in the plan",
            unit=row["unit"],
            better=row["better"],
            value=value,
            value_text="no figure" if value is None else words.figure(value, row["unit"], decimals),
            count_text=count_behind(result, measure),
            interval_text=interval_of(lower, upper, row["unit"], decimals),
            basis=row["period_basis"],
            basis_text=None if value is None else self._basis_text(row, result),
            target_id=row["target_id"],
            threshold=threshold,
            threshold_text=None if threshold is None else words.figure(threshold, row["unit"], decimals),
            target_text=self._target_text(row, decimals),
            target_status_text=words.TARGET_STATUSES.get(row["target_status"]),
            judged_text=self._judged_text(row, judged, decimals),
            gap_text=gap_to_target(value if judged is None else judged, threshold, row["unit"], usual),
            verdict=row["verdict"],
            verdict_text=words.VERDICTS[row["verdict"]],
            stage_text=words.STAGES.get(row["verdict_stage"]) if row["verdict"] != "not_measurable" else None,
            certainty_text=self._certainty_text(row, verdict, usual),
            variation=row["variation"],
            variation_text=words.VARIATIONS.get(row["variation"]),
            assurance_text=words.ASSURANCES.get(row["assurance"]),
            outlook=row["outlook"],
            outlook_text=outlook_text(row),
            direction_text=self._direction(result, measure),
            beside_text=None if self.is_force or row["population_group"] != "all" else self._beside(measure),
            is_provisional=bool(row["is_provisional"]),
            provisional_text=words.spoken(row["provisional_because"]) if row["is_provisional"] else None,
            is_settled=row["is_settled"] is not False,
            notes=self._line_notes(row, result, verdict, usual),
            exception_because=(),
        )
        return replace(line, exception_because=self._exception_because(line))

    def _line_title(self, row: Row, among: Rows) -> str:
        """The measure's name, with the group or the years of the target where that tells two targets apart."""
        title = self._title(row["measure_id"])
        target = self.marts.targets.get(row["target_id"])
        if target and sum(other["measure_id"] == row["measure_id"] for other in among) > 1:
            title += f", {years(target['window_from'], target['window_to'])}"
        if row["population_group"] != "all":
            title += f" ({group_title(row['population_group'])})"
        return title

    def _result(self, row: Row) -> Row | None:
        """The figure of a line among the results, for its counts, interval and change; none where years are added up.

        Of a target for every area it is that of the area which stands for all.
        """
        if row["period_basis"] is None or row["compared_month"] is None:
            return None
        key = (row["measure_id"], row["period_basis"], row["compared_month"])
        if row["rule"] == "every_area_improves":
            # A release that was published before its scorecard named the area shows none of them.
            parts = self.marts.parts.get(key, []) if row["population_group"] == "all" else []
            return next((part for part in parts if part["area_id"] == row.get("compared_area_id")), None)
        return None if self._added_up_from(row) else self._figure(*key, row["population_group"])

    def _figure(self, measure_id: str, basis: str, month: dt.date, population_group: str) -> Row | None:
        """The area's figure of everybody, or of a group."""
        key = (measure_id, basis, month)
        if population_group == "all":
            return self.marts.results.get(key)
        groups = self.marts.groups.get(key, [])
        return next((group for group in groups if group["population_group"] == population_group), None)

    def _added_up_from(self, row: Row) -> dt.date | None:
        """The first month of a count that a target adds up over several years: of those, a year to date is a part."""
        target = self.marts.targets.get(row["target_id"])
        if target is None or row["period_basis"] != "financial_year_to_date":
            return None
        first: dt.date = target["window_from"]
        return first if months_between(first, target["window_to"]) >= 12 else None

    def _basis_text(self, row: Row, result: Row | None) -> str:
        """The months a line's figure covers, and the area where it is not the pack's."""
        added_up_from = self._added_up_from(row)
        if added_up_from:
            return f"added up, {words.short_month(added_up_from)} to {words.short_month(row['compared_month'])}"
        said = words.window(row["period_basis"], row["compared_month"], result["window_from"] if result else None)
        return f"{result['title']}, {said}" if result and row["rule"] == "every_area_improves" else said

    def _judged_text(self, row: Row, judged: float | None, decimals: int) -> str | None:
        """The figure a verdict rests on, where that is not the value."""
        value = row["value"]
        if judged is None or value is None or abs(judged - value) < words.NO_DIFFERENCE:
            return None
        is_gap = self.marts.measures[row["measure_id"]]["measure_type"] == "survey_gap"
        # A gap that is reversed is judged on its size.
        why = "its size" if is_gap and judged == -value else "the part of it that is comparable"
        return f"judged on {words.figure(judged, row['unit'], decimals)}, {why}"

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
                f": the change is between {signed(lower, decimals)} and {signed(upper, decimals)} at 95{words.NBSP}%"
                f" certainty, against {signed(amount, 0 if amount == int(amount) else usual)} asked"
            )
        if row["certainty"] == "too_close_to_call" and row["detectable_change"] is not None:
            least = words.number(row["detectable_change"], words.telling_decimals(usual, 0.0, row["detectable_change"]))
            said += f"; a change of {least} would have shown"
        return said

    def _direction(self, result: Row | None, measure: Row) -> str:
        """Change on the same period last year, and whether that is better."""
        change = result.get("change") if result else None
        if result is None or change is None:
            return "no comparison with last year"
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
            return said
        if measure["better"] in ("higher", "lower"):
            grew = change > 0
            if measure["measure_type"] == "survey_gap":
                # A gap that is reversed is not better the further it is.
                grew = abs(result["value"]) > abs(result["value"] - change)
            said += f" ({'better' if grew == (measure['better'] == 'higher') else 'worse'})"
        lower, upper = (result[bound] for bound in bounds)
        if lower is not None and upper is not None and lower <= 0 <= upper:
            said += ", within chance"
        return said

    def _line_notes(self, row: Row, result: Row | None, verdict: Row, usual: int) -> tuple[str, ...]:
        """What to know of a line, beyond its figures."""
        unit = row["unit"]
        notes = [words.spoken(row["reason"])]
        if row["expected_by_now"] is not None and row["value"] is not None:
            decimals = words.telling_decimals(usual, row["expected_by_now"], row["value"])
            notes.append(f"by now {words.figure(row['expected_by_now'], unit, decimals)} would be usual")
        # Of what is met or not, the reason says it.
        if row["verdict_otherwise"] and row["verdict"] not in ("met", "not_met"):
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
        if row["verdict_stage"] != "final" and row["verdict"] in ("ahead", "behind", "not_met"):
            notes.append(self._still_to_come(row, verdict, usual))
        return tuple(note for note in notes if note)

    def _still_to_come(self, row: Row, verdict: Row, usual: int) -> str | None:
        """What the year's months after the last settled one must average; none where nothing is asked of them."""
        if not row["required_run_rate"]:
            return None
        settled: dt.date = verdict["projected_from"]
        first, last = month_after(settled), end_of_year(self.month)
        months = words.month(first) if first == last else f"{words.month(first)} to {words.month(last)}"
        rate = words.figure(row["required_run_rate"], row["unit"], max(usual, 1))
        is_sum = self.marts.measures[row["measure_id"]]["measure_type"] in ("count", "rate", "money")
        return f"{months} must average {rate}{' a month' if is_sum else ''} to meet it"

    def _beside(self, measure: Row) -> str | None:
        """A borough's place among all of them."""
        rows = self.marts.boroughs.get(measure["measure_id"], [])
        own = next((row for row in rows if row["area_id"] == self.area), None)
        if own is None or own["value"] is None or own["rank_in_group"] is None:
            return None
        unit = unit_of_comparison(measure)
        decimals = words.telling_decimals(usual_of_comparison(measure, rows), own["group_value"], own["value"])
        return (
            f"rank {own['rank_in_group']} of {own['units']} boroughs in the year to {words.month(own['period_month'])};"
            f" boroughs together {words.figure(own['group_value'], unit, decimals)},"
            f" this one {words.figure(own['value'], unit, decimals)}"
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
                groups = f"{group_title(gap['population_group'])} and {group_title(gap['compared_with'])}"
                ahead = f"{short_title(gap['population_group'])} {standing(gap['gap'], line.better)}"
                because.append(f"the gap between {groups} widens ({ahead})")
        if line.tier == "cpa" and line.target_id and line.verdict == "not_measurable":
            because.append("target of a critical performance area cannot be judged")
        if not self.is_force:
            own = [row for row in self.marts.boroughs.get(line.measure_id, []) if row["area_id"] == self.area]
            if any(
                str(row["funnel_flag"]).endswith("_998") and side_of(row["funnel_flag"], line.better) == "worse"
                for row in own
            ):
                because.append("beyond the 99.8 % funnel limit on the worse side")
        return tuple(because)
