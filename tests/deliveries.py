"""Builders of tiny deliveries, valid until a test breaks them.

Here: valid rows of every extract in the systems' own layout, and writers of CSV, Parquet and XLSX.
Belongs here: what a test needs to put a delivery on disk.
Does not belong here: assertions, and the synthetic sample (`orchestration/sample_deliveries.py`).
"""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import xlsxwriter

from orchestration.extracts.seeds import boroughs

Row = dict[str, str]
BOROUGHS = sorted(boroughs())
# 402 rows: two bad ones (a repeated key breaks two) stay under a quarantine limit of 0.5 %.
ENOUGH = 402
# What people may write, or paste, or mean to do harm by: all of it is text, and stays as it is.
HOSTILE = {
    "a formula": "=cmd()|' /C calc'!A0",
    "a sum": "@SUM(1+1)*cmd|' /C calc'!A0",
    "a script": '<script>alert("zq")</script><!-- & &lt; -->',
    "a template": "{{ env_var('ZQ') }} {% raw %} ${zq} %(zq)s \\n",
    "typesetting": '#import "zq" $x$ @zq *bold* _low_ // no comment',
    "SQL": "zq'; drop table fct_commentary; --",
    "marks of direction": "zq \u202elaw\u202c \u200f\u2067zq\u2069",
    "quotes and commas": '"zq", \'zq\', “zq”, zq;zq|zq"',
    "signs beyond the first plane": "zq 👍🏽 e\u0301 \u00e9 \ufeff \u2028 \u00a0 zq",
    "what looks like a number": "0012.50",
    "what looks like nothing": "NULL",
    "an escape of workbooks": "_x000D_ _x0041_",
    "ten thousand characters": "é" * 9_999 + "=",
    # A CSV is refused that has one within a field.
    "line breaks": "zq\nzq\r\n\nzq",
}


def recorded_crime(i: int, month: str) -> Row:
    return {
        "period_month": f"{month}-01",
        "months_covered": "1",
        "area": BOROUGHS[i % 32],
        "offence_ref": f"ZQCR/{month}/{i:06d}",
        "recorded_date": f"{month}-{i % 28 + 1:02d}",
        "offence_code": "homicide",
        "is_domestic": "false",
        "is_gun_enabled": "false",
        "is_knife_enabled": "true",
        "victims_under_20": "0",
        "victim_group": "",
        "arrest_date": "",
        "outcome_type": "",
        "outcome_date": "",
        "drug_type": "",
        "offences": "1",
    }


def _interview(i: int, month: str) -> Row:
    return {
        "period_month": f"{month}-01",
        "months_covered": "1",
        "area": BOROUGHS[i % 32],
        "response_ref": f"ZQIV/{month}/{i:06d}",
        "interview_date": f"{month}-{i % 28 + 1:02d}",
        "ethnic_group": "mixed",
        "weight": "1.25",
        "published_value": "",
        "respondents": "1",
    }


def victim_satisfaction(i: int, month: str) -> Row:
    return {
        **_interview(i, month),
        "crime_type": "burglary",
        "overall": "very_satisfied",
        "access": "fairly_satisfied",
        "action": "neither",
        "follow_up": "not_stated",
        "treatment": "completely_satisfied",
        "call_handling": "very_satisfied",
    }


def public_attitude(i: int, month: str) -> Row:
    return {**_interview(i, month), "survey": "pas", "question": "good_job", "answer": "tend_to_agree"}


def workforce(i: int, month: str) -> Row:
    return {
        "period_month": f"{month}-01",
        "area": BOROUGHS[i % 32],
        "business_group": f"unit_{i // 32}",
        "role": "officer",
        "rank": "constable",
        "gender": "female",
        "ethnic_group": "mixed",
        "headcount": "12",
        "fte": "11.5",
        "budgeted_fte": "12.25",
        "contracted_hours": "1840",
        "sickness_hours": "36.5",
    }


def road_casualties(i: int, month: str) -> Row:
    return {
        "period_month": f"{month}-01",
        "months_covered": "1",
        "area": BOROUGHS[i % 32],
        "casualty_ref": f"ZQRC/{month}/{i:06d}",
        "collision_date": f"{month}-{i % 28 + 1:02d}",
        "severity": "slight",
        "mode": "pedal_cycle",
        "casualties": "1",
    }


def criminal_networks(i: int, month: str) -> Row:
    return {
        "disruption_ref": f"ZQDI/{month}/{i:06d}",
        "network_ref": f"ZQNW/{i:06d}",
        "disruption_date": f"{month}-{i % 28 + 1:02d}",
        "business_group": "specialist_crime",
        "involves_drugs": "true",
        "involves_firearms": "false",
    }


def asset_recovery(i: int, month: str) -> Row:
    return {
        "area": BOROUGHS[i % 32],
        "case_ref": f"ZQAR/{month}/{i:06d}",
        "seizure_date": f"{month}-{i % 28 + 1:02d}",
        "stage": "restrained",
        "value_gbp": "1250.5",
    }


def service_levels(i: int, month: str) -> Row:
    return {
        "period_month": f"{month}-01",
        "service_date": f"{month}-{i % 28 + 1:02d}",
        "service": f"zqservice_{i}",
        "demand": "5000",
        "within_standard": "4500",
    }


def complaints(i: int, month: str) -> Row:
    return {
        "area": BOROUGHS[i % 32],
        "complaint_ref": f"ZQCO/{month}/{i:06d}",
        "received_date": f"{month}-{i % 28 + 1:02d}",
        "closed_date": "",
    }


def milestones(i: int, month: str) -> Row:
    return {
        "period_month": f"{month}-01",
        "milestone_ref": f"ZQMS/{i:06d}",
        "programme": "olympics",
        "title": "Zqvenue is open",
        "owner": "Zqcommander",
        "original_due": "2008-10-31",
        "current_due": "2009-03-31",
        "completed_date": "",
        "status": "at_risk",
    }


def measure_returns(i: int, month: str) -> Row:
    return {
        "period_month": f"{month}-01",
        "months_covered": "1",
        "area": BOROUGHS[i % 32],
        "measure_id": "staff_engagement",
        "population_group": f"unit:zqunit_{i // 32}",
        "numerator": "37.5",
        "denominator": "50",
        "published_value": "",
        "respondents": "50",
        "returned_by": "zqresources",
    }


def population(i: int, month: str) -> Row:
    return {
        "area": BOROUGHS[i % 32],
        "year": str(int(month[:4]) - i // 32),
        "population": str(200_000 + i),
        "is_projection": "false",
        "edition": "mid-year estimates",
    }


def commentary(i: int, month: str) -> Row:
    return {
        "period_month": f"{month}-01",
        "measure_id": "homicide",
        "author_role": f"Zqcommander {i}",
        "written_on": f"{month}-{i % 28 + 1:02d}",
        "commentary": "Zqwritten: fewer than last year.",
        "decision_asked": "Zqwritten: agree to wait.",
    }


def board_decisions(i: int, month: str) -> Row:
    return {
        "period_month": f"{month}-01",
        "decision_ref": f"ZQBD/{i:06d}",
        "measure_id": "homicide",
        "decision": "Zqwritten: report again.",
        "owner_role": "Zqcommander",
        "decided_on": "2008-10-15",
        "due_on": "2009-03-31",
        "status": "open",
        "closed_on": "",
        "outcome": "",
    }


ROW: dict[str, Callable[[int, str], Row]] = {
    build.__name__: build
    for build in (
        recorded_crime,
        victim_satisfaction,
        public_attitude,
        workforce,
        road_casualties,
        criminal_networks,
        asset_recovery,
        service_levels,
        complaints,
        milestones,
        measure_returns,
        population,
        commentary,
        board_decisions,
    )
}


def valid_rows(extract: str, rows: int = ENOUGH, month: str = "2008-12") -> list[Row]:
    """Rows of one month in the layout of the extract's own system, all of which pass every rule."""
    return [ROW[extract](i, month) for i in range(rows)]


def changed(rows: list[Row], *numbers: int, **cells: str) -> list[Row]:
    """The rows with some cells of some of them (counted from 0) replaced."""
    return [{**row, **cells} if number in numbers else row for number, row in enumerate(rows)]


def renamed(row: Row, old: str, new: str) -> list[str]:
    return [new if name == old else name for name in row]


def values_of(rows: list[Row]) -> set[str]:
    """Cells that would tell something of a person; areas are named on purpose, flags say nothing."""
    return {
        cell
        for row in rows
        for name, cell in row.items()
        if name != "area" and len(cell) > 3 and cell not in ("true", "false")
    }


def without_area(rows: list[Row], area: str) -> list[Row]:
    """The rows of every other area."""
    return [row for row in rows if row["area"] != area]


def csv_text(rows: list[Row], header: list[str] | None = None) -> str:
    """The rows as CSV under their own column names, or under other names for the same columns."""
    lines = [header or list(rows[0]), *(row.values() for row in rows)]
    return "\n".join(",".join(map(_field, line)) for line in lines) + "\n"


def _field(cell: str) -> str:
    escaped = cell.replace('"', '""')
    return f'"{escaped}"' if "," in cell or '"' in cell else cell


def write_csv(path: Path, rows: list[Row], header: list[str] | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(csv_text(rows, header), encoding="utf-8")
    return path


def write_bytes(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def write_parquet(path: Path, rows: list[Row] | pl.DataFrame) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        pl.DataFrame(rows).write_parquet(stream)
    return path


def write_xlsx(path: Path, rows: list[Row], sheets: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as workbook:
        for _ in range(sheets):
            sheet = workbook.add_worksheet()
            for number, line in enumerate([list(rows[0]), *(list(row.values()) for row in rows)]):
                sheet.write_row(number, 0, line)
    return path


def declare(path: Path, **declared: object) -> Path:
    """Put a sidecar beside a delivery; returns the delivery."""
    path.with_name(path.name + ".json").write_text(json.dumps(declared), encoding="utf-8")
    return path


def read_csv(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
