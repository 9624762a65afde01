"""The parts of every measure agree, and a new measure starts with all of them.

Here: the project's own agreement, each disagreement that is noticed, and what the scaffold writes.
Belongs here: anything said of a measure from its files alone.
Does not belong here: a figure (`test_sample_figures.py`, the models' unit tests).
"""

import csv
import datetime as dt
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.catalogue import EXTRACTS, OF_MANY, findings
from orchestration.new_measure import KINDS, scaffold
from tests.conftest import ROOT, Warehouse

PROJECT = ROOT / "dbt_project"
TODAY = dt.date(2026, 11, 23)
Break = Callable[[Path], None]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the dbt project that a test may spoil."""
    copy = tmp_path / "dbt_project"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns("target", "logs", "dbt_packages"))
    return copy


def _cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


def _write(path: Path, cells: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows(cells)


def _is_of(line: list[str], key: str) -> bool:
    """Whether a row is of `key`: its own name is in front, those of other rows stand behind."""
    return key in line[:3]


def row(seed: str, key: str, **values: str) -> Break:
    """Change cells of the first row of a seed that is of `key`."""

    def apply(folder: Path) -> None:
        path = folder / "seeds" / f"{seed}.csv"
        cells = _cells(path)
        found = next(line for line in cells if _is_of(line, key))
        for column, value in values.items():
            found[cells[0].index(column)] = value
        _write(path, cells)

    return apply


def again(seed: str, key: str, **values: str) -> Break:
    """Put a row of a seed there a second time, with other cells."""

    def apply(folder: Path) -> None:
        path = folder / "seeds" / f"{seed}.csv"
        cells = _cells(path)
        cells.insert(1, list(next(line for line in cells if _is_of(line, key))))
        for column, value in values.items():
            cells[1][cells[0].index(column)] = value
        _write(path, cells)

    return apply


def without(seed: str, key: str) -> Break:
    """Take the rows of a seed away that are of `key`."""

    def apply(folder: Path) -> None:
        path = folder / "seeds" / f"{seed}.csv"
        _write(path, [line for line in _cells(path) if not _is_of(line, key)])

    return apply


def text(path: str, old: str, new: str) -> Break:
    """Replace words of a file that has them."""

    def apply(folder: Path) -> None:
        content = (folder / path).read_text(encoding="utf-8")
        assert old in content
        (folder / path).write_text(content.replace(old, new), encoding="utf-8")

    return apply


def moved(path: str, other: str) -> Break:
    return lambda folder: (folder / path).rename(folder / other) and None


def gone(path: str) -> Break:
    return lambda folder: (folder / path).unlink()


REGISTRATION = "models/results/res_measure_part.sql"
HOMICIDE = "models/measures/crime/measure_homicide"
VICTIMS = "models/measures/satisfaction/measures_of_victims"
KSI = "killed_or_seriously_injured"
GAP = "victim_satisfaction_gap"
CHANGE = "target asset_recovery_cases_2008_09"
LEVEL = "target criminal_networks_disrupted_2008_09"
REVISED = "victim_satisfaction_2008_09_revised"

BREAKS: list[tuple[Break, str]] = [
    # Models, YAML, registration.
    (without("measures", "homicide"), "homicide: a model without a row in seeds/measures.csv"),
    (gone(HOMICIDE + ".sql"), "homicide: no model (models/measures/<subject>/measure_homicide.sql)"),
    (gone(HOMICIDE + ".sql"), "homicide: registered, and has no model"),
    (gone(HOMICIDE + ".sql"), "homicide: YAML without a model"),
    (gone(HOMICIDE + ".yml"), "homicide: no YAML beside its model"),
    (text(HOMICIDE + ".yml", "Homicides.", ""), "homicide: no description in its YAML"),
    (text(HOMICIDE + ".yml", "model: measure_homicide", "model: measure_x"), "homicide: no unit test"),
    (text(HOMICIDE + ".yml", "model: measure_homicide", "model: measure_x"), "x: YAML without a model"),
    (
        text(HOMICIDE + ".yml", "    expect:\n      rows:\n", "    expect:\n      rows: []\n    unused:\n"),
        "homicide: the unit test homicide_counts_homicides expects no rows",
    ),
    (
        text(HOMICIDE + ".sql", "-- One row per", "-- Rows per"),
        "homicide: models/measures/crime/measure_homicide.sql does not begin with «-- One row per …»",
    ),
    (
        moved(HOMICIDE + ".sql", "models/measures/crime/homicide.sql"),
        "homicide: models/measures/crime/homicide.sql is named neither measure_<measure_id> nor measures_of_<many>",
    ),
    (
        text(REGISTRATION, "    'homicide',\n", ""),
        "homicide: its model is not registered in models/results/res_measure_part.sql",
    ),
    (text(REGISTRATION, "    'homicide',\n", "    'homicide',\n" * 2), "homicide: registered twice"),
    (text(REGISTRATION, "    'homicide',\n", "    'hom',\n    'homicide',\n"), "hom: registered, and has no model"),
    (
        text(REGISTRATION, "set registered = [\n", "set registered = [\n    'zz',\n"),
        "asset_recovery_cases: registered out of alphabetical order",
    ),
    (
        text(REGISTRATION, "    'measures_of_victims',\n", ""),
        "measures_of_victims: not in the list of_many of models/results/res_measure_part.sql",
    ),
    (gone(VICTIMS + ".sql"), "measures_of_victims: in the list of_many, and has no model"),
    # The catalogue.
    (
        row("measures", "homicide", measure_id="Homicide"),
        "Homicide: the measure_id is not lower case letters, digits and underscores, at most 63",
    ),
    (again("measures", "homicide"), "homicide: two rows in seeds/measures.csv"),
    (row("measures", "homicide", title=""), "homicide: catalogue row has no title"),
    (row("measures", "homicide", definition=" "), "homicide: catalogue row has no definition"),
    (row("measures", "homicide", unit=""), "homicide: catalogue row has no unit"),
    (row("measures", "homicide", owner=""), "homicide: catalogue row has no owner"),
    (row("measures", "homicide", better="up"), "homicide: better is «up», not one of higher, lower, neither"),
    (row("measures", "homicide", numerator_kind=""), "homicide: numerator_kind is «», not one of flow, stock"),
    (
        row("measures", "homicide", denominator_kind="total"),
        "homicide: denominator_kind is «total», not one of blank, flow, stock",
    ),
    (row("measures", "homicide", status="new"), "homicide: status is «new», not one of draft, live, retired"),
    (row("measures", "homicide", tier="x"), "homicide: tier is «x», not one of cpa, corporate, supplementary"),
    (
        row("measures", "homicide", cadence="daily"),
        "homicide: cadence is «daily», not one of monthly, quarterly, annual",
    ),
    (
        row("measures", "homicide", measure_type="share"),
        "homicide: measure_type is «share», not one of rate, percentage, survey_percentage, survey_gap, average, "
        "milestone, count, money",
    ),
    (
        row("measures", "homicide", extract="crimes"),
        "homicide: extract is «crimes», not one of recorded_crime, victim_satisfaction, public_attitude, workforce, "
        "road_casualties, criminal_networks, asset_recovery, service_levels, complaints, milestones, measure_returns, "
        "population",
    ),
    (row("measures", "homicide", multiplier="0"), "homicide: multiplier is «0», not a number above 0"),
    (row("measures", "homicide", multiplier=""), "homicide: multiplier is «», not a number above 0"),
    (row("measures", "homicide", settles_after="soon"), "homicide: settles_after is «soon», not a number of months"),
    (row("measures", "homicide", measure_type="rate"), "homicide: a rate needs a denominator_kind"),
    (
        row("measures", "homicide", denominator_kind="flow"),
        "homicide: a count has no denominator, so no denominator_kind",
    ),
    (
        row("measures", "gun_enabled_crime", denominator_extract=""),
        "gun_enabled_crime: denominator_extract is «», and what it divides by is of «population»",
    ),
    (
        row("measures", "homicide", denominator_extract="workforce"),
        "homicide: denominator_extract is «workforce», and what it divides by is of «»",
    ),
    (row("measures", "homicide", reviewed_on="23/11/2026"), "homicide: reviewed_on is «23/11/2026», not a date"),
    (row("measures", "homicide", next_review=""), "homicide: next_review is «», not a date"),
    (row("measures", "homicide", next_review="2026-11-23"), "homicide: next_review is not after reviewed_on"),
    (row("measures", "homicide", proxy_for="murder"), "homicide: proxy_for names «murder», which is no other measure"),
    (
        row("measures", "homicide", proxy_for="homicide"),
        "homicide: proxy_for names «homicide», which is no other measure",
    ),
    (
        row("measures", "homicide", balancing_measure="murder"),
        "homicide: balancing_measure names «murder», which is no other measure",
    ),
    (
        row("measures", "homicide", balancing_measure="homicide"),
        "homicide: balancing_measure names «homicide», which is no other measure",
    ),
    (
        row("measures", "homicide", needs_columns="offence_code deaths"),
        "homicide: needs_columns names «deaths», which is no column of recorded_crime; it has"
        f" {', '.join(EXTRACTS['recorded_crime'].model.to_schema().columns)}",
    ),
    (row("measures", "homicide", extract_item="murder"), "homicide: extract_item is not read for recorded_crime"),
    (
        row("measures", "homicide", extract="measure_returns"),
        "homicide: has a model of its own, and is served by measures_of_returns as well",
    ),
    (
        row("measures", "homicide", extract="milestones", extract_item="olympics"),
        "homicide: has the extract_item of olympics_milestones",
    ),
    (
        row("measures", "homicide", extract="public_attitude", extract_item="pas:x"),
        "homicide: has a model of its own, and is served by measures_of_residents as well",
    ),
    (
        row("measures", "homicide", measure_type="survey_gap"),
        "homicide: a survey_gap is made of its base measure, and has a model as well",
    ),
    (
        row("measures", "homicide", measure_type="milestone"),
        "homicide: a milestone is of the extract milestones",
    ),
    (row("measures", "homicide", base_measure="x"), "homicide: base_measure is only for a survey_gap"),
    (
        row("measures", "satisfaction_access", extract_item=""),
        "satisfaction_access: no extract_item, so measures_of_victims does not serve it, and no model of its own",
    ),
    (
        row("measures", "satisfaction_access", extract_item="action"),
        "satisfaction_action: has the extract_item of satisfaction_access",
    ),
    (
        row("measures", "satisfaction_access", extract_item="reach"),
        "satisfaction_access: extract_item names «reach», which is no question of victim_satisfaction",
    ),
    (
        row("measures", "fear_of_crime", extract_item="worried"),
        "fear_of_crime: extract_item is «worried», not survey:question",
    ),
    (
        row("measures", "red_zone_intrusions", extract_item="zone"),
        "red_zone_intrusions: extract_item is not read for measure_returns",
    ),
    (
        row("measures", "red_zone_intrusions", extract="complaints"),
        "red_zone_intrusions: no model (models/measures/<subject>/measure_red_zone_intrusions.sql)",
    ),
    (
        row("measures", GAP, base_measure="satisfaction"),
        GAP + ": base_measure names «satisfaction», which is no survey_percentage",
    ),
    (
        row("measures", GAP, base_measure="homicide"),
        GAP + ": base_measure names «homicide», which is no survey_percentage",
    ),
    (row("measures", GAP, group_a="white"), GAP + ": group_a is «white», not dimension:value"),
    (row("measures", GAP, group_b=""), GAP + ": group_b is «», not dimension:value"),
    (row("measures", GAP, group_b="ethnic_group:white"), GAP + ": group_a and group_b are the same"),
    (
        row("population_groups", "ethnic_group:minority", compared_with=""),
        GAP + ": ethnic_group:minority is not compared with ethnic_group:white in seeds/population_groups.csv",
    ),
    # Intervals and charts.
    (
        row("measures", "homicide", interval_method="exact"),
        "homicide: interval_method is «exact», not one of none, poisson, survey, wilson",
    ),
    (row("measures", "homicide", interval_method="wilson"), "homicide: interval_method wilson is not for a count"),
    (row("measures", GAP, interval_method="none"), GAP + ": interval_method of a survey_gap is survey"),
    (
        row("measures", "homicide", numerator_kind="stock"),
        "homicide: interval_method poisson is for events, not for a stock",
    ),
    (row("measures", GAP, design_effect="0.5"), GAP + ": design_effect is «0.5», not a number from 1"),
    (row("measures", GAP, design_effect=""), GAP + ": design_effect is «», not a number from 1"),
    (row("measures", "homicide", design_effect="2"), "homicide: design_effect is only for a survey"),
    (
        row("measures", "homicide", control_basis="week"),
        "homicide: control_basis is «week», not one of blank, month, quarter",
    ),
    (
        row("measures", "homicide", control_basis=""),
        "homicide: screen_moving_ranges is only for a measure with a control_basis",
    ),
    (
        row("measures", "homicide", screen_moving_ranges="yes"),
        "homicide: screen_moving_ranges is «yes», not one of true, false",
    ),
    (
        row("measures", "homicide", control_limits_from_first="11"),
        "homicide: control_limits_from_first is «11», not a number from 12",
    ),
    (
        row("measures", "homicide", control_seasonal_adjustment="monthly"),
        "homicide: control_seasonal_adjustment has no reason",
    ),
    (
        row("measures", "homicide", control_seasonal_adjustment="monthly", control_basis="quarter"),
        "homicide: control_seasonal_adjustment is only for a chart by month",
    ),
    (
        row(
            "measures",
            "estates_milestones",
            control_basis="month",
            screen_moving_ranges="true",
            control_seasonal_adjustment="none",
        ),
        "estates_milestones: control_basis is not for a milestone: its figures are cumulative",
    ),
    (
        row("series_breaks", "grievous_bodily_harm", kind="shift"),
        "grievous_bodily_harm: in seeds/series_breaks.csv, kind is «shift», not one of break, rebase",
    ),
    (
        row("series_breaks", "grievous_bodily_harm", reason=""),
        "grievous_bodily_harm: in seeds/series_breaks.csv without a reason",
    ),
    # Plans.
    (
        without("plan_measures", "homicide"),
        "homicide: in no plan (seeds/plan_measures.csv), nor the other reading of a target",
    ),
    (
        row("targets", "domestic_violence_arrest_rate_2008_09", other_measure_id=""),
        "domestic_violence_arrests_in_period: in no plan (seeds/plan_measures.csv), nor the other reading of a target",
    ),
    (
        row("plan_measures", "homicide", measure_id="murder"),
        "murder: in plan 2008_11, and has no row in seeds/measures.csv",
    ),
    (row("plan_measures", "homicide", plan_id="1999"), "homicide: its plan «1999» is not in seeds/plans.csv"),
    (
        row("plan_measures", "homicide", objective="H"),
        "homicide: «H» is no objective of plan 2008_11 (seeds/plan_objectives.csv)",
    ),
    (row("plan_measures", "homicide", pack_section=""), "homicide: plan row has no pack_section"),
    (row("plan_measures", "homicide", pack_order="1.5"), "homicide: pack_order is «1.5», not a whole number"),
    (row("plan_measures", "homicide", pack_order="1"), "homicide: pack_order 1 is taken in plan 2008_11"),
    (again("plan_measures", "homicide"), "homicide: listed twice in plan 2008_11"),
    (row("plan_objectives", "F", plan_id="1999"), "objective F: its plan «1999» is not in seeds/plans.csv"),
    (
        row("plans", "2008_11", judged_to="2007-03-31"),
        "plan 2008_11: judged_from and judged_to are not two dates in order",
    ),
    (
        row("plans", "2008_11", judged_from="April"),
        "plan 2008_11: judged_from and judged_to are not two dates in order",
    ),
    # Targets.
    (again("targets", CHANGE[7:]), CHANGE + ": two rows in seeds/targets.csv"),
    (row("targets", CHANGE[7:], measure_id="x"), CHANGE + ": its measure «x» is not in seeds/measures.csv"),
    (row("targets", CHANGE[7:], plan_id="x"), CHANGE + ": its plan «x» is not in seeds/plans.csv"),
    (row("targets", CHANGE[7:], area_id="x"), CHANGE + ": its area «x» is not in seeds/areas.csv"),
    (row("targets", CHANGE[7:], population_group="x"), CHANGE + ": population_group is «x», not dimension:value"),
    (row("targets", CHANGE[7:], source=""), CHANGE + ": no source: the document it is from"),
    (
        row("targets", CHANGE[7:], rule="rise"),
        CHANGE + ": rule is «rise», not one of at_least, at_most, more_than, relative_change, point_change, improve, "
        "every_area_improves, by_date, monitor",
    ),
    (
        row("targets", CHANGE[7:], baseline_kind="x"),
        CHANGE + ": baseline_kind is «x», not one of blank, previous_year_outturn, same_window_previous_year, fixed",
    ),
    (row("targets", CHANGE[7:], judged_by="week"), CHANGE + ": judged_by is «week», not one of year, month"),
    (
        row("targets", CHANGE[7:], status="live"),
        CHANGE + ": status is «live», not one of draft, indicative, approved, revised, withdrawn",
    ),
    (
        row("targets", CHANGE[7:], other_rule="x"),
        CHANGE + ": other_rule is «x», not one of blank, at_least, at_most, more_than, relative_change, point_change, "
        "improve, every_area_improves, by_date, monitor",
    ),
    (
        row("targets", CHANGE[7:], other_quantity="count"),
        CHANGE + ": other_quantity is «count», not one of blank, numerator",
    ),
    (
        row("targets", CHANGE[7:], window_from="2008-04-02"),
        CHANGE + ": window_from is «2008-04-02», not the first day of a month",
    ),
    (
        row("targets", CHANGE[7:], window_to="2009-03"),
        CHANGE + ": window_to is «2009-03», not the last day of a month",
    ),
    (row("targets", CHANGE[7:], window_to="2008-03-31"), CHANGE + ": window_to is before window_from"),
    (row("targets", CHANGE[7:], known_from=""), CHANGE + ": known_from is «», not a date"),
    (row("targets", CHANGE[7:], amount="twenty"), CHANGE + ": amount is «twenty», not a number"),
    (row("targets", CHANGE[7:], other_amount="x"), CHANGE + ": other_amount is «x», not a number"),
    (row("targets", REVISED, baseline_value="x"), f"target {REVISED}: baseline_value is «x», not a number"),
    (
        row("targets", REVISED, baseline_month="2008-03-31"),
        f"target {REVISED}: baseline_month is «2008-03-31», not the first day of a month",
    ),
    (
        row("targets", REVISED, baseline_month=""),
        f"target {REVISED}: baseline_value needs a baseline_month, or no series break is noticed",
    ),
    (
        row("targets", REVISED, baseline_kind="previous_year_outturn"),
        f"target {REVISED}: baseline_value is only for the baseline_kind fixed",
    ),
    (row("targets", CHANGE[7:], amount=""), CHANGE + ": relative_change needs an amount"),
    (row("targets", LEVEL[7:], amount=""), LEVEL + ": at_least needs an amount"),
    (
        row("targets", "ward_bases_completed_2008_09", amount=""),
        "target ward_bases_completed_2008_09: by_date needs an amount",
    ),
    (row("targets", "it_spend_2017_18", amount=""), "target it_spend_2017_18: at_most needs an amount"),
    (row("targets", REVISED, amount=""), f"target {REVISED}: point_change needs an amount"),
    (
        row("targets", "officer_sickness_2008_09", amount="1"),
        "target officer_sickness_2008_09: improve takes no amount",
    ),
    (row("targets", CHANGE[7:], baseline_kind=""), CHANGE + ": relative_change needs a baseline_kind"),
    (
        row("targets", "officer_sickness_2008_09", baseline_kind=""),
        "target officer_sickness_2008_09: improve needs a baseline_kind",
    ),
    (
        row("targets", "class_a_trafficking_detections_2008_09", baseline_kind=""),
        "target class_a_trafficking_detections_2008_09: more_than needs an amount or a baseline_kind",
    ),
    (
        row("targets", LEVEL[7:], baseline_kind="previous_year_outturn"),
        LEVEL + ": at_least takes no baseline_kind",
    ),
    (
        row("targets", "staff_engagement_2017_18", every_area_type=""),
        "target staff_engagement_2017_18: every_area_type is «», not an area_type of seeds/areas.csv",
    ),
    (
        row("targets", "staff_engagement_2017_18", area_id="camden"),
        "target staff_engagement_2017_18: every_area_improves is of every area, so it takes no area_id",
    ),
    (
        row("targets", LEVEL[7:], every_area_type="borough"),
        LEVEL + ": every_area_type is only for every_area_improves",
    ),
    (
        row("targets", "emergency_calls_answered_2008_09", rule="by_date"),
        "target emergency_calls_answered_2008_09: by_date is for counts and milestones, and the measure is a "
        "percentage",
    ),
    (
        row("measures", "officer_sickness", better="neither"),
        "target officer_sickness_2008_09: improve needs a better direction, and the measure has neither",
    ),
    (
        row("targets", CHANGE[7:], amount="0"),
        CHANGE + ": relative_change by 0 is no change; use at_least or at_most with the level",
    ),
    (
        row("targets", CHANGE[7:], amount="-20"),
        CHANGE + ": relative_change -20 wants the measure lower, and higher is better",
    ),
    (
        row("targets", f"{KSI}_2008_09", amount="3"),
        f"target {KSI}_2008_09: relative_change 3 wants the measure higher, and lower is better",
    ),
    (row("targets", LEVEL[7:], rule="at_most"), LEVEL + ": at_most 325 wants the measure lower, and higher is better"),
    (
        row("targets", LEVEL[7:], other_measure_id="x"),
        f"{LEVEL}: other_measure_id names «x», which is not in seeds/measures.csv",
    ),
    (
        row("targets", LEVEL[7:], other_measure_id="criminal_networks_disrupted"),
        LEVEL + ": other_measure_id names its own measure",
    ),
    (row("targets", REVISED, supersedes="x"), f"target {REVISED}: supersedes «x», which is not in seeds/targets.csv"),
    (
        row("targets", REVISED, supersedes=LEVEL[7:]),
        f"target {REVISED}: supersedes {LEVEL[7:]}, which is of another measure or plan",
    ),
    (
        row("targets", REVISED, known_from="2008-04-01"),
        f"target {REVISED}: supersedes victim_satisfaction_2008_09, which was not known before it",
    ),
    # Series breaks and sources.
    (
        row("series_breaks", "grievous_bodily_harm", measure_id="x"),
        "x: in seeds/series_breaks.csv, and has no row in seeds/measures.csv",
    ),
    (
        row("series_breaks", "grievous_bodily_harm", source="x"),
        "grievous_bodily_harm: its series break names the source «x», which no layout has",
    ),
    (
        row("series_breaks", "grievous_bodily_harm", break_month="2008-04"),
        "grievous_bodily_harm: break_month is «2008-04», not the first day of a month",
    ),
    (row("source_preference", "crime_system", extract="x"), "source crime_system: its extract «x» is unknown"),
    (row("source_preference", "crime_system", source="x"), "source x: no layout of recorded_crime has it"),
    (
        row("source_preference", "crime_system", source="x"),
        "source crime_system: not ranked in seeds/source_preference.csv",
    ),
    (
        row("source_preference", "crime_system", measure_id="x"),
        "source crime_system: preferred for the measure «x», which is not in seeds/measures.csv",
    ),
    (row("source_preference", "crime_system", rank="0"), "source crime_system: rank is «0», not a whole number from 1"),
    (row("source_preference", "crime_system", rank="2"), "source_preference: rank 2 given twice for recorded_crime"),
    (row("source_preference", "crime_system", reason=""), "source crime_system: no reason for its rank"),
    (
        again("source_preference", "crime_system", rank="99"),
        "source crime_system: ranked twice for recorded_crime",
    ),
    # Placeholders and malformed lines.
    (row("measures", "homicide", definition="TODO"), "homicide: catalogue row has TODO in definition"),
    (row("plan_measures", "homicide", objective="TODO"), "homicide: plan row has TODO in objective"),
    (row("targets", LEVEL[7:], reading="TODO"), "criminal_networks_disrupted: target row has TODO in reading"),
    (row("plans", "2008_11", title="TODO"), "seeds/plans.csv: a row has TODO in title"),
    (text(HOMICIDE + ".sql", "homicides.", "TODO"), "homicide: measure_homicide.sql has TODO in line 1"),
    (text(HOMICIDE + ".yml", "Homicides.", "TODO"), "homicide: measure_homicide.yml has TODO in line 6"),
    (
        text("seeds/measures.csv", "\nhomicide,Homicide,", "\nhomicide,Homicide,,"),
        "seeds/measures.csv line 25: 34 cells instead of 33",
    ),
]


def test_the_parts_of_every_measure_agree() -> None:
    assert findings(PROJECT) == []


@pytest.mark.parametrize(("spoil", "expected"), BREAKS, ids=[expected for _, expected in BREAKS])
def test_a_disagreement_is_named(project: Path, spoil: Break, expected: str) -> None:
    spoil(project)
    assert expected in findings(project)


def test_the_models_that_serve_many_measures_are_those_of_the_project() -> None:
    found = {path.stem for path in (PROJECT / "models" / "measures").rglob("measures_of_*.sql")}
    assert set(OF_MANY.values()) == found


def _files(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("measure_type", KINDS)
def test_a_new_measure_adds_two_files_and_four_lines_and_nothing_else(project: Path, measure_type: str) -> None:
    before = _files(project)
    written = {path.relative_to(project) for path in scaffold(project, "new_one", measure_type, "crime", today=TODAY)}
    after = _files(project)
    assert {path for path in after if after[path] != before.get(path)} == written
    assert {str(path) for path in written if path not in before} == {
        "models/measures/crime/measure_new_one.sql",
        "models/measures/crime/measure_new_one.yml",
    }
    for path in written & before.keys():
        kept = after[path].splitlines(keepends=True)
        (added,) = [line for line in kept if b"new_one" in line]
        kept.remove(added)
        assert b"".join(kept) == before[path]
        assert added.endswith(b"\n")


def test_a_new_measure_has_every_part_and_each_names_what_is_to_be_filled_in(project: Path) -> None:
    scaffold(project, "new_one", "percentage", today=TODAY)
    found = findings(project)
    assert found == [
        "new_one: catalogue row has TODO in title, definition, better, needs_columns, interval_method, "
        "balancing_measure, owner",
        "new_one: plan row has TODO in objective, pack_section",
        "new_one: target row has TODO in source",
        "new_one: measure_new_one.sql has TODO in line 1, 2",
        "new_one: measure_new_one.yml has TODO in line 6, 9, 11, 13",
    ]


def test_a_new_measure_stands_in_the_plan_that_lists_most_and_its_target_is_a_draft(project: Path) -> None:
    _, *before = _cells(project / "seeds" / "plan_measures.csv")
    last = max(int(order) for plan, *_, order in before if plan == "2008_11")
    scaffold(project, "new_one", "count", today=TODAY)
    in_plan = next(line for line in _cells(project / "seeds" / "plan_measures.csv") if "new_one" in line)
    assert in_plan == ["2008_11", "new_one", "TODO", "", "TODO", str(last + 1)]
    header, *targets = _cells(project / "seeds" / "targets.csv")
    target = dict(zip(header, targets[-1], strict=True))
    assert target["target_id"] == "new_one_2008_09"
    assert (target["rule"], target["status"]) == ("monitor", "draft")
    assert (target["window_from"], target["window_to"]) == ("2008-04-01", "2009-03-31")


def test_plan_and_subject_can_be_chosen(project: Path) -> None:
    written = scaffold(project, "new_one", "count", "custody", "2017_18", TODAY)
    assert (project / "models/measures/custody/measure_new_one.sql") in written
    plan_rows = _cells(project / "seeds" / "plan_measures.csv")
    assert plan_rows[-1] == ["2017_18", "new_one", "TODO", "", "TODO", "9"]


def test_a_plan_that_lists_nothing_yet_takes_a_measure(project: Path) -> None:
    scaffold(project, "new_one", "count", plan="2010_13", today=TODAY)
    assert _cells(project / "seeds" / "plan_measures.csv")[-1] == ["2010_13", "new_one", "TODO", "", "TODO", "1"]


def test_a_name_that_comes_last_is_registered_last(project: Path) -> None:
    scaffold(project, "zz", "count", today=TODAY)
    assert "    'youth_weapon_incidents',\n    'zz',\n] %}" in (project / REGISTRATION).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "measure_type", "options", "said"),
    [
        ("Knife-share", "count", {}, "NAME=Knife-share is not a measure_id"),
        ("a" * 64, "count", {}, "is not a measure_id"),
        ("line\n", "count", {}, "is not a measure_id"),
        ("../x", "count", {}, "is not a measure_id"),
        ("homicide", "count", {}, "There is a measure homicide already: models/measures/crime/measure_homicide.sql"),
        ("fear_of_crime", "count", {}, "There is a measure fear_of_crime already: seeds/measures.csv"),
        ("new_one", "share", {}, "TYPE=share is not a type with a model of its own: count, rate, percentage"),
        ("new_one", "milestone", {}, "A milestone needs no SQL, only rows"),
        ("new_one", "survey_gap", {}, "A survey_gap needs no SQL, only rows"),
        ("new_one", "count", {"subject": "../crime"}, "SUBJECT=../crime is not a folder of models/measures"),
        ("new_one", "count", {"plan": "1999"}, "PLAN=1999 is not in seeds/plans.csv: 2004_05, 2008_11"),
    ],
)
def test_what_cannot_be_scaffolded_is_refused_and_changes_nothing(
    project: Path, name: str, measure_type: str, options: dict[str, str], said: str
) -> None:
    before = _files(project)
    with pytest.raises(SystemExit, match=re.escape(said)) as refusal:
        scaffold(project, name, measure_type, today=TODAY, **options)
    assert str(refusal.value).endswith("Nothing was changed.")
    assert _files(project) == before


def test_without_the_list_to_register_in_nothing_is_changed(project: Path) -> None:
    text(REGISTRATION, "set registered = [", "set listed = [")(project)
    before = _files(project)
    with pytest.raises(SystemExit, match="no list «registered»"):
        scaffold(project, "new_one", "count", today=TODAY)
    assert _files(project) == before


def test_the_command_says_what_it_wrote_and_what_comes_next(project: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "orchestration.new_measure", "--name", "new_one", "--type", "rate"]
        + ["--project", str(project)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    written = re.findall(r"(\S+), (?:new|one line more)\n", ended.stdout)
    assert [Path(path).name for path in written] == [
        "measure_new_one.sql",
        "measure_new_one.yml",
        "measures.csv",
        "plan_measures.csv",
        "targets.csv",
        "res_measure_part.sql",
    ]
    steps = ["Fill in", "orchestration.catalogue", "dbt build -s resource_type:seed res_source_rank measure_new_one+"]
    places = [ended.stdout.index(step) for step in [*steps, "make test", "make refresh   "]]
    assert places == sorted(places)


def _one_of_each(project: Path) -> list[str]:
    """Every template: each type over crime, and over each other model a subject starts from."""
    names = []
    for subject in ("crime", "contact", "roads", "workforce", "satisfaction"):
        for measure_type in KINDS:
            names.append(f"new_{subject}_{measure_type}")
            scaffold(project, names[-1], measure_type, subject, today=TODAY)
    return names


def test_what_the_scaffold_writes_parses(project: Path) -> None:
    _one_of_each(project)
    ended = _dbt(project, project.parent, "parse", "--no-partial-parse")
    assert ended.returncode == 0, ended.stdout[-3000:]


def test_the_unit_test_of_a_new_measure_fails_and_shows_its_figures(
    project: Path, sample: Warehouse, tmp_path: Path
) -> None:
    names = _one_of_each(project)
    ended = _dbt(
        project, sample.copy(tmp_path / "own").folder, "test", "--select", "test_type:unit,path:models/measures,*new_*"
    )
    assert ended.returncode == 1
    assert f"PASS=0 WARN=0 ERROR={len(names)} SKIP=0" in ended.stdout, ended.stdout[-3000:]
    assert ended.stdout.count("actual differs from expected") == len(names)
    assert "-1→" in ended.stdout


def _dbt(project: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    folders = ["--project-dir", str(project), "--profiles-dir", str(project)]
    target = str(project.parent / "dbt")
    return subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")),
            *arguments,
            *folders,
            "--target-path",
            target,
            "--log-path",
            target,
        ],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
