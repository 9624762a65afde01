"""Whether the parts of every measure agree: model, YAML, catalogue, targets, plans, registration, sources.

Here: `findings`, a list of sentences that each name what is missing or contradictory; run as a module it prints them.
Belongs here: anything that can be said about a measure by reading the project's files.
Does not belong here: whether its figures are right (dbt unit tests, `tests/figures`).
"""

import argparse
import csv
import datetime as dt
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from orchestration.extracts import EXTRACTS
from orchestration.folders import ROOT
from orchestration.layouts import LAYOUTS

Row = dict[str, str]

SEEDS = (
    "areas",
    "measures",
    "plan_measures",
    "plan_objectives",
    "plans",
    "population_groups",
    "series_breaks",
    "source_preference",
    "targets",
)
# Extracts whose measures are served by one model together; of most of them extract_item says which.
OF_MANY = {
    "victim_satisfaction": "measures_of_victims",
    "public_attitude": "measures_of_residents",
    "milestones": "measures_of_milestones",
    "measure_returns": "measures_of_returns",
}
# What a model's SQL names when its denominator is of another extract, and of which.
DENOMINATORS = {"offences_per_resident": "population", "int_population": "population", "int_officers": "workforce"}
TYPES_WITH_DENOMINATOR = ("rate", "percentage", "survey_percentage", "survey_gap", "average", "milestone")
TYPES = (*TYPES_WITH_DENOMINATOR, "count", "money")
KINDS = ("flow", "stock")
# No figure is made of what is delivered as needed.
OF_FIGURES = tuple(name for name, extract in EXTRACTS.items() if extract.cadence != "as_needed")
# What each column of the catalogue may hold; blank is allowed only where it is listed.
MEASURE_DOMAINS = {
    "better": ("higher", "lower", "neither"),
    "measure_type": TYPES,
    "numerator_kind": KINDS,
    "denominator_kind": ("", *KINDS),
    "extract": OF_FIGURES,
    "denominator_extract": ("", *OF_FIGURES),
    "cadence": ("monthly", "quarterly", "annual"),
    "tier": ("cpa", "corporate", "supplementary"),
    "status": ("draft", "live", "retired"),
    "interval_method": ("none", "poisson", "survey", "wilson"),
    "control_basis": ("", "month", "quarter"),
}
# The measures each interval is for: a share of cases, events that were counted, a sample.
INTERVALS = {
    "none": TYPES,
    "poisson": ("count", "rate"),
    "survey": ("survey_percentage", "survey_gap"),
    "wilson": ("percentage",),
}
# How its chart is drawn; all blank where there is none.
CHART_DOMAINS = {
    "screen_moving_ranges": ("true", "false"),
    "control_seasonal_adjustment": ("none", "monthly"),
}
# Fewer points than this are no base for limits (NHS England, Making Data Count).
FEWEST_POINTS_FOR_LIMITS = 12
RULES = (
    "at_least",
    "at_most",
    "more_than",
    "relative_change",
    "point_change",
    "improve",
    "every_area_improves",
    "by_date",
    "monitor",
)
BASELINES = ("previous_year_outturn", "same_window_previous_year", "fixed")
TARGET_DOMAINS = {
    "rule": RULES,
    "baseline_kind": ("", *BASELINES),
    "judged_by": ("year", "month"),
    "status": ("draft", "indicative", "approved", "revised", "withdrawn"),
    "other_rule": ("", *RULES),
    "other_quantity": ("", "numerator"),
}
BREAK_DOMAINS = {"kind": ("break", "rebase")}
CHANGES = ("relative_change", "point_change")
AMOUNT_NEEDED = ("at_least", "at_most", "by_date", *CHANGES)
AMOUNT_UNUSED = ("improve", "every_area_improves", "monitor")
BASELINE_NEEDED = ("improve", "every_area_improves", *CHANGES)
GROUP = re.compile(r"[a-z0-9][a-z0-9_]*:[a-z0-9][a-z0-9_]*")
SLUG = re.compile(r"[a-z0-9][a-z0-9_]{0,62}")
PLACEHOLDER = "TODO"


class Project(NamedTuple):
    """What the checks read: the seeds' rows, the measure models, what YAML says of them, and the registration."""

    folder: Path
    seeds: dict[str, list[Row]]
    models: dict[str, Path]
    described: dict[str, str]
    unit_tests: dict[str, list[dict[str, Any]]]
    registered: list[str]
    of_many: list[str]

    def measures(self) -> dict[str, Row]:
        return {row["measure_id"]: row for row in self.seeds["measures"]}


def findings(folder: Path) -> list[str]:
    """What does not agree in the dbt project in `folder`, a sentence each; empty when everything does."""
    malformed = [sentence for seed in SEEDS for sentence in _malformed(folder, seed)]
    if malformed:
        return malformed
    project = _read(folder)
    checks: list[Callable[[Project], Iterator[str]]] = [
        _models,
        _registration,
        _catalogue,
        _plans,
        _targets,
        _series_breaks,
        _sources,
        _placeholders,
    ]
    return [sentence for check in checks for sentence in check(project)]


# Reading.


def _malformed(folder: Path, seed: str) -> Iterator[str]:
    """Lines with too many or too few cells, which every other check would misread."""
    with (folder / "seeds" / f"{seed}.csv").open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines)
        header = next(reader)
        for cells in reader:
            if len(cells) != len(header):
                yield f"seeds/{seed}.csv line {reader.line_num}: {len(cells)} cells instead of {len(header)}"


def _read(folder: Path) -> Project:
    seeds = {}
    for seed in SEEDS:
        with (folder / "seeds" / f"{seed}.csv").open(encoding="utf-8", newline="") as lines:
            seeds[seed] = list(csv.DictReader(lines))
    described: dict[str, str] = {}
    unit_tests: dict[str, list[dict[str, Any]]] = {}
    for path in sorted((folder / "models" / "measures").rglob("*.yml")):
        content = _yaml(path.read_text(encoding="utf-8"))
        described |= {model["name"]: model.get("description") or "" for model in content.get("models") or []}
        for test in content.get("unit_tests") or []:
            unit_tests.setdefault(test["model"], []).append(test)
    registration = (folder / "models" / "results" / "res_measure_part.sql").read_text(encoding="utf-8")
    return Project(
        folder,
        seeds,
        {path.stem: path for path in sorted((folder / "models" / "measures").rglob("*.sql"))},
        described,
        unit_tests,
        _listed(registration, "registered"),
        _listed(registration, "of_many"),
    )


@cache
def _yaml(text: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
    return content


def _listed(sql: str, name: str) -> list[str]:
    block = re.search(rf"set {name} = \[(.*?)\]", sql, re.DOTALL)
    return re.findall(r"'([^']*)'", block[1]) if block else []


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _repeated(values: Iterable[str]) -> list[str]:
    return sorted(value for value, count in Counter(values).items() if count > 1)


def _outside(row: Row, domains: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for column, domain in domains.items():
        value = row[column]
        if value not in domain and PLACEHOLDER not in value:
            yield f"{column} is «{value}», not one of {', '.join(known or 'blank' for known in domain)}"


# Models, their YAML and their registration.


def _models(project: Project) -> Iterator[str]:
    measures = project.measures()
    for name, path in project.models.items():
        measure = name.removeprefix("measure_")
        where = path.relative_to(project.folder)
        if not name.startswith(("measure_", "measures_of_")):
            yield f"{name}: {where} is named neither measure_<measure_id> nor measures_of_<many>"
            continue
        if name.startswith("measure_") and measure not in measures:
            yield f"{measure}: a model without a row in seeds/measures.csv"
        if not path.read_text(encoding="utf-8").startswith("-- One row per "):
            yield f"{measure}: {where} does not begin with «-- One row per …»"
        if not path.with_suffix(".yml").is_file():
            yield f"{measure}: no YAML beside its model"
            continue
        if not project.described.get(name, "").strip():
            yield f"{measure}: no description in its YAML"
        if not project.unit_tests.get(name):
            yield f"{measure}: no unit test"
        for test in project.unit_tests.get(name, []):
            if not (test.get("expect") or {}).get("rows"):
                yield f"{measure}: the unit test {test['name']} expects no rows"
    for name in sorted(project.described.keys() | project.unit_tests.keys()):
        if name not in project.models:
            yield f"{name.removeprefix('measure_')}: YAML without a model"


def _registration(project: Project) -> Iterator[str]:
    registered = project.registered
    for measure in registered:
        if f"measure_{measure}" not in project.models:
            yield f"{measure}: registered, and has no model"
    for measure in _repeated(registered):
        yield f"{measure}: registered twice"
    for before, measure in pairwise(registered):
        if measure < before:
            yield f"{measure}: registered out of alphabetical order"
    for name in project.of_many:
        if name not in project.models:
            yield f"{name}: in the list of_many, and has no model"
    for name in project.models:
        if name.startswith("measure_") and name.removeprefix("measure_") not in registered:
            yield f"{name.removeprefix('measure_')}: its model is not registered in models/results/res_measure_part.sql"
        if name.startswith("measures_of_") and name not in project.of_many:
            yield f"{name}: not in the list of_many of models/results/res_measure_part.sql"


# The catalogue.


def _catalogue(project: Project) -> Iterator[str]:
    rows = project.seeds["measures"]
    for measure in _repeated(row["measure_id"] for row in rows):
        yield f"{measure}: two rows in seeds/measures.csv"
    named = [f"{row['extract']} {row['extract_item']}" for row in rows if row["extract_item"]]
    for item in _repeated(named):
        both = [row["measure_id"] for row in rows if f"{row['extract']} {row['extract_item']}" == item]
        yield f"{both[-1]}: has the extract_item of {both[0]}"
    in_plan = {row["measure_id"] for row in project.seeds["plan_measures"]}
    other_reading = {row["other_measure_id"] for row in project.seeds["targets"]}
    for row in rows:
        measure = row["measure_id"]
        for check in (_measure_row, _measure_source, _measure_gap, _measure_interval, _measure_chart):
            yield from (f"{measure}: {sentence}" for sentence in check(project, row))
        if row["status"] != "retired" and measure not in in_plan | other_reading:
            yield f"{measure}: in no plan (seeds/plan_measures.csv), nor the other reading of a target"


def _measure_row(project: Project, row: Row) -> Iterator[str]:
    if not SLUG.fullmatch(row["measure_id"]):
        yield "the measure_id is not lower case letters, digits and underscores, at most 63"
    for column in ("title", "definition", "unit", "owner"):
        if not row[column].strip():
            yield f"catalogue row has no {column}"
    yield from _outside(row, MEASURE_DOMAINS)
    if not (_number(row["multiplier"]) or 0) > 0:
        yield f"multiplier is «{row['multiplier']}», not a number above 0"
    if row["settles_after"] and not row["settles_after"].isdecimal():
        yield f"settles_after is «{row['settles_after']}», not a number of months"
    needs_denominator = row["measure_type"] in TYPES_WITH_DENOMINATOR
    if needs_denominator and not row["denominator_kind"]:
        yield f"a {row['measure_type']} needs a denominator_kind"
    if row["measure_type"] in ("count", "money") and row["denominator_kind"]:
        yield f"a {row['measure_type']} has no denominator, so no denominator_kind"
    reviewed, following = _date(row["reviewed_on"]), _date(row["next_review"])
    for column, day in (("reviewed_on", reviewed), ("next_review", following)):
        if day is None:
            yield f"{column} is «{row[column]}», not a date"
    if reviewed and following and following <= reviewed:
        yield "next_review is not after reviewed_on"
    if row["proxy_for"] and (row["proxy_for"] not in project.measures() or row["proxy_for"] == row["measure_id"]):
        yield f"proxy_for names «{row['proxy_for']}», which is no other measure"
    balancing = row["balancing_measure"]
    if balancing == row["measure_id"] or (balancing not in ("", *project.measures()) and PLACEHOLDER not in balancing):
        yield f"balancing_measure names «{balancing}», which is no other measure"


def _measure_source(project: Project, row: Row) -> Iterator[str]:
    """Where its figures come from: a model of its own, or one of the models of many, by extract and extract_item."""
    extract, item, is_gap = row["extract"], row["extract_item"], row["measure_type"] == "survey_gap"
    model = project.models.get(f"measure_{row['measure_id']}")
    has_model = model is not None
    sql = model.read_text(encoding="utf-8") if model else ""
    divides_by = next((named for name, named in DENOMINATORS.items() if name in sql), "")
    if row["denominator_extract"] != divides_by:
        yield f"denominator_extract is «{row['denominator_extract']}», and what it divides by is of «{divides_by}»"
    if extract in EXTRACTS:
        columns = EXTRACTS[extract].model.to_schema().columns
        for column in row["needs_columns"].split():
            if column not in columns and PLACEHOLDER not in column:
                yield f"needs_columns names «{column}», which is no column of {extract}; it has {', '.join(columns)}"
    if has_model and is_gap:
        yield "a survey_gap is made of its base measure, and has a model as well"
    elif has_model and (item or extract == "measure_returns"):
        yield f"has a model of its own, and is served by {OF_MANY.get(extract, 'none')} as well"
    elif not has_model and not is_gap and extract in EXTRACTS:
        if extract not in OF_MANY:
            yield f"no model (models/measures/<subject>/measure_{row['measure_id']}.sql)"
        elif extract != "measure_returns" and not item:
            yield f"no extract_item, so {OF_MANY[extract]} does not serve it, and no model of its own"
    if item and extract == "victim_satisfaction" and item not in EXTRACTS[extract].model.to_schema().columns:
        yield f"extract_item names «{item}», which is no question of {extract}"
    if item and extract == "public_attitude" and not GROUP.fullmatch(item):
        yield f"extract_item is «{item}», not survey:question"
    if item and extract in EXTRACTS and (extract not in OF_MANY or extract == "measure_returns"):
        yield f"extract_item is not read for {extract}"
    if row["measure_type"] == "milestone" and extract not in ("milestones", PLACEHOLDER):
        yield "a milestone is of the extract milestones"


def _measure_gap(project: Project, row: Row) -> Iterator[str]:
    if row["measure_type"] != "survey_gap":
        yield from (
            f"{column} is only for a survey_gap" for column in ("base_measure", "group_a", "group_b") if row[column]
        )
        return
    base = project.measures().get(row["base_measure"])
    if base is None or base["measure_type"] != "survey_percentage":
        yield f"base_measure names «{row['base_measure']}», which is no survey_percentage"
    for column in ("group_a", "group_b"):
        if not GROUP.fullmatch(row[column]):
            yield f"{column} is «{row[column]}», not dimension:value"
    if row["group_a"] == row["group_b"]:
        yield "group_a and group_b are the same"
    elif (row["group_b"], row["group_a"]) not in {
        (group["population_group"], group["compared_with"]) for group in project.seeds["population_groups"]
    }:
        yield f"{row['group_b']} is not compared with {row['group_a']} in seeds/population_groups.csv"


def _measure_interval(_: Project, row: Row) -> Iterator[str]:
    method, kind = row["interval_method"], row["measure_type"]
    if method in INTERVALS and kind in TYPES and kind not in INTERVALS[method]:
        yield f"interval_method {method} is not for a {kind}"
    if kind in INTERVALS["survey"] and method != "survey":
        yield f"interval_method of a {kind} is survey"
    if method == "poisson" and row["numerator_kind"] == "stock":
        yield "interval_method poisson is for events, not for a stock"
    if method == "survey" and (_number(row["design_effect"]) or 0) < 1:
        yield f"design_effect is «{row['design_effect']}», not a number from 1"
    if method != "survey" and row["design_effect"]:
        yield "design_effect is only for a survey"


def _measure_chart(_: Project, row: Row) -> Iterator[str]:
    columns = (*CHART_DOMAINS, "control_limits_from_first", "control_seasonal_adjustment_reason")
    if not row["control_basis"]:
        yield from (f"{column} is only for a measure with a control_basis" for column in columns if row[column])
        return
    yield from _outside(row, CHART_DOMAINS)
    first = row["control_limits_from_first"]
    if first and (not first.isdecimal() or int(first) < FEWEST_POINTS_FOR_LIMITS):
        yield f"control_limits_from_first is «{first}», not a number from {FEWEST_POINTS_FOR_LIMITS}"
    if row["control_seasonal_adjustment"] == "monthly":
        if not row["control_seasonal_adjustment_reason"]:
            yield "control_seasonal_adjustment has no reason"
        if row["control_basis"] != "month":
            yield "control_seasonal_adjustment is only for a chart by month"
    if row["measure_type"] == "milestone":
        yield "control_basis is not for a milestone: its figures are cumulative"


# Plans.


def _plans(project: Project) -> Iterator[str]:
    plans = {row["plan_id"] for row in project.seeds["plans"]}
    objectives = {(row["plan_id"], row["objective"]) for row in project.seeds["plan_objectives"]}
    measures = project.measures()
    for row in project.seeds["plans"]:
        first, last = _date(row["judged_from"]), _date(row["judged_to"])
        if first is None or last is None or last <= first:
            yield f"plan {row['plan_id']}: judged_from and judged_to are not two dates in order"
    for plan, objective in sorted(objectives):
        if plan not in plans:
            yield f"objective {objective}: its plan «{plan}» is not in seeds/plans.csv"
    rows = project.seeds["plan_measures"]
    for row in rows:
        plan, measure, objective = row["plan_id"], row["measure_id"], row["objective"]
        if measure not in measures:
            yield f"{measure}: in plan {plan}, and has no row in seeds/measures.csv"
        if plan not in plans:
            yield f"{measure}: its plan «{plan}» is not in seeds/plans.csv"
        elif (plan, objective) not in objectives and PLACEHOLDER not in objective:
            yield f"{measure}: «{objective}» is no objective of plan {plan} (seeds/plan_objectives.csv)"
        if not row["pack_section"]:
            yield f"{measure}: plan row has no pack_section"
        if not row["pack_order"].isdecimal():
            yield f"{measure}: pack_order is «{row['pack_order']}», not a whole number"
    yield from _repeated(f"{row['measure_id']}: listed twice in plan {row['plan_id']}" for row in rows)
    for place in _repeated(f"{row['plan_id']} {row['pack_order']}" for row in rows):
        *_, last_row = [row for row in rows if f"{row['plan_id']} {row['pack_order']}" == place]
        yield f"{last_row['measure_id']}: pack_order {last_row['pack_order']} is taken in plan {last_row['plan_id']}"


# Targets.


def _targets(project: Project) -> Iterator[str]:
    rows = project.seeds["targets"]
    for target in _repeated(row["target_id"] for row in rows):
        yield f"target {target}: two rows in seeds/targets.csv"
    for row in rows:
        for check in (_target_row, _target_rule, _target_relations):
            yield from (f"target {row['target_id']}: {sentence}" for sentence in check(project, row))


def _target_row(project: Project, row: Row) -> Iterator[str]:
    if row["measure_id"] not in project.measures():
        yield f"its measure «{row['measure_id']}» is not in seeds/measures.csv"
    if row["plan_id"] not in {plan["plan_id"] for plan in project.seeds["plans"]}:
        yield f"its plan «{row['plan_id']}» is not in seeds/plans.csv"
    if row["area_id"] and row["area_id"] not in {area["area_id"] for area in project.seeds["areas"]}:
        yield f"its area «{row['area_id']}» is not in seeds/areas.csv"
    if row["population_group"] not in ("", "all") and not GROUP.fullmatch(row["population_group"]):
        yield f"population_group is «{row['population_group']}», not dimension:value"
    if not row["source"]:
        yield "no source: the document it is from"
    yield from _outside(row, TARGET_DOMAINS)
    first, last = _date(row["window_from"]), _date(row["window_to"])
    if first is None or first.day != 1:
        yield f"window_from is «{row['window_from']}», not the first day of a month"
    if last is None or (last + dt.timedelta(days=1)).day != 1:
        yield f"window_to is «{row['window_to']}», not the last day of a month"
    if first and last and last < first:
        yield "window_to is before window_from"
    if _date(row["known_from"]) is None:
        yield f"known_from is «{row['known_from']}», not a date"
    for column in ("amount", "baseline_value", "other_amount"):
        if row[column] and _number(row[column]) is None:
            yield f"{column} is «{row[column]}», not a number"
    if row["baseline_month"] and (_date(row["baseline_month"]) or dt.date.max).day != 1:
        yield f"baseline_month is «{row['baseline_month']}», not the first day of a month"


def _target_rule(project: Project, row: Row) -> Iterator[str]:
    """Whether the rule has what it needs, and points the way its measure is to go."""
    rule, amount, baseline = row["rule"], _number(row["amount"]), row["baseline_kind"]
    if rule in AMOUNT_NEEDED and amount is None:
        yield f"{rule} needs an amount"
    if rule in AMOUNT_UNUSED and row["amount"]:
        yield f"{rule} takes no amount"
    if rule in BASELINE_NEEDED and not baseline:
        yield f"{rule} needs a baseline_kind"
    if rule == "more_than" and amount is None and not baseline:
        yield "more_than needs an amount or a baseline_kind"
    if rule in ("at_least", "at_most", "by_date", "monitor") and baseline:
        yield f"{rule} takes no baseline_kind"
    if row["baseline_value"] and baseline != "fixed":
        yield "baseline_value is only for the baseline_kind fixed"
    if row["baseline_value"] and not row["baseline_month"]:
        yield "baseline_value needs a baseline_month, or no series break is noticed"
    area_types = {area["area_type"] for area in project.seeds["areas"]}
    if rule == "every_area_improves" and row["every_area_type"] not in area_types:
        yield f"every_area_type is «{row['every_area_type']}», not an area_type of seeds/areas.csv"
    if rule == "every_area_improves" and row["area_id"]:
        yield "every_area_improves is of every area, so it takes no area_id"
    if rule != "every_area_improves" and row["every_area_type"]:
        yield "every_area_type is only for every_area_improves"
    measure = project.measures().get(row["measure_id"])
    if measure is None:
        return
    if rule == "by_date" and measure["measure_type"] not in ("count", "milestone"):
        yield f"by_date is for counts and milestones, and the measure is a {measure['measure_type']}"
    better = measure["better"]
    if rule in BASELINE_NEEDED and rule not in CHANGES and better == "neither":
        yield f"{rule} needs a better direction, and the measure has neither"
    wants = {"at_least": "higher", "more_than": "higher", "by_date": "higher", "at_most": "lower"}.get(rule)
    if rule in CHANGES and amount is not None:
        if amount == 0:
            yield f"{rule} by 0 is no change; use at_least or at_most with the level"
        wants = "higher" if amount > 0 else "lower"
    if wants and amount != 0 and better in ("higher", "lower") and wants != better:
        yield f"{rule} {row['amount']} wants the measure {wants}, and {better} is better"


def _target_relations(project: Project, row: Row) -> Iterator[str]:
    """What it names of other targets and measures."""
    if row["other_measure_id"] and row["other_measure_id"] not in project.measures():
        yield f"other_measure_id names «{row['other_measure_id']}», which is not in seeds/measures.csv"
    if row["other_measure_id"] and row["other_measure_id"] == row["measure_id"]:
        yield "other_measure_id names its own measure"
    if not row["supersedes"]:
        return
    earlier = {target["target_id"]: target for target in project.seeds["targets"]}.get(row["supersedes"])
    if earlier is None:
        yield f"supersedes «{row['supersedes']}», which is not in seeds/targets.csv"
    elif (earlier["measure_id"], earlier["plan_id"]) != (row["measure_id"], row["plan_id"]):
        yield f"supersedes {row['supersedes']}, which is of another measure or plan"
    elif earlier["known_from"] >= row["known_from"]:
        yield f"supersedes {row['supersedes']}, which was not known before it"


# Series breaks and sources.


def _known_sources() -> dict[str, set[str]]:
    """By extract, the sources of its layouts."""
    sources: dict[str, set[str]] = {}
    for layout in LAYOUTS:
        sources.setdefault(layout.extract, set()).add(layout.source)
    return sources


def _delivered_by(source: str) -> str:
    """The source a total or a rate was delivered with: staging makes them sources of their own."""
    return re.sub("_(total|rate)$", "", source)


def _series_breaks(project: Project) -> Iterator[str]:
    sources = set().union(*_known_sources().values())
    for row in project.seeds["series_breaks"]:
        measure = row["measure_id"]
        if measure not in project.measures():
            yield f"{measure}: in seeds/series_breaks.csv, and has no row in seeds/measures.csv"
        if row["source"] and _delivered_by(row["source"]) not in sources:
            yield f"{measure}: its series break names the source «{row['source']}», which no layout has"
        if (_date(row["break_month"]) or dt.date.max).day != 1:
            yield f"{measure}: break_month is «{row['break_month']}», not the first day of a month"
        yield from (f"{measure}: in seeds/series_breaks.csv, {said}" for said in _outside(row, BREAK_DOMAINS))
        if not row["reason"]:
            yield f"{measure}: in seeds/series_breaks.csv without a reason"


def _sources(project: Project) -> Iterator[str]:
    sources, rows = _known_sources(), project.seeds["source_preference"]
    for row in rows:
        extract, source, measure = row["extract"], row["source"], row["measure_id"]
        if extract not in EXTRACTS:
            yield f"source {source}: its extract «{extract}» is unknown"
        elif _delivered_by(source) not in sources[extract]:
            yield f"source {source}: no layout of {extract} has it"
        if measure and measure not in project.measures():
            yield f"source {source}: preferred for the measure «{measure}», which is not in seeds/measures.csv"
        if not row["rank"].isdecimal() or int(row["rank"]) < 1:
            yield f"source {source}: rank is «{row['rank']}», not a whole number from 1"
        if not row["reason"]:
            yield f"source {source}: no reason for its rank"
    yield from _repeated(f"source {row['source']}: ranked twice {_for(row)}" for row in rows)
    yield from _repeated(f"source_preference: rank {row['rank']} given twice {_for(row)}" for row in rows)
    ranked = {(row["extract"], row["source"]) for row in rows}
    for extract, names in sources.items():
        yield from (
            f"source {name}: not ranked in seeds/source_preference.csv"
            for name in sorted(names)
            if (extract, name) not in ranked
        )


def _for(row: Row) -> str:
    return f"for {row['measure_id'] or row['extract']}"


# Placeholders.


def _placeholders(project: Project) -> Iterator[str]:
    """A leftover of the scaffold, wherever it stands."""
    rows = {"measures": "catalogue row", "plan_measures": "plan row", "targets": "target row"}
    for seed in SEEDS:
        for row in project.seeds[seed]:
            columns = [column for column, value in row.items() if PLACEHOLDER in value]
            if columns:
                who = row.get("measure_id") or f"seeds/{seed}.csv"
                yield f"{who}: {rows.get(seed, 'a row')} has {PLACEHOLDER} in {', '.join(columns)}"
    for path in sorted((project.folder / "models" / "measures").rglob("*")):
        if path.suffix not in (".sql", ".yml"):
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        found = [str(number) for number, line in enumerate(lines, 1) if PLACEHOLDER in line]
        if found:
            yield f"{path.stem.removeprefix('measure_')}: {path.name} has {PLACEHOLDER} in line {', '.join(found)}"


def main() -> None:
    """Print the findings; the exit status says whether there are any."""
    parser = argparse.ArgumentParser(description="Compare models, YAML, catalogue, targets, plans and registration")
    parser.add_argument("--project", type=Path, default=ROOT / "dbt_project")
    found = findings(parser.parse_args().project)
    for sentence in found:
        print(sentence)
    if found:
        sys.exit(f"{len(found)} to mend.")
    print("Every measure has its model, YAML, rows and registration.")


if __name__ == "__main__":
    main()
