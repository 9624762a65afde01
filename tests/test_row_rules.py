"""Row rules: what quarantines a row, what does not, and how a cell is read.

Here: for every rule of every extract a row that breaks it and no other, rows at the edge of rules, readings of cells.
Belongs here: a verdict on one row, or on two that cannot both be.
Does not belong here: what becomes of a whole delivery (`test_landing.py`).
"""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from orchestration.extracts import EXTRACTS
from orchestration.extracts.__main__ import printed
from orchestration.landing.identity import identify
from orchestration.landing.received import receive
from orchestration.landing.validation import Validated, validate
from orchestration.layouts import recognise
from orchestration.layouts.monthly_extracts import IMPLIED, NOT_SENT
from tests.deliveries import HOSTILE, changed, valid_rows, write_csv, write_parquet, write_xlsx

CRIME = "recorded_crime"
ROWS = 40


def validated(file: Path, extract: str) -> Validated:
    received = receive(file, identify(file).sha256)
    return validate(received, recognise(received, extract), EXTRACTS[extract])


def with_row_7(tmp_path: Path, extract: str, cells: dict[str, str]) -> Validated:
    """Forty valid rows, of which row number 7 (counted from 0) has other cells; `COPY` takes the next row's."""
    rows = valid_rows(extract, ROWS)
    broken = {name: rows[8][name] if cell == COPY else cell for name, cell in cells.items()}
    return validated(write_csv(tmp_path / "rows.csv", changed(rows, 7, **broken)), extract)


def quarantined(found: Validated) -> list[tuple[int, set[str]]]:
    """Line number and rules of each row that is set aside. Row number 7 stands on line 9, below the header."""
    return [(line, set(rules.split("; "))) for line, rules in found.quarantined.select("line_number", "rules").rows()]


def cell(found: Validated, column: str) -> object:
    """One cell of row number 7, which must have been accepted."""
    return found.accepted.filter(pl.col("line_number") == 9)[column].item()


# --- Row rules ------------------------------------------------------------------------------------

COUNT_OF_CRIME = {"offence_ref": "", "recorded_date": ""}
COUNT_OF_CASUALTIES = {"casualty_ref": "", "collision_date": ""}
PUBLISHED = {"response_ref": "", "interview_date": "", "published_value": "50"}
NO_BASE = {"numerator": "", "denominator": "", "published_value": "50"}
CLOSED = {"status": "closed", "closed_on": "2008-12-31", "outcome": "Zqdone"}
NO_SLUG = "Not A Slug"
COPY = "copy"  # Not a cell: take this column from the next row.

# extract → rule → the cells of one row that break it and no other rule.
BREAKS: dict[str, dict[str, dict[str, str]]] = {
    "recorded_crime": {
        "period_month_missing": {**COUNT_OF_CRIME, "period_month": ""},
        "period_is_a_month": {**COUNT_OF_CRIME, "period_month": "2008-12-02"},
        "period_before_1990": {**COUNT_OF_CRIME, "period_month": "1989-12-01"},
        "period_too_late": {**COUNT_OF_CRIME, "period_month": "2050-01-01"},
        "offence_ref_out_of_domain": {"offence_ref": "Z" * 65},
        "recorded_date_unreadable": {**COUNT_OF_CRIME, "recorded_date": "zq"},
        "victims_under_20_out_of_domain": {"victims_under_20": "-1"},
        "victim_group_out_of_domain": {"victim_group": NO_SLUG},
        "outcome_type_out_of_domain": {"outcome_type": "zq", "outcome_date": "2008-12-31"},
        "drug_type_out_of_domain": {"drug_type": NO_SLUG},
        "offences_out_of_domain": {**COUNT_OF_CRIME, "offences": "-1"},
        "offence_unknown": {"offence_code": "zq"},
        "offence_ref_repeated": {"offence_ref": COPY},
        "record_or_count": {"recorded_date": ""},
        "record_counts_one": {"offences": "2"},
        "recorded_outside_period": {"recorded_date": "2008-11-30"},
        "outcome_before_record": {"outcome_type": "charge", "outcome_date": "2008-11-30"},
        "outcome_incomplete": {"outcome_type": "charge"},
        "months_covered_out_of_domain": {**COUNT_OF_CRIME, "months_covered": "13"},
        "record_covers_one_month": {"months_covered": "12"},
        "record_of_a_total": {"area": "force"},
        "too_many_offences": {**COUNT_OF_CRIME, "offences": "1000001"},
        "too_many_victims": {"victims_under_20": "101"},
        # Half a year before 8 December is 8 June, 183 days.
        "arrest_before_record": {"recorded_date": "2008-12-08", "arrest_date": "2008-06-07"},
        "fact_too_late": {"arrest_date": "2050-01-01"},
    },
    "victim_satisfaction": {
        "crime_type_out_of_domain": {"crime_type": NO_SLUG},
        "overall_out_of_domain": {"overall": "zq"},
        "access_out_of_domain": {"access": "zq"},
        "action_out_of_domain": {"action": "zq"},
        "follow_up_out_of_domain": {"follow_up": "zq"},
        "treatment_out_of_domain": {"treatment": "zq"},
        "call_handling_out_of_domain": {"call_handling": "zq"},
    },
    "public_attitude": {
        "survey_out_of_domain": {"survey": NO_SLUG},
        "question_out_of_domain": {"question": NO_SLUG},
        "answer_out_of_domain": {"answer": "zq"},
    },
    "workforce": {
        "period_is_a_month": {"period_month": "2008-12-02"},
        "period_before_1990": {"period_month": "1989-12-01"},
        "period_too_late": {"period_month": "2050-01-01"},
        "business_group_out_of_domain": {"business_group": NO_SLUG},
        "role_out_of_domain": {"role": "zq"},
        "rank_out_of_domain": {"rank": "zq"},
        "gender_out_of_domain": {"gender": "zq"},
        "ethnic_group_out_of_domain": {"ethnic_group": "zq"},
        "headcount_out_of_domain": {"headcount": "-1"},
        "fte_out_of_domain": {"fte": "-0.5"},
        "budgeted_fte_out_of_domain": {"budgeted_fte": "-0.5"},
        "contracted_hours_out_of_domain": {"contracted_hours": "-1", "sickness_hours": "0"},
        "sickness_hours_out_of_domain": {"sickness_hours": "-1"},
        "workforce_cell_repeated": {"area": COPY, "business_group": COPY},
        "sickness_exceeds_contract": {"sickness_hours": "1841"},
        # 12 people and a tenth, and 1: 14.2. The hours of 12 people and 10 more: 5,500.
        "fte_exceeds_headcount": {"fte": "14.25"},
        "hours_exceed_headcount": {"contracted_hours": "5500.5"},
        "rank_of_officers_alone": {"role": "staff"},
    },
    "road_casualties": {
        "period_month_missing": {**COUNT_OF_CASUALTIES, "period_month": ""},
        "period_is_a_month": {**COUNT_OF_CASUALTIES, "period_month": "2008-12-02"},
        "period_before_1990": {**COUNT_OF_CASUALTIES, "period_month": "1989-12-01"},
        "period_too_late": {**COUNT_OF_CASUALTIES, "period_month": "2050-01-01"},
        "casualty_ref_out_of_domain": {"casualty_ref": "Z" * 65},
        "severity_out_of_domain": {"severity": "zq"},
        "mode_out_of_domain": {"mode": NO_SLUG},
        "casualties_out_of_domain": {**COUNT_OF_CASUALTIES, "casualties": "-1"},
        "casualty_ref_repeated": {"casualty_ref": COPY},
        "record_without_ref": {"casualty_ref": ""},
        "record_counts_one": {"casualties": "2"},
        "collision_outside_period": {"collision_date": "2008-11-30"},
        "months_covered_out_of_domain": {**COUNT_OF_CASUALTIES, "months_covered": "13"},
        "record_covers_one_month": {"months_covered": "12"},
        "record_of_a_total": {"area": "england"},
        "too_many_casualties": {**COUNT_OF_CASUALTIES, "casualties": "50001"},
    },
    "criminal_networks": {
        "period_before_1990": {"disruption_date": "1989-12-01"},
        "period_too_late": {"disruption_date": "2050-01-01"},
        "disruption_ref_out_of_domain": {"disruption_ref": "Z" * 65},
        "network_ref_out_of_domain": {"network_ref": "Z" * 65},
        "business_group_out_of_domain": {"business_group": NO_SLUG},
        "disruption_ref_repeated": {"disruption_ref": COPY},
    },
    "asset_recovery": {
        "period_before_1990": {"seizure_date": "1989-12-01"},
        "period_too_late": {"seizure_date": "2050-01-01"},
        "case_ref_out_of_domain": {"case_ref": "Z" * 65},
        "stage_out_of_domain": {"stage": "zq"},
        "value_gbp_out_of_domain": {"value_gbp": "-0.5"},
        "case_ref_repeated": {"case_ref": COPY},
    },
    "service_levels": {
        "period_month_missing": {"service_date": "", "period_month": ""},
        "period_is_a_month": {"service_date": "", "period_month": "2008-12-02"},
        "period_before_1990": {"service_date": "", "period_month": "1989-12-01"},
        "period_too_late": {"service_date": "", "period_month": "2050-01-01"},
        "service_out_of_domain": {"service": NO_SLUG},
        "demand_out_of_domain": {"demand": "-1", "within_standard": "0"},
        "within_standard_out_of_domain": {"within_standard": "-1"},
        "within_exceeds_demand": {"within_standard": "5001"},
        "service_day_repeated": {"service": COPY, "service_date": COPY},
        "days_and_month_together": {"service": COPY, "service_date": ""},
        "service_outside_period": {"service_date": "2008-11-30"},
        "demand_too_high": {"demand": "100001"},
    },
    "complaints": {
        "period_before_1990": {"received_date": "1989-12-01"},
        "period_too_late": {"received_date": "2050-01-01"},
        "complaint_ref_out_of_domain": {"complaint_ref": "Z" * 65},
        "complaint_ref_repeated": {"complaint_ref": COPY},
        "closed_before_received": {"received_date": "2008-12-08", "closed_date": "2008-12-07"},
        "closed_too_late": {"closed_date": "2050-01-01"},
    },
    "milestones": {
        "period_is_a_month": {"period_month": "2008-12-02"},
        "period_before_1990": {"period_month": "1989-12-01"},
        "period_too_late": {"period_month": "2050-01-01"},
        "milestone_ref_out_of_domain": {"milestone_ref": "Z" * 65},
        # Windows' curly quotes, read as another encoding.
        "title_out_of_domain": {"title": "Zq\x93venue\x94 is open"},
        "owner_out_of_domain": {"owner": "Z" * 301},
        "programme_out_of_domain": {"programme": NO_SLUG},
        "status_out_of_domain": {"status": "zq"},
        "milestone_repeated": {"milestone_ref": COPY},
        "completion_incomplete": {"status": "completed"},
        "completed_in_the_future": {"status": "completed", "completed_date": "2009-01-01"},
        "milestone_before_1990": {"original_due": "1989-12-31"},
        "due_too_late": {"current_due": "2028-12-02"},
    },
    "measure_returns": {
        "period_is_a_month": {"period_month": "2008-12-02"},
        "period_before_1990": {"period_month": "1989-12-01"},
        "period_too_late": {"period_month": "2050-01-01"},
        "population_group_out_of_domain": {"population_group": "ethnic_group"},
        "numerator_unreadable": {**NO_BASE, "numerator": "zq"},
        "numerator_out_of_domain": {"numerator": "-0.5"},
        "denominator_out_of_domain": {"measure_id": "spend_against_budget", "denominator": "-0.5"},
        "published_value_out_of_domain": {
            **NO_BASE,
            "measure_id": "victim_satisfaction_gap",
            "published_value": "100000000001",
        },
        "respondents_out_of_domain": {"respondents": "-1"},
        "returned_by_out_of_domain": {"returned_by": NO_SLUG},
        "measure_unknown": {"measure_id": "zq"},
        "numerator_or_value": {"numerator": ""},
        "value_with_base": {**NO_BASE, "denominator": "50"},
        "survey_outside_percent": {"numerator": "50.5"},
        "return_repeated": {"area": COPY, "population_group": COPY},
    },
    "population": {
        "period_before_1990": {"year": "1989"},
        "period_too_late": {"year": "2101"},
        "area_unknown": {"area": "heathrow"},
        "population_out_of_domain": {"area": "city_of_london", "population": "999"},
        "edition_out_of_domain": {"edition": "Z" * 101},
        "borough_out_of_range": {"population": "99999"},
        "area_year_repeated": {"area": COPY, "year": COPY},
    },
    "commentary": {
        "period_is_a_month": {"period_month": "2008-12-02"},
        "period_before_1990": {"period_month": "1989-12-01", "written_on": "1990-01-05"},
        "period_too_late": {"period_month": "2050-01-01", "written_on": "2050-01-05"},
        "author_role_out_of_domain": {"author_role": "Z" * 301},
        "measure_unknown": {"measure_id": "zq"},
        "commentary_repeated": {"author_role": COPY},
        "written_before_month": {"written_on": "2008-11-30"},
        "written_too_late": {"written_on": "2010-01-01"},
        "text_too_long": {"commentary": "Z" * 10_001},
        # A column of a table, pasted into the cell.
        "text_not_plain": {"commentary": "Zq\twritten"},
        "text_without_words": {"commentary": "…"},
    },
    "board_decisions": {
        "period_is_a_month": {"period_month": "2008-12-02"},
        "period_before_1990": {"period_month": "1989-12-01", "decided_on": "1989-11-15", "due_on": "1990-03-31"},
        "period_too_late": {"period_month": "2050-01-01", "decided_on": "2049-12-15", "due_on": "2050-03-31"},
        "decision_ref_out_of_domain": {"decision_ref": "Z" * 65},
        "owner_role_out_of_domain": {"owner_role": "Z" * 301},
        "status_out_of_domain": {"status": "zq"},
        "measure_unknown": {"measure_id": "zq"},
        "decision_repeated": {"decision_ref": COPY},
        "closure_incomplete": {"status": "closed"},
        "decided_too_early": {"decided_on": "1988-11-30"},
        "decided_in_the_future": {"decided_on": "2009-01-01"},
        "due_before_decided": {"due_on": "2008-10-14"},
        "due_too_late": {"due_on": "2013-12-02"},
        "closed_before_decided": {**CLOSED, "closed_on": "2008-10-14"},
        "closed_in_the_future": {**CLOSED, "closed_on": "2009-01-01"},
        "text_too_long": {"decision": "Z" * 10_001},
        "text_not_plain": {"decision": "Zq\x85report"},
        "text_without_words": {"decision": "-"},
    },
}
SURVEY_BREAKS = {
    "period_month_missing": {**PUBLISHED, "period_month": ""},
    "period_is_a_month": {**PUBLISHED, "period_month": "2008-12-02"},
    "period_before_1990": {**PUBLISHED, "period_month": "1989-12-01"},
    "period_too_late": {**PUBLISHED, "period_month": "2050-01-01"},
    "response_ref_out_of_domain": {"response_ref": "Z" * 65},
    "interview_date_unreadable": {**PUBLISHED, "interview_date": "zq"},
    "ethnic_group_out_of_domain": {"ethnic_group": "zq"},
    "weight_unreadable": {**PUBLISHED, "weight": "zq"},
    "weight_out_of_domain": {"weight": "0"},
    "published_value_out_of_domain": {**PUBLISHED, "published_value": "100.5"},
    "respondents_unreadable": {**PUBLISHED, "respondents": "zq"},
    "respondents_out_of_domain": {**PUBLISHED, "respondents": "-1"},
    "response_ref_repeated": {"response_ref": COPY},
    "interview_or_published": {"interview_date": ""},
    "interview_outside_period": {"interview_date": "2008-11-30"},
    "months_covered_out_of_domain": {**PUBLISHED, "months_covered": "13"},
    "interview_covers_one_month": {"months_covered": "3"},
    "interview_incomplete": {"weight": ""},
    "value_or_interview": {"published_value": "50"},
}
BREAKS["victim_satisfaction"] |= SURVEY_BREAKS
BREAKS["public_attitude"] |= SURVEY_BREAKS
# extract → rule → the cells of two rows that cannot both be: each is valid beside the others.
BREAKS_TOGETHER: dict[str, dict[str, tuple[dict[str, str], dict[str, str]]]] = {
    "recorded_crime": {
        "count_repeated": (
            {**COUNT_OF_CRIME, "area": "camden", "offences": "5"},
            {**COUNT_OF_CRIME, "area": "camden", "offences": "7"},
        )
    },
    "victim_satisfaction": {
        "published_repeated": (
            {**PUBLISHED, "area": "camden"},
            {**PUBLISHED, "area": "camden", "published_value": "60"},
        )
    },
    "public_attitude": {
        "published_repeated": (
            {**PUBLISHED, "area": "camden"},
            {**PUBLISHED, "area": "camden", "published_value": "60"},
        )
    },
    "road_casualties": {
        "count_repeated": (
            {**COUNT_OF_CASUALTIES, "area": "camden", "casualties": "5"},
            {**COUNT_OF_CASUALTIES, "area": "camden", "casualties": "7"},
        ),
        "severities_overlap": (
            {"area": "camden", "severity": "fatal"},
            {**COUNT_OF_CASUALTIES, "area": "camden", "severity": "killed_or_serious", "casualties": "9"},
        ),
    },
}
# The system's own layout gives these no cell: the landing fills them from another column.
FOLLOWS_FROM_ANOTHER_COLUMN = {
    # A system sends no published rate.
    "recorded_crime": {"count_or_rate"},
    # Without a month in the row, the day of the disruption gives it: the two can never differ.
    "criminal_networks": {"disruption_outside_period", "period_is_a_month", "area_unknown"},
    "asset_recovery": {"period_is_a_month"},
    "service_levels": {"area_unknown"},
    "complaints": {"period_is_a_month"},
    "milestones": {"area_unknown"},
    "population": {"period_is_a_month"},
    "commentary": {"area_unknown"},
    "board_decisions": {"area_unknown"},
}
# No row can break these alone: it then has no month either, or less than nothing to hold its part against.
ALSO_BROKEN = {
    ("criminal_networks", "disruption_date_missing"): "period_month_missing",
    ("criminal_networks", "disruption_date_unreadable"): "period_month_missing",
    ("asset_recovery", "seizure_date_missing"): "period_month_missing",
    ("asset_recovery", "seizure_date_unreadable"): "period_month_missing",
    ("complaints", "received_date_missing"): "period_month_missing",
    ("complaints", "received_date_unreadable"): "period_month_missing",
    ("service_levels", "demand_out_of_domain"): "within_exceeds_demand",
    ("workforce", "contracted_hours_out_of_domain"): "sickness_exceeds_contract",
    ("workforce", "headcount_out_of_domain"): "fte_exceeds_headcount",
    ("population", "year_missing"): "period_month_missing",
    ("population", "year_unreadable"): "period_month_unreadable",
}


def _rules_of(extract: str) -> set[str]:
    """Every rule that a delivery in the system's own layout can break, read off the model."""
    model = EXTRACTS[extract].model.to_schema()
    rules = {check.name for check in model.checks} - FOLLOWS_FROM_ANOTHER_COLUMN.get(extract, set())
    if "offence_code" in model.columns:
        rules.add("offence_unknown")
    for name, column in model.columns.items():
        if name in IMPLIED.get(extract, {}) or name in NOT_SENT.get(extract, ()):
            continue
        # A row that does not say how many months it covers covers one.
        if not column.nullable and name != "months_covered":
            rules.add(f"{name}_missing")
        if column.dtype.type != pl.String:
            rules.add(f"{name}_unreadable")
        if column.checks:
            rules.add(f"{name}_out_of_domain")
    return rules


def _breaks(extract: str) -> dict[str, dict[str, str]]:
    """The cells that break each rule: those written above, else one that is missing or has no reading."""
    cells = {"months_covered_out_of_domain": {"months_covered": "13"}, "area_unknown": {"area": "zqville"}}
    for rule in _rules_of(extract):
        column, _, kind = rule.rpartition("_")
        if kind == "missing":
            cells[rule] = {column: ""}
        elif kind == "unreadable":
            cells[rule] = {column: "zq"}
    return {rule: broken for rule, broken in (cells | BREAKS[extract]).items() if rule in _rules_of(extract)}


def _of_two_rows(extract: str) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    return BREAKS_TOGETHER.get(extract, {})


ROW_RULES = [(extract, rule, cells) for extract in EXTRACTS for rule, cells in sorted(_breaks(extract).items())]


@pytest.mark.parametrize("extract", EXTRACTS)
def test_every_rule_of_an_extract_has_a_row_here_that_breaks_it(extract: str) -> None:
    assert sorted(_rules_of(extract) - _breaks(extract).keys() - _of_two_rows(extract).keys()) == []


@pytest.mark.parametrize("extract", EXTRACTS)
def test_every_row_that_breaks_a_rule_breaks_one_that_exists(extract: str) -> None:
    assert sorted((BREAKS[extract].keys() | _of_two_rows(extract).keys()) - _rules_of(extract)) == []


@pytest.mark.parametrize("extract", EXTRACTS)
def test_valid_rows_break_no_rule(tmp_path: Path, extract: str) -> None:
    found = validated(write_csv(tmp_path / "rows.csv", valid_rows(extract)), extract)
    assert (found.accepted.height, found.rows_by_rule) == (402, {})


@pytest.mark.parametrize(
    ("extract", "rule", "cells"), ROW_RULES, ids=[f"{extract}-{rule}" for extract, rule, _ in ROW_RULES]
)
def test_a_row_that_breaks_one_rule_is_quarantined_for_that_rule(
    tmp_path: Path, extract: str, rule: str, cells: dict[str, str]
) -> None:
    # A key that occurs twice sets both its rows aside: neither is known to be the right one.
    lines = [9, 10] if COPY in cells.values() else [9]
    rules = {rule, ALSO_BROKEN.get((extract, rule), rule)}
    assert quarantined(with_row_7(tmp_path, extract, cells)) == [(line, rules) for line in lines]


TWO_ROW_RULES = [(extract, rule, cells) for extract, rules in BREAKS_TOGETHER.items() for rule, cells in rules.items()]


@pytest.mark.parametrize(
    ("extract", "rule", "cells"), TWO_ROW_RULES, ids=[f"{extract}-{rule}" for extract, rule, _ in TWO_ROW_RULES]
)
def test_two_rows_that_cannot_both_be_are_both_quarantined_for_that_rule(
    tmp_path: Path, extract: str, rule: str, cells: tuple[dict[str, str], dict[str, str]]
) -> None:
    rows = changed(changed(valid_rows(extract, ROWS), 7, **cells[0]), 8, **cells[1])
    assert quarantined(validated(write_csv(tmp_path / "rows.csv", rows), extract)) == [(9, {rule}), (10, {rule})]


@pytest.mark.parametrize(
    ("extract", "rule", "cells"), TWO_ROW_RULES, ids=[f"{extract}-{rule}" for extract, rule, _ in TWO_ROW_RULES]
)
def test_each_of_two_rows_that_cannot_both_be_may_be_alone(
    tmp_path: Path, extract: str, rule: str, cells: tuple[dict[str, str], dict[str, str]]
) -> None:
    alone = [changed(valid_rows(extract, ROWS), 7, **one) for one in cells]
    found = [validated(write_csv(tmp_path / f"row {i}.csv", rows), extract) for i, rows in enumerate(alone)]
    assert [one.rows_by_rule for one in found] == [{}, {}]


def _sentence(extract: str, rule: str) -> str | None:
    """What a rule over the whole row says; None for the rules of one column."""
    checks = EXTRACTS[extract].model.to_schema().checks
    return next((str(check.error) for check in checks if check.name == rule), None)


SENTENCES = [case for case in ROW_RULES if _sentence(*case[:2])]


@pytest.mark.parametrize(
    ("extract", "rule", "cells"), SENTENCES, ids=[f"{extract}-{rule}" for extract, rule, _ in SENTENCES]
)
def test_a_quarantined_row_carries_the_sentence_of_its_rule(
    tmp_path: Path, extract: str, rule: str, cells: dict[str, str]
) -> None:
    reasons = with_row_7(tmp_path, extract, cells).quarantined["reasons"].to_list()
    assert set(reasons) == {_sentence(extract, rule)}


@pytest.mark.parametrize("extract", EXTRACTS)
def test_the_printed_rules_hold_every_column_and_rule_of_an_extract(extract: str) -> None:
    model = EXTRACTS[extract].model.to_schema()
    words = [line.split() for line in printed(EXTRACTS[extract])]
    shown = {line[0] for line in words if len(line) > 1}
    assert (model.columns.keys() | {check.name for check in model.checks}) - shown == set()


MORE_BREAKS = [
    ("milestones", {"milestone_ref": COPY, "programme": "estates"}, "milestone_repeated"),
    ("milestones", {"completed_date": "2008-12-31"}, "completion_incomplete"),
    ("milestones", {"current_due": "1900-01-01"}, "milestone_before_1990"),
    ("milestones", {"status": "completed", "completed_date": "1900-01-01"}, "milestone_before_1990"),
    ("measure_returns", {**NO_BASE, "published_value": "100.5"}, "survey_outside_percent"),
    ("measure_returns", {**NO_BASE, "published_value": "-0.5"}, "survey_outside_percent"),
    ("measure_returns", {"numerator": "", "denominator": ""}, "numerator_or_value"),
    ("measure_returns", {"measure_id": "it_spend", "denominator": "", "published_value": "50"}, "numerator_or_value"),
    ("measure_returns", {"area": COPY, "returned_by": "zqinformation"}, "return_repeated"),
    ("measure_returns", {"measure_id": "it_spend", "numerator": "100000000001"}, "numerator_out_of_domain"),
    ("measure_returns", {"denominator": "100000000001"}, "denominator_out_of_domain"),
    ("measure_returns", {"respondents": "1000001"}, "respondents_out_of_domain"),
    ("recorded_crime", {"area": "specialist_crime"}, "area_unknown"),
    ("recorded_crime", {"outcome_type": "charge", "outcome_date": "2050-01-01"}, "fact_too_late"),
    # A year's worth of England and Wales and more, in a row of twelve months.
    ("recorded_crime", {**COUNT_OF_CRIME, "months_covered": "12", "offences": "12000001"}, "too_many_offences"),
    ("recorded_crime", {**COUNT_OF_CRIME, "offences": "0", "victims_under_20": "1"}, "too_many_victims"),
    ("road_casualties", {"area": "specialist_crime"}, "area_unknown"),
    ("road_casualties", {"area": "action_fraud"}, "area_unknown"),
    ("road_casualties", {"area": "greater_london"}, "record_of_a_total"),
    ("road_casualties", {**COUNT_OF_CASUALTIES, "months_covered": "12", "casualties": "600001"}, "too_many_casualties"),
    ("victim_satisfaction", {"area": "specialist_crime"}, "area_unknown"),
    ("victim_satisfaction", {"weight": "100.5"}, "weight_out_of_domain"),
    ("public_attitude", {**PUBLISHED, "respondents": "0"}, "respondents_out_of_domain"),
    ("public_attitude", {**PUBLISHED, "respondents": "1000001"}, "respondents_out_of_domain"),
    ("workforce", {"headcount": "250001"}, "headcount_out_of_domain"),
    ("workforce", {"headcount": "250000", "fte": "250000.5"}, "fte_out_of_domain"),
    ("workforce", {"budgeted_fte": "250000.5"}, "budgeted_fte_out_of_domain"),
    ("workforce", {"role": "pcso", "rank": "chief_superintendent"}, "rank_of_officers_alone"),
    ("asset_recovery", {"value_gbp": "10000000000.5"}, "value_gbp_out_of_domain"),
    ("service_levels", {"service_date": "", "demand": "3000001"}, "demand_too_high"),
    ("milestones", {"original_due": "2028-12-02"}, "due_too_late"),
    ("milestones", {"owner": "Zq\ufffdcommander"}, "owner_out_of_domain"),
    ("population", {"area": "england", "population": "100000001"}, "population_out_of_domain"),
    ("population", {"population": "1000001"}, "borough_out_of_range"),
    ("commentary", {"author_role": "Zq\ufffdcommander"}, "author_role_out_of_domain"),
    ("commentary", {"commentary": " \u00a0 "}, "commentary_missing"),
    ("commentary", {"author_role": COPY, "commentary": "Zqanother"}, "commentary_repeated"),
    ("commentary", {"decision_asked": "Z" * 10_001}, "text_too_long"),
    ("commentary", {"decision_asked": "Zq\x1bwritten"}, "text_not_plain"),
    ("commentary", {"commentary": "Zq\ufffdwritten"}, "text_not_plain"),
    ("commentary", {"decision_asked": "?"}, "text_without_words"),
    # Marks of direction and a space of no width: nothing to be seen.
    ("commentary", {"commentary": "\u200f\u202e\u200b"}, "text_without_words"),
    ("board_decisions", {"closed_on": "2008-12-31"}, "closure_incomplete"),
    ("board_decisions", {"outcome": "Zqdone"}, "closure_incomplete"),
    ("board_decisions", {**CLOSED, "closed_on": ""}, "closure_incomplete"),
    ("board_decisions", {**CLOSED, "outcome": ""}, "closure_incomplete"),
    ("board_decisions", {**CLOSED, "outcome": "Z" * 10_001}, "text_too_long"),
    ("board_decisions", {**CLOSED, "outcome": "Zq\x7fdone"}, "text_not_plain"),
    ("board_decisions", {**CLOSED, "outcome": "—"}, "text_without_words"),
    ("board_decisions", {"decision_ref": COPY, "decision": "Zqanother"}, "decision_repeated"),
    ("board_decisions", {"due_on": "1900-01-01"}, "due_before_decided"),
]


@pytest.mark.parametrize(
    ("extract", "cells", "rule"),
    MORE_BREAKS,
    ids=[f"{extract}-{rule}-{'-'.join(cells)}" for extract, cells, rule in MORE_BREAKS],
)
def test_a_rule_holds_in_each_of_its_parts(tmp_path: Path, extract: str, cells: dict[str, str], rule: str) -> None:
    assert list(with_row_7(tmp_path, extract, cells).rows_by_rule) == [rule]


# As near to a rule as a row can come without breaking it.
EDGES: list[tuple[str, dict[str, str]]] = [
    ("asset_recovery", {"value_gbp": "0"}),
    ("service_levels", {"within_standard": "5000"}),
    ("service_levels", {"demand": "0", "within_standard": "0"}),
    # One service counts by day and another by month; one counts by month and by day in different months.
    ("service_levels", {"service_date": ""}),
    ("service_levels", {"service": COPY, "service_date": "", "period_month": "2008-11-01"}),
    ("service_levels", {"service": COPY, "service_date": "2008-12-31"}),
    ("complaints", {"received_date": "2008-12-08", "closed_date": "2008-12-08"}),
    ("milestones", {"status": "completed", "completed_date": "2008-12-31"}),
    ("milestones", {"original_due": "1990-01-01"}),
    # Brought forward.
    ("milestones", {"current_due": "2008-09-30"}),
    ("milestones", {"milestone_ref": COPY, "period_month": "2008-11-01"}),
    ("measure_returns", {"numerator": "50"}),
    ("measure_returns", {"numerator": "0", "denominator": "0"}),
    ("measure_returns", {**NO_BASE, "published_value": "100"}),
    ("measure_returns", {**NO_BASE, "published_value": "0"}),
    # A quotient of two counts may exceed 100 percent, and a gap may be negative.
    ("measure_returns", {"measure_id": "offences_brought_to_justice", "numerator": "51"}),
    ("measure_returns", {**NO_BASE, "measure_id": "victim_satisfaction_gap", "published_value": "-2.5"}),
    ("measure_returns", {"measure_id": "it_spend", "denominator": ""}),
    ("measure_returns", {"measure_id": "total_recorded_crime", "denominator": ""}),
    ("measure_returns", {"population_group": "all"}),
    ("measure_returns", {"area": "kent_police"}),
    ("measure_returns", {"area": COPY, "months_covered": "12"}),
    ("measure_returns", {"area": COPY, "measure_id": "staff_informed"}),
    ("measure_returns", {"measure_id": "it_spend", "numerator": "100000000000"}),
    ("recorded_crime", {"offence_ref": "Z" * 64}),
    ("recorded_crime", {"area": "action_fraud"}),
    ("recorded_crime", {"area": "not_recorded"}),
    ("recorded_crime", {**COUNT_OF_CRIME, "area": "force", "months_covered": "12", "offences": "12000000"}),
    ("recorded_crime", {**COUNT_OF_CRIME, "period_month": "2049-12-01", "offences": "0"}),
    ("recorded_crime", {"victims_under_20": "100"}),
    ("recorded_crime", {"recorded_date": "2008-12-08", "arrest_date": "2008-06-08"}),
    ("recorded_crime", {"arrest_date": "2049-12-31", "outcome_type": "charge", "outcome_date": "2049-12-31"}),
    # A year's casualties, with references and without days.
    ("road_casualties", {"collision_date": "", "months_covered": "12"}),
    ("road_casualties", {**COUNT_OF_CASUALTIES, "area": "great_britain", "casualties": "50000"}),
    ("road_casualties", {**COUNT_OF_CASUALTIES, "months_covered": "12", "casualties": "600000"}),
    ("victim_satisfaction", {"area": "force", "weight": "100"}),
    ("public_attitude", {**PUBLISHED, "months_covered": "12", "respondents": "1000000"}),
    # The largest full-time equivalents of 12 people: a tenth and one more.
    ("workforce", {"fte": "14.2"}),
    ("workforce", {"contracted_hours": "5500"}),
    ("workforce", {"headcount": "250000", "fte": "250000"}),
    # Everybody left in the month.
    ("workforce", {"headcount": "0", "fte": "0", "contracted_hours": "174"}),
    ("workforce", {"role": "staff", "rank": "chief_officer"}),
    ("workforce", {"role": "special"}),
    ("workforce", {"role": "pcso", "rank": ""}),
    ("asset_recovery", {"value_gbp": "10000000000"}),
    ("service_levels", {"demand": "100000"}),
    ("service_levels", {"service_date": "", "demand": "3000000"}),
    ("complaints", {"closed_date": "2049-12-31"}),
    ("milestones", {"current_due": "2028-12-01"}),
    ("milestones", {"title": "Zqvenue “Ω” — " + "é" * 286}),
    ("population", {"year": "2100"}),
    ("population", {"population": "100000"}),
    ("population", {"area": "kent_police", "population": "1600000"}),
    ("population", {"area": "city_of_london", "population": "1000"}),
    ("commentary", {"written_on": "2008-12-01"}),
    ("commentary", {"written_on": "2009-12-31"}),
    ("commentary", {"author_role": COPY, "measure_id": "grievous_bodily_harm"}),
    ("commentary", {"author_role": COPY, "period_month": "2008-11-01"}),
    ("commentary", {"commentary": "é" * 10_000, "decision_asked": ""}),
    ("commentary", {"commentary": "7"}),
    ("board_decisions", CLOSED),
    ("board_decisions", {**CLOSED, "closed_on": "2008-10-15"}),
    ("board_decisions", {"measure_id": ""}),
    ("board_decisions", {"decided_on": "1988-12-01"}),
    ("board_decisions", {"decided_on": "2008-12-31", "due_on": "2008-12-31"}),
    ("board_decisions", {"due_on": "2013-12-01"}),
    ("board_decisions", {"decision_ref": COPY, "period_month": "2008-11-01"}),
    ("board_decisions", {"decision": "é" * 10_000}),
]


@pytest.mark.parametrize(
    ("extract", "cells"), EDGES, ids=[f"{e}-{'-'.join(cells.values())}"[:80] for e, cells in EDGES]
)
def test_a_row_at_the_edge_of_a_rule_lands(tmp_path: Path, extract: str, cells: dict[str, str]) -> None:
    assert with_row_7(tmp_path, extract, cells).rows_by_rule == {}


def test_a_service_may_have_a_count_in_each_month(tmp_path: Path) -> None:
    counts = changed(valid_rows("service_levels"), 7, 8, service="zqevidence", service_date="")
    rows = changed(counts, 7, period_month="2008-11-01")
    assert validated(write_csv(tmp_path / "rows.csv", rows), "service_levels").rows_by_rule == {}


def test_a_service_with_two_counts_in_a_month_has_neither(tmp_path: Path) -> None:
    rows = changed(valid_rows("service_levels"), 7, 8, service="zqevidence", service_date="")
    found = validated(write_csv(tmp_path / "rows.csv", rows), "service_levels")
    assert found.rows_by_rule == {"service_day_repeated": 2}


def test_a_row_that_does_not_say_how_many_months_it_covers_covers_one(tmp_path: Path) -> None:
    assert cell(with_row_7(tmp_path, CRIME, {"months_covered": ""}), "months_covered") == 1


def test_a_record_without_a_month_has_the_month_of_its_date(tmp_path: Path) -> None:
    assert cell(with_row_7(tmp_path, CRIME, {"period_month": ""}), "period_month") == dt.date(2008, 12, 1)


def test_an_area_name_reads_as_its_identifier(tmp_path: Path) -> None:
    found = with_row_7(tmp_path, CRIME, {"area": " Hammersmith & Fulham "})
    assert cell(found, "area") == "hammersmith_and_fulham"


# --- Readings -------------------------------------------------------------------------------------

CHARGED = {"outcome_type": "charge"}
READINGS: list[tuple[str, dict[str, str], str, Any]] = [
    *[(CRIME, {"is_domestic": text}, "is_domestic", True) for text in ("true", "TRUE", "t", "Yes", "y", "1")],
    *[(CRIME, {"is_domestic": text}, "is_domestic", False) for text in ("false", "F", "no", "N", "0")],
    (CRIME, {"is_domestic": " true "}, "is_domestic", True),
    *[
        (CRIME, {**CHARGED, "outcome_date": text}, "outcome_date", dt.date(2009, 2, 3))
        for text in ("2009-02-03", "2009-02-03 00:00:00", "2009-02-03T00:00:00", "03/02/2009", " 2009-02-03 ")
    ],
    *[("workforce", {"headcount": text}, "headcount", 12) for text in ("12", "12.0", "12.00", " 12 ", "012")],
    *[("workforce", {"headcount": text}, "headcount", 5116) for text in ("5,116", " 5,116 ", "5,116.0")],
    ("asset_recovery", {"value_gbp": "1,234,567.50"}, "value_gbp", 1_234_567.5),
    *[("workforce", {"sickness_hours": text}, "sickness_hours", 5.0) for text in ("5", "5.0", " 5 ", "5e0")],
    ("workforce", {"sickness_hours": "0"}, "sickness_hours", 0.0),
    ("workforce", {"budgeted_fte": ""}, "budgeted_fte", None),
    *[("asset_recovery", {"value_gbp": text}, "value_gbp", 1200.0) for text in ("1200", "1200.00", "1.2e3")],
    ("asset_recovery", {"seizure_date": "08/12/2008"}, "period_month", dt.date(2008, 12, 1)),
    ("complaints", {"received_date": "2008-12-31"}, "period_month", dt.date(2008, 12, 1)),
    ("complaints", {"closed_date": "03/02/2009"}, "closed_date", dt.date(2009, 2, 3)),
    ("complaints", {"closed_date": ""}, "closed_date", None),
    ("service_levels", {"demand": "5000.0"}, "demand", 5000),
    ("service_levels", {"period_month": ""}, "period_month", dt.date(2008, 12, 1)),
    ("service_levels", {"service_date": ""}, "service_date", None),
    ("milestones", {"completed_date": " "}, "completed_date", None),
    ("milestones", {"current_due": "2009-03-31 00:00:00"}, "current_due", dt.date(2009, 3, 31)),
    ("measure_returns", {"respondents": ""}, "respondents", None),
    ("measure_returns", {**NO_BASE, "published_value": "77.5"}, "published_value", 77.5),
]


@pytest.mark.parametrize(
    ("extract", "cells", "column", "value"), READINGS, ids=[f"{r[2]}={list(r[1].values())[-1]!r}" for r in READINGS]
)
def test_a_cell_reads_as(tmp_path: Path, extract: str, cells: dict[str, str], column: str, value: object) -> None:
    assert cell(with_row_7(tmp_path, extract, cells), column) == value


UNREADABLE = [
    *[(CRIME, "is_domestic", text) for text in ("maybe", "2", "-1", "true false")],
    *[
        (CRIME, "arrest_date", text)
        for text in (
            "2009-02-30",
            "2009-13-01",
            "02/13/2009",
            "3 Feb 2009",
            "20090203",
            "39847",
            "03/02/2009 x",
        )
    ],
    *[("workforce", "headcount", text) for text in ("12.5", "1,00", "1e3", "12 people", "0x10", "--1")],
    *[("workforce", "fte", text) for text in ("1,000,5", "nan", "inf", "-", "11.5 fte")],
    *[("asset_recovery", "value_gbp", text) for text in ("£1250", "1250,50", "1.2m", "nan", "not valued")],
    *[("service_levels", "demand", text) for text in ("50,00", "5e3", "4999.5")],
    *[("service_levels", "service_date", text) for text in ("2008-12-32", "total", "8 Dec")],
    *[("complaints", "closed_date", text) for text in ("open", "00/00/2009", "2009-02-30")],
    *[("milestones", "current_due", text) for text in ("tbc", "March 2009", "Q4 2008/09")],
    *[("milestones", "completed_date", text) for text in ("no", "-")],
    *[("measure_returns", "published_value", text) for text in ("77.5%", "77,5", "n/a")],
    *[("measure_returns", "denominator", text) for text in ("5,0000", "£50", "50m")],
    *[("measure_returns", "respondents", text) for text in ("50.5", "<10")],
]


@pytest.mark.parametrize(("extract", "column", "text"), UNREADABLE)
def test_a_cell_without_a_reading_is_quarantined(tmp_path: Path, extract: str, column: str, text: str) -> None:
    assert with_row_7(tmp_path, extract, {column: text}).rows_by_rule == {f"{column}_unreadable": 1}


def _typed_workforce() -> pl.DataFrame:
    """Workforce as a system that knows types writes it."""
    numbers = ["headcount", "fte", "budgeted_fte", "contracted_hours", "sickness_hours"]
    return pl.DataFrame(valid_rows("workforce")).with_columns(
        pl.col(numbers).cast(pl.Float64), pl.col("period_month").str.to_datetime()
    )


def _written(folder: Path, frame: pl.DataFrame) -> Path:
    with (folder / "2008-12.parquet").open("wb") as stream:
        frame.write_parquet(stream)
    return folder / "2008-12.parquet"


def _in_row_7(column: str, value: object) -> pl.Expr:
    return pl.when(pl.int_range(pl.len()) == 7).then(pl.lit(value)).otherwise(column).alias(column)


def test_typed_parquet_lands_with_fractions_and_midnights_read_as_numbers_and_days(tmp_path: Path) -> None:
    found = validated(_written(tmp_path, _typed_workforce()), "workforce")
    read = tuple(cell(found, column) for column in ("period_month", "headcount"))
    assert read == (dt.date(2008, 12, 1), 12)


def test_a_fraction_in_a_typed_whole_number_column_is_quarantined(tmp_path: Path) -> None:
    frame = _typed_workforce().with_columns(_in_row_7("headcount", 12.5))
    found = validated(_written(tmp_path, frame), "workforce")
    assert found.rows_by_rule == {"headcount_unreadable": 1}


@pytest.mark.parametrize(
    "number",
    [
        float("nan"),
        float("inf"),
    ],
)
def test_a_typed_number_that_is_none_is_quarantined(tmp_path: Path, number: float) -> None:
    frame = _typed_workforce().with_columns(_in_row_7("fte", number))
    found = validated(_written(tmp_path, frame), "workforce")
    assert found.quarantined.height == 1


def test_a_number_in_a_date_column_of_a_parquet_file_is_no_date(tmp_path: Path) -> None:
    # 14,214 days after 1970-01-01 is 2008-12-01; a spreadsheet would mean 1938-11-30 by it.
    frame = _typed_workforce().with_columns(period_month=pl.lit(14214))
    found = validated(_written(tmp_path, frame), "workforce")
    assert found.rows_by_rule == {"period_month_unreadable": 402}


def test_spaces_around_a_word_are_trimmed(tmp_path: Path) -> None:
    assert cell(with_row_7(tmp_path, "workforce", {"role": " officer "}), "role") == "officer"


def test_an_empty_text_in_a_parquet_file_is_no_value(tmp_path: Path) -> None:
    file = write_parquet(tmp_path / "2008-12.parquet", valid_rows(CRIME))
    assert validated(file, CRIME).rows_by_rule == {}


def test_a_line_break_within_the_title_of_a_milestone_is_no_fault(tmp_path: Path) -> None:
    rows = changed(valid_rows("milestones", ROWS), 7, title="Zqvenue\nis open")
    assert validated(write_parquet(tmp_path / "2008-12.parquet", rows), "milestones").rows_by_rule == {}


def test_a_carriage_return_alone_in_a_commentary_is_no_line_break(tmp_path: Path) -> None:
    rows = changed(valid_rows("commentary", ROWS), 7, commentary="Zqwritten:\rfewer")
    file = write_parquet(tmp_path / "2008-12.parquet", rows)
    assert validated(file, "commentary").rows_by_rule == {"text_not_plain": 1}


def test_a_workbook_with_dates_numbers_and_flags_of_its_own_lands(tmp_path: Path) -> None:
    rows = valid_rows("criminal_networks", 201)
    with xlsxwriter.Workbook(tmp_path / "2008-12.xlsx") as workbook:
        sheet = workbook.add_worksheet()
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, list(rows[0]))
        for line, row in enumerate(rows, start=1):
            sheet.write_row(line, 0, list(row.values()))
            sheet.write_datetime(line, 2, dt.datetime.fromisoformat(row["disruption_date"]), day)
            sheet.write_boolean(line, 4, True)
            sheet.write_number(line, 5, 0)
    found = validated(tmp_path / "2008-12.xlsx", "criminal_networks")
    read = tuple(cell(found, column) for column in ("disruption_date", "involves_drugs", "involves_firearms"))
    assert read == (dt.date(2008, 12, 8), True, False)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx"])
def test_a_delivery_lands_the_same_from_every_kind_of_file(tmp_path: Path, suffix: str) -> None:
    write = {".csv": write_csv, ".parquet": write_parquet, ".xlsx": write_xlsx}[suffix]
    rows = valid_rows("workforce")
    landed = validated(write(tmp_path / f"2008-12{suffix}", rows), "workforce").accepted
    assert (landed.height, landed["fte"].sum(), landed["line_number"].to_list()[-1]) == (402, 402 * 11.5, 403)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx"])
@pytest.mark.parametrize(("extract", "column"), [("commentary", "commentary"), ("board_decisions", "decision")])
def test_hostile_text_lands_as_it_was_written(tmp_path: Path, extract: str, column: str, suffix: str) -> None:
    write = {".csv": write_csv, ".parquet": write_parquet, ".xlsx": write_xlsx}[suffix]
    texts = [text for text in HOSTILE.values() if suffix != ".csv" or "\n" not in text]
    rows = [{**row, column: text} for row, text in zip(valid_rows(extract, len(texts)), texts, strict=True)]
    found = validated(write(tmp_path / f"2008-12{suffix}", rows), extract)
    assert (found.rows_by_rule, found.accepted[column].to_list()) == ({}, texts)
