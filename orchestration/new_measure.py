"""A new measure from the command line: its model, its YAML and its rows, with TODO wherever a person must decide.

Here: what the scaffold writes for each type of measure, and where.
Belongs here: a default that follows from a measure's type or subject alone.
Does not belong here: whether the parts of a measure agree with each other (`catalogue.py`).
"""

import argparse
import csv
import datetime as dt
import io
import os
import re
import sys
from collections import Counter
from pathlib import Path
from string import Template
from typing import NamedTuple

from orchestration.folders import ROOT, warehouse_folder

NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,62}")
ROWS_ALONE = {
    "milestone": "measure_type milestone, extract milestones, and the programme as extract_item",
    "survey_gap": "measure_type survey_gap, base_measure, group_a and group_b",
}
REGISTRATION = "models/results/res_measure_part.sql"


class Kind(NamedTuple):
    """What follows from a measure's type: its catalogue defaults, and the subject it is usually about."""

    unit: str
    multiplier: int
    denominator_kind: str
    subject: str = "crime"


KINDS = {
    "count": Kind("TODO", 1, ""),
    "rate": Kind("per 1,000 residents", 1000, "stock"),
    "percentage": Kind("percent", 100, "flow"),
    "survey_percentage": Kind("percent", 100, "flow", "satisfaction"),
    "average": Kind("TODO", 1, "flow"),
    "money": Kind("pounds", 1, "", "networks"),
}


class Rows(NamedTuple):
    """A model that measures start from: a quantity of it, and two rows for the unit test, one to count and one not."""

    model: str
    quantity: str
    condition: str
    counted: str
    not_counted: str


CRIME = Rows(
    "int_recorded_crime",
    "offences",
    "offence_category = 'robbery' and is_knife_enabled",
    "offence_group: robbery, offence_category: robbery, is_tier_1: false, is_tier_2: true, is_domestic: false, "
    "is_gun_enabled: false, is_knife_enabled: true, has_victim_under_20: false, "
    "victims_under_20: 0, offences: 3",
    "offence_group: robbery, offence_category: robbery, is_tier_1: false, is_tier_2: true, is_domestic: false, "
    "is_gun_enabled: false, is_knife_enabled: false, has_victim_under_20: false, "
    "victims_under_20: 0, offences: 5",
)
SERVICES = Rows(
    "stg_service_levels",
    "demand",
    "service = 'emergency_calls'",
    "service: emergency_calls, demand: 3, within_standard: 2",
    "service: non_emergency_calls, demand: 5, within_standard: 4",
)
ROADS = Rows(
    "stg_road_casualties",
    "casualties",
    "severity = 'fatal'",
    "severity: fatal, mode: cyclist, casualties: 3",
    "severity: slight, mode: cyclist, casualties: 5",
)
WORKFORCE = Rows(
    "stg_workforce",
    "headcount",
    "role = 'officer' and gender = 'female'",
    "role: officer, rank: constable, gender: female, ethnic_group: asian, headcount: 3, fte: 2.5",
    "role: officer, rank: constable, gender: male, ethnic_group: asian, headcount: 5, fte: 5",
)
VICTIMS = Rows(
    "stg_victim_satisfaction",
    "respondents",
    "overall in ('completely_satisfied', 'very_satisfied', 'fairly_satisfied')",
    "overall: very_satisfied, crime_type: burglary, ethnic_group: asian, weight: 1.5, respondents: 1",
    "overall: neither, crime_type: burglary, ethnic_group: asian, weight: 0.5, respondents: 1",
)
CASES = Rows(
    "stg_asset_recovery",
    "value_gbp",
    "cases.stage = 'seized'",
    "case_ref: a, stage: seized, value_gbp: 300",
    "case_ref: b, stage: forfeited, value_gbp: 500",
)
BY_SUBJECT = {"crime": CRIME, "contact": SERVICES, "roads": ROADS, "workforce": WORKFORCE, "satisfaction": VICTIMS}

FIRST_LINE = "-- One row per source, period and area: TODO, what is counted, and over what."
# What measures over recorded crime have in common is a macro; the others are written out.
SQL_CRIME = {
    "count": """\
-- TODO: the condition on an offence in place of false, such as
-- $condition
{{ offences_counted("false") }}
""",
    "rate": """\
-- TODO: the condition on an offence in place of false, such as
-- $condition
{{ offences_per_resident("false") }}
""",
}
SQL_COUNT = """\
-- TODO: the condition in place of false, such as
-- $condition
select
    source,
    period_month,
    months_covered,
    area_id,
    {{ count_where("false", '$quantity') }} as numerator
from {{ ref('$model') }}
group by source, period_month, months_covered, area_id
"""
SQL_RATE = """\
-- TODO: the condition in place of false, such as
-- $condition
select
    counted.source,
    counted.period_month,
    counted.months_covered,
    counted.area_id,
    {{ count_where("false", '$quantity') }} as numerator,
    max(population.population) as denominator
from {{ ref('$model') }} as counted
left join {{ ref('int_population') }} as population using (area_id, period_month, months_covered)
group by counted.source, counted.period_month, counted.months_covered, counted.area_id
"""
SQL_SHARE = """\
-- TODO: both conditions in place of false and true; the numerator's such as
-- $condition$detections
select
    source,
    period_month,
    months_covered,
    area_id,
    {{ count_where("false", '$quantity') }} as numerator,
    {{ count_where("true", '$quantity') }} as denominator
from {{ ref('$model') }}
group by source, period_month, months_covered, area_id
"""
DETECTIONS = """
-- Sanction detections of the period over its offences are the macro detections_over_offences in place of this query."""
SQL_AVERAGE = """\
-- TODO: in the numerator what is averaged (days, hours, pounds), in the denominator what it is averaged over, and the
-- conditions in place of false and true.
select
    source,
    period_month,
    months_covered,
    area_id,
    {{ count_where("false", '$quantity') }} as numerator,
    {{ count_where("true", '$quantity') }} as denominator
from {{ ref('$model') }}
group by source, period_month, months_covered, area_id
"""
SQL_MONEY = """\
-- TODO: the condition in place of false, such as
-- $condition
-- An area that is covered and has no case has zero, which is why the rows start from int_coverage.
select
    coverage.source,
    coverage.period_month,
    coverage.months_covered,
    coverage.area_id,
    coalesce(sum(cases.value_gbp) filter (where false), 0) as numerator
from {{ ref('int_coverage') }} as coverage
left join {{ ref('$model') }} as cases using (source, area_id, period_month)
where coverage.extract = 'asset_recovery'
group by coverage.source, coverage.period_month, coverage.months_covered, coverage.area_id
"""
SQL_SURVEY = """\
-- TODO: who counts as having answered, and in place of false who agreed, such as
-- $condition
select
    source,
    period_month,
    months_covered,
    area_id,
    {{ survey_parts(answered="overall <> 'not_stated'", agreed="false") }}
from {{ ref('$model') }}
group by source, period_month, months_covered, area_id
"""
SQL = {
    "count": SQL_COUNT,
    "rate": SQL_RATE,
    "percentage": SQL_SHARE,
    "survey_percentage": SQL_SURVEY,
    "average": SQL_AVERAGE,
    "money": SQL_MONEY,
}
YML = """\
version: 2

models:
  - name: measure_$name
    description: >
      TODO: a sentence, what is counted and over what.

unit_tests:
  # TODO: name the case as a sentence, give the rows it is about, and expect what you worked out by hand in place of -1,
  # which no figure can be. A column left out of a given row is null. Then delete this comment.
  - name: TODO_name_the_case
    model: measure_$name
    description: "TODO: the working, such as: 3 of 3 + 5; a source that lacks a column the measure needs has no figure"
    given:
$given    expect:
      rows:
        - {$cell, $parts}
"""
CELL = "source: s, period_month: 2008-04-01, months_covered: 1, area_id: camden"
RESIDENTS = "area_id: camden, period_month: 2008-04-01, months_covered: 1, population: 200000"


def scaffold(
    project: Path,
    name: str,
    measure_type: str,
    subject: str = "",
    plan: str = "",
    today: dt.date | None = None,
) -> list[Path]:
    """Write a new measure into the dbt project and return the files written or changed; exits before any is."""
    if not NAME.fullmatch(name):
        sys.exit(
            f"NAME={name} is not a measure_id: it takes lower case letters, digits and underscores, at most 63 in "
            "all, such as NAME=knife_enabled_robbery_share. Nothing was changed."
        )
    if measure_type in ROWS_ALONE:
        sys.exit(
            f"A {measure_type} needs no SQL, only rows: in seeds/measures.csv with {ROWS_ALONE[measure_type]}; in "
            "seeds/plan_measures.csv; and, with a target, in seeds/targets.csv. See dbt_project/models/measures/README."
            "md. Nothing was changed."
        )
    if measure_type not in KINDS:
        sys.exit(f"TYPE={measure_type} is not a type with a model of its own: {', '.join(KINDS)}. Nothing was changed.")
    kind = KINDS[measure_type]
    subject = subject or kind.subject
    if not NAME.fullmatch(subject):
        sys.exit(f"SUBJECT={subject} is not a folder of models/measures, nor a name for one. Nothing was changed.")
    _refuse_a_name_in_use(project, name)
    plan = plan or _plan_with_most_measures(project)
    judged_from = _judged_from(project, plan)
    today = today or dt.date.today()

    folder = project / "models" / "measures" / subject
    rows = _rows_to_start_from(measure_type, subject)
    seeds = project / "seeds"
    measure = {
        "measure_id": name,
        "title": "TODO",
        "definition": "TODO",
        "unit": kind.unit,
        "multiplier": str(kind.multiplier),
        "better": "TODO",
        "measure_type": measure_type,
        "numerator_kind": "flow",
        "denominator_kind": kind.denominator_kind,
        "extract": "recorded_crime" if rows is CRIME else "TODO",
        "denominator_extract": "population" if measure_type == "rate" else "",
        "needs_columns": "TODO",
        "cadence": "monthly",
        "settles_after": "3" if rows is CRIME else "",
        "interval_method": {"count": "poisson", "rate": "poisson", "survey_percentage": "survey"}.get(
            measure_type, "TODO"
        ),
        "design_effect": "1" if measure_type == "survey_percentage" else "",
        "control_basis": "month",
        "screen_moving_ranges": "true",
        "control_seasonal_adjustment": "none",
        "balancing_measure": "TODO",
        "tier": "supplementary",
        "owner": "TODO",
        "status": "draft",
        "reviewed_on": today.isoformat(),
        "next_review": (today + dt.timedelta(days=365)).isoformat(),
    }
    in_plan = {
        "plan_id": plan,
        "measure_id": name,
        "objective": "TODO",
        "pack_section": "TODO",
        "pack_order": str(1 + max((int(row["pack_order"]) for row in _of_plan(project, plan)), default=0)),
    }
    target = {
        "target_id": f"{name}_{judged_from.year}_{(judged_from.year + 1) % 100:02d}",
        "plan_id": plan,
        "measure_id": name,
        "window_from": judged_from.isoformat(),
        "window_to": (judged_from.replace(year=judged_from.year + 1) - dt.timedelta(days=1)).isoformat(),
        "rule": "monitor",
        "judged_by": "year",
        "status": "draft",
        "known_from": judged_from.isoformat(),
        "source": "TODO",
    }
    changes = {
        folder / f"measure_{name}.sql": _sql(measure_type, rows),
        folder / f"measure_{name}.yml": _yml(name, measure_type, rows),
        seeds / "measures.csv": _with_row(seeds / "measures.csv", measure),
        seeds / "plan_measures.csv": _with_row(seeds / "plan_measures.csv", in_plan, after=("plan_id", plan)),
        seeds / "targets.csv": _with_row(seeds / "targets.csv", target),
        project / REGISTRATION: _registered(project / REGISTRATION, name),
    }
    folder.mkdir(exist_ok=True)
    for path, content in changes.items():
        path.write_bytes(content)
    return list(changes)


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _refuse_a_name_in_use(project: Path, name: str) -> None:
    places = list((project / "models" / "measures").rglob(f"measure_{name}.*"))
    for seed in ("measures", "plan_measures", "targets"):
        path = project / "seeds" / f"{seed}.csv"
        if any(row["measure_id"] == name for row in _read(path)):
            places.append(path)
    if re.search(rf"'{name}',", (project / REGISTRATION).read_text(encoding="utf-8")):
        places.append(project / REGISTRATION)
    if places:
        where = ", ".join(str(path.relative_to(project)) for path in places)
        sys.exit(f"There is a measure {name} already: {where}. Nothing was changed.")


def _of_plan(project: Path, plan: str) -> list[dict[str, str]]:
    return [row for row in _read(project / "seeds" / "plan_measures.csv") if row["plan_id"] == plan]


def _plan_with_most_measures(project: Path) -> str:
    return Counter(row["plan_id"] for row in _read(project / "seeds" / "plan_measures.csv")).most_common(1)[0][0]


def _judged_from(project: Path, plan: str) -> dt.date:
    plans = {row["plan_id"]: row["judged_from"] for row in _read(project / "seeds" / "plans.csv")}
    if plan not in plans:
        sys.exit(f"PLAN={plan} is not in seeds/plans.csv: {', '.join(plans)}. Nothing was changed.")
    return dt.date.fromisoformat(plans[plan])


def _rows_to_start_from(measure_type: str, subject: str) -> Rows:
    if measure_type == "survey_percentage":
        return VICTIMS
    if measure_type == "money":
        return CASES
    return BY_SUBJECT.get(subject, SERVICES)


def _sql(measure_type: str, rows: Rows) -> bytes:
    template = SQL_CRIME.get(measure_type, SQL[measure_type]) if rows is CRIME else SQL[measure_type]
    body = Template(template).substitute(
        model=rows.model,
        quantity=rows.quantity,
        condition=rows.condition,
        detections=DETECTIONS if rows is CRIME else "",
    )
    return f"{FIRST_LINE}\n{body}".encode()


def _yml(name: str, measure_type: str, rows: Rows) -> bytes:
    given = {}
    if measure_type == "money":
        given["int_coverage"] = [f"extract: asset_recovery, {CELL}"]
    given[rows.model] = [f"{CELL}, {rows.counted}", f"{CELL}, {rows.not_counted}"]
    if measure_type == "rate":
        given["int_population"] = [RESIDENTS]
    parts = ["numerator"]
    if KINDS[measure_type].denominator_kind:
        parts.append("denominator")
    if measure_type == "survey_percentage":
        parts += ["respondents", "sum_weight_squared", "sum_weight_squared_numerator"]
    lines = [
        f"      - input: ref('{model}')\n        rows:\n" + "".join(f"          - {{{row}}}\n" for row in example)
        for model, example in given.items()
    ]
    return (
        Template(YML)
        .substitute(name=name, given="".join(lines), cell=CELL, parts=", ".join(f"{part}: -1" for part in parts))
        .encode()
    )


def _with_row(path: Path, row: dict[str, str], after: tuple[str, str] | None = None) -> bytes:
    """The file with one line more, behind the last row that has this value, else at its end; the others as they are."""
    text = path.read_bytes().decode()
    lines = text.splitlines(keepends=True)
    reader = csv.DictReader(lines)
    position = len(lines)
    if after:
        column, value = after
        position = max((reader.line_num for found in reader if found[column] == value), default=position)
    if position and not lines[position - 1].endswith("\n"):
        lines[position - 1] += "\n"
    line = io.StringIO()
    csv.DictWriter(line, reader.fieldnames or [], restval="", lineterminator="\n").writerow(row)
    return "".join([*lines[:position], line.getvalue(), *lines[position:]]).encode()


def _registered(path: Path, name: str) -> bytes:
    """The registration with the measure in the alphabetical list; exits when there is no such list."""
    lines = path.read_bytes().decode().splitlines(keepends=True)
    start = next((i for i, line in enumerate(lines) if line.strip() == "{% set registered = ["), None)
    if start is None:
        sys.exit(f"There is no list «registered» in {path}. Nothing was changed.")
    end = next(i for i in range(start, len(lines)) if lines[i].strip() == "] %}")
    line = f"    '{name}',\n"
    position = next((i for i in range(start + 1, end) if lines[i].strip(" ',\n") > name), end)
    return "".join([*lines[:position], line, *lines[position:]]).encode()


def _next_steps(project: Path, name: str, files: list[Path]) -> str:
    """What was written, and the way from here to the scorecard, as commands to copy."""
    plan = next(row["plan_id"] for row in _read(project / "seeds" / "plan_measures.csv") if row["measure_id"] == name)
    objectives = "; ".join(
        f"{row['objective']} {row['title']}"
        for row in _read(project / "seeds" / "plan_objectives.csv")
        if row["plan_id"] == plan
    )
    # Whole paths: dbt keeps the folder it was called with, and the next refresh looks for the seeds there.
    warehouse = warehouse_folder()
    folder = project.absolute()
    wrote = "".join(
        f"  {os.path.relpath(path)}{', new' if name in path.name else ', one line more'}\n" for path in files
    )
    return f"""\
Wrote
{wrote}
Next
  1. Fill in what says TODO in these files: the condition and its first line, the sentence, the unit test, the rows.
     dbt_project/models/measures/README.md explains every column.
     Objectives of plan {plan}: {objectives}.
     No target: delete the line in targets.csv. It is a draft, so it is judged only once you change its status.
  2. What is still missing, in seconds:
       .venv/bin/python -m orchestration.catalogue
  3. Unit test, model and all that follows from it, in the warehouse's folder, once `make refresh` has filled it:
       (cd {warehouse} && {ROOT}/.venv/bin/dbt build -s resource_type:seed res_source_rank measure_{name}+ \\
         --project-dir {folder} --profiles-dir {folder})
  4. make test
  5. make refresh        publishes it; it stands on the scorecard of the months its plan is judged in"""


def main() -> None:
    """Read the arguments, write the measure, say what to do next."""
    parser = argparse.ArgumentParser(description="Scaffold a measure: make measure NAME=… TYPE=…")
    parser.add_argument("--name", default="")
    parser.add_argument("--type", default="")
    parser.add_argument("--subject", default="", help="folder of models/measures; a new one is made")
    parser.add_argument("--plan", default="", help="plan_id; without it the plan that lists most measures")
    parser.add_argument("--project", type=Path, default=ROOT / "dbt_project")
    arguments = parser.parse_args()
    if not arguments.name or not arguments.type:
        sys.exit(
            f"make measure NAME=… TYPE=… [SUBJECT=crime] [PLAN=2008_11], where TYPE is {', '.join(KINDS)}. "
            "Nothing was changed."
        )
    files = scaffold(arguments.project, arguments.name, arguments.type, arguments.subject, arguments.plan)
    print(_next_steps(arguments.project, arguments.name, files))


if __name__ == "__main__":
    main()
