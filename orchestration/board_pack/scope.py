"""Which lines a pack has: the force's, or those of a borough or a business group.

Here: the lines of the scorecard in their order, with an area's figures in place of the force's.
Belongs here: what a selection selects.
Does not belong here: what is said of a line (`lines.py`).
"""

import datetime as dt

from orchestration.board_pack.content import NothingToShow, Selection
from orchestration.board_pack.marts import FORCE, Marts, Row, Rows, latest_point
from orchestration.board_pack.sentences import group_key, group_of


class Scope:
    """The marts, and what of them a pack is about."""

    def __init__(self, marts: Marts, selection: Selection) -> None:
        self.marts = marts
        self.selection = selection
        self.area = selection.area or FORCE
        self.month: dt.date = marts.release["reporting_month"]
        self.is_force = self.area == FORCE
        # A release of before there was a public edition does not say whom it is for.
        self.is_public = marts.release.get("audience") == "public"
        boroughs = [area_id for area_id, area in marts.areas.items() if area["area_type"] == "borough"]
        if not self.is_force and self.area not in boroughs:
            raise NothingToShow(f"There is no borough {self.area!r}. There are: {', '.join(boroughs)}.")
        self.rows = self._scorecard_rows()
        self.anchors = {row["measure_id"]: f"measure-{row['measure_id']}" for row in self.rows}

    def _scorecard_rows(self) -> Rows:
        """The lines of the scorecard, with those of an area in place of the force's, or those a group answers for."""
        rows = self.marts.scorecard
        group = self.selection.business_group
        if group is not None:
            groups = sorted({group_of(row["owner"]) for row in rows if row["owner"]})
            rows = [row for row in rows if group_key(row["owner"]) == group_key(group)]
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
        latest = latest_point(self.marts.charts.get(measure_id, []))
        unsaid = {"improves_on_outturn": None, "reading": None}
        own = [verdict for verdict in self.marts.verdicts.values() if verdict["measure_id"] == measure_id]
        if own:
            return [{**row, **verdict, **_charted(latest, verdict), **unsaid} for verdict in own]
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
                **_charted(latest, {"target_id": None, "population_group": "all"}),
                **unsaid,
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

    def _is_of_pack(self, measure_id: str | None) -> bool:
        """Whether what is said of a measure, in force or not, belongs into this pack."""
        if self.selection.business_group is None:
            return self.is_force
        owner = self.marts.measures.get(measure_id or "", {}).get("owner")
        return group_key(owner) == group_key(self.selection.business_group)

    def _title(self, measure_id: str | None) -> str:
        """A measure's name, whether it is in force or not."""
        return str(self.marts.measures.get(measure_id or "", {}).get("title", measure_id))


def _charted(latest: Row, verdict: Row) -> Row:
    """What a control chart of everybody says beside a verdict; whether it passes, of the target its line stands for."""
    of = latest if verdict["population_group"] == "all" else {}
    is_of_target = of.get("target_id") == verdict["target_id"]
    return {"variation": of.get("variation"), "assurance": of.get("assurance") if is_of_target else None}
