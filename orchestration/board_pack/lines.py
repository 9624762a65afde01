"""Lines of the scorecard in words.

Here: a measure and its target: value, target, verdict and what stands beside it.
Belongs here: what the scorecard says.
Does not belong here: which lines there are (`scope.py`), everything else of a measure (`panels.py`).
"""

from dataclasses import replace

from orchestration.board_pack import words
from orchestration.board_pack.content import Line
from orchestration.board_pack.marts import Row
from orchestration.board_pack.scope import Scope
from orchestration.board_pack.sentences import (
    count_behind,
    gap_to_target,
    group_title,
    interval_of,
    outlook_text,
    short_title,
    side_of,
    signed,
    standing,
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
            count_text=count_behind(result, measure),
            interval_text=interval_of(lower, upper, row["unit"], decimals),
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
            gap_text=gap_to_target(value if judged is None else judged, threshold, row["unit"], usual),
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
            outlook_text=outlook_text(row),
            change=change,
            direction=direction,
            direction_text=direction_text,
            beside_text=self._beside(row["measure_id"], usual) if not self.is_force else None,
            is_provisional=bool(row["is_provisional"]),
            provisional_text=words.spoken(row["provisional_because"]) if row["is_provisional"] else None,
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
            title += f", {years(target['window_from'], target['window_to'])}"
        if row["population_group"] != "all":
            title += f" ({group_title(row['population_group'])})"
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
                f": the change is between {signed(lower, decimals)} and {signed(upper, decimals)} at 95{words.NBSP}%"
                f" certainty, against {signed(amount, 0 if amount == int(amount) else usual)} asked"
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
            grew = change > 0
            if measure["measure_type"] == "survey_gap":
                # A gap that is reversed is not better the further it is.
                grew = abs(result["value"]) > abs(result["value"] - change)
            direction = "better" if grew == (measure["better"] == "higher") else "worse"
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
