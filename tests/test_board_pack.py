"""The board pack: what it says is what the marts say, in every word and drawing.

Here: rounding beside verdicts, the parts of a pack against the release they are from, the page read back.
Belongs here: what a reader of a pack relies on.
Does not belong here: whether a figure is right (`figures`, `test_sample_figures.py`).
"""

import itertools
import json
import math
import re
import shutil
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.board_pack import STEMS, __main__, charts, words, write_pack
from orchestration.board_pack.author import read_pack
from orchestration.board_pack.content import (
    VERDICT_ORDER,
    GapPoint,
    Line,
    NothingToShow,
    Pack,
    Panel,
    Selection,
)
from orchestration.board_pack.contribution import shared_out
from orchestration.board_pack.html import render_html
from tests.conftest import Warehouse

MONTHS = ("2008-09_r1", "2009-03_r1")
VOID = {"meta", "use", "path", "rect", "circle", "br"}


class Element:
    """An element of a page: its name, attributes, text within, and what it holds."""

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name, self.attributes = name, attributes
        self.children: list[Element | str] = []

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def all(self, *names: str) -> Iterator["Element"]:
        for child in self.children:
            if isinstance(child, Element):
                if not names or child.name in names:
                    yield child
                yield from child.all(*names)

    def one(self, name: str, **attributes: str) -> "Element":
        wanted = {key.rstrip("_"): value for key, value in attributes.items()}
        found = [
            element
            for element in self.all(name)
            if all(element.attributes.get(key) == value for key, value in wanted.items())
        ]
        assert len(found) == 1, f"{len(found)} of {name} {wanted}"
        return found[0]


class Page(HTMLParser):
    """A page as a tree, by the standard library's parser."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("page", {})
        self.open = [self.root]
        self.feed(html)
        assert self.open == [self.root], f"left open: {self.open[-1].name}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {key: value or "" for key, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().name == tag, tag

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


@pytest.fixture(scope="module")
def read(sample: Warehouse) -> Callable[..., Pack]:
    """Packs of the sample, each read once."""
    packs: dict[tuple[str, Selection], Pack] = {}

    def read_once(release_id: str = MONTHS[-1], **selected: str) -> Pack:
        key = (release_id, Selection(**selected))
        if key not in packs:
            packs[key] = read_pack(_database(sample, release_id), key[1])
        return packs[key]

    return read_once


@pytest.fixture(scope="module")
def page(read: Callable[..., Pack]) -> Element:
    """The force's page of March 2009."""
    return Page(render_html(read())).root


@pytest.fixture
def copied(sample: Warehouse, tmp_path: Path) -> Callable[..., Path]:
    """A copy of the database of March 2009 after statements of SQL."""

    def change(*statements: str) -> Path:
        path = tmp_path / "performance.duckdb"
        shutil.copy(_database(sample, MONTHS[-1]), path)
        path.chmod(0o644)
        with duckdb.connect(str(path)) as connection:
            for statement in statements:
                connection.execute(statement)
        return path

    return change


def _page(pack: Pack, panels: tuple[Panel, ...]) -> Element:
    """The page of a pack with some of its panels: what a test asks of the rest is a second less to read."""
    return Page(render_html(replace(pack, panels=panels))).root


def _database(sample: Warehouse, release_id: str) -> Path:
    return sample.folder / "releases" / release_id / "performance.duckdb"


def _rows(sample: Warehouse, query: str, release_id: str = MONTHS[-1]) -> list[dict[str, Any]]:
    with sample.release(release_id) as release:
        found = release.execute(query)
        columns = [column[0] for column in found.description]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def _printed(said: str) -> Decimal:
    """The first number of a text: "at most 3,567 casualties" → 3567."""
    found = re.search(r"−?£?[\d,]+(\.\d+)?", said)
    assert found, said
    return Decimal(found.group().replace("−", "-").replace("£", "").replace(",", ""))


# Rounding.


@pytest.mark.parametrize(
    ("value", "threshold", "usual", "printed"),
    [
        # At one decimal both would be 67.0: 66.96 differs at the second.
        (66.96, 67.0, 1, ("66.96", "67.00")),
        (66.8, 67.0, 1, ("66.8", "67.0")),
        # 3,567 casualties are more than 3,566.69: at no decimals both would be 3,567.
        (3567.0, 3566.69, 0, ("3,567.0", "3,566.7")),
        (66.99999996, 67.0, 1, ("66.99999996", "67.00000000")),
        # The verdict takes less than a thousand-millionth for none.
        (67.0000000004, 67.0, 1, ("67.0", "67.0")),
    ],
)
def test_a_figure_that_differs_from_its_target_prints_otherwise(
    value: float, threshold: float, usual: int, printed: tuple[str, str]
) -> None:
    decimals = words.telling_decimals(usual, threshold, value)
    assert (words.number(value, decimals), words.number(threshold, decimals)) == printed


def test_a_limit_of_an_interval_beside_the_target_prints_otherwise_too() -> None:
    # Clear of 67 because the lower limit is 67.02: "67.0" would say it is not.
    assert words.telling_decimals(1, 67.0, 69.2, 67.02, 71.4) == 2


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [(81.25, 1, "81.3"), (-0.04, 1, "0.0"), (-1234.5, 0, "−1,235"), (1e300, 0, f"1{',000' * 100}"), (2.675, 2, "2.68")],
)
def test_a_half_is_rounded_up_and_nothing_has_no_sign(value: float, decimals: int, printed: str) -> None:
    assert words.number(value, decimals) == printed


@pytest.mark.parametrize(
    ("value", "unit", "printed"),
    [
        (0.03, "percent", "up 0.03 points"),
        (-281.0, "casualties", "down 281 casualties"),
        (-1.0, "percentage points", "down 1.0 point"),
        (1e-12, "percent", "unchanged"),
        (0.2, "offences", "up 0.2 offences"),
        (1.0, "people", "up 1 person"),
        (-1.0, "casualties", "down 1 casualty"),
    ],
)
def test_a_change_that_is_one_never_prints_as_none(value: float, unit: str, printed: str) -> None:
    usual = words.usual_decimals(unit, "percentage" if unit.startswith("percent") else "count")
    assert words.change(value, unit, usual).replace(words.NBSP, " ") == printed


@pytest.mark.parametrize(
    ("value", "printed"),
    [(0.797, "79.7 %"), (0.8, "80 %"), (0.2004, "20.04 %"), (0.5, "50 %"), (0.996, "over 99 %"), (0.0, "under 1 %")],
)
def test_a_probability_prints_on_the_side_of_its_outlook(value: float, printed: str) -> None:
    # On track from 0.8 on, off track up to 0.2.
    assert words.probability(value).replace(words.NBSP, " ") == printed


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "printed"),
    [
        (68.6, "percent", 1, "68.6 %"),
        (50.0, "percent of milestones due", 1, "50.0 % of milestones due"),
        (-4.15, "percentage points", 1, "−4.2 points"),
        (35553958.98, "pounds", 0, "£35,553,959"),
        (14.6, "£ million", 1, "£14.6 million"),
        (1.0, "offences", 0, "1 offence"),
        (1.0, "percentage points", 1, "1.0 point"),
        (10.0, "percentage points", 0, "10 points"),
        (0.01, "percentage points", 2, "0.01 points"),
        (26.97, "per 1,000 residents", 2, "26.97 per 1,000 residents"),
        (1.0, "per 100 officers", 0, "1 per 100 officers"),
        (1.0, "casualties", 0, "1 casualty"),
        (1.0, "cases", 0, "1 case"),
        (1.0, "days per person", 0, "1 day per person"),
        (1.0, "full-time equivalents", 0, "1 full-time equivalent"),
        (1.0, "tonnes", 0, "1 tonne"),
        (1.0, "ward bases", 0, "1 ward base"),
        (1.0, "score", 1, "1.0 score"),
        (2.0, "casualties", 0, "2 casualties"),
    ],
)
def test_a_figure_carries_its_unit(value: float, unit: str, decimals: int, printed: str) -> None:
    assert words.figure(value, unit, decimals).replace(words.NBSP, " ") == printed


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("no source: no delivery of victim_satisfaction", "no source: no delivery of victim satisfaction"),
        (
            "no source: no delivery carries pas:confident_in_local_policing",
            "no source: no delivery carries “confident in local policing” of the Public Attitude Survey",
        ),
        (
            "no source: no delivery carries budgeted_fte, is_gun_enabled, value_gbp",
            "no source: no delivery carries budgeted full-time equivalents, gun enabled, value in pounds",
        ),
        (
            "the area is not in seeds/areas.csv, or is a business group",
            "the area is not in the list of areas, or is a business group",
        ),
        ("2 of 32 areas met; shown is Camden", "2 of 32 areas met; shown is Camden"),
        (None, None),
    ],
)
def test_a_reason_has_no_names_of_files_or_columns(reason: str | None, said: str | None) -> None:
    assert words.spoken(reason) == said


# What a pack says.


@pytest.mark.parametrize("release_id", MONTHS)
def test_no_printed_figure_contradicts_its_verdict(
    read: Callable[..., Pack], sample: Warehouse, release_id: str
) -> None:
    targets = {row["target_id"]: row for row in _rows(sample, "select * from scorecard", release_id)}
    judged = [line for line in read(release_id).lines if line.verdict in ("met", "not_met") and line.threshold_text]
    assert len(judged) > 10
    for line in judged:
        target = targets[line.target_id]
        if target["verdict_stage"] == "in_year" and target["expected_by_now"] is not None and line.verdict == "met":
            continue
        value, threshold = _printed(line.judged_text or line.value_text), _printed(line.threshold_text or "")
        rule, amount = target["rule"], target["amount"]
        if rule in ("at_least", "more_than", "by_date", "at_most"):
            wants_more = rule != "at_most"
        elif rule in ("relative_change", "point_change") and amount:
            wants_more = amount > 0
        else:
            wants_more = target["better"] == "higher"
        ahead = (value - threshold) * (1 if wants_more else -1)
        meets = ahead > 0 if rule in ("more_than", "improve", "every_area_improves") else ahead >= 0
        assert meets == (line.verdict == "met"), (line.title, line.value_text, line.threshold_text, line.verdict)


def test_a_figure_just_short_of_its_target_is_not_printed_as_reaching_it(copied: Callable[..., Path]) -> None:
    short = "value = 66.96, threshold = 67, verdict = 'not_met'"
    of_it = (
        "where target_id = (select any_value(target_id) from scorecard where rule = 'at_least' and unit = 'percent')"
    )
    database = copied(
        f"create temporary table chosen as select any_value(target_id) as target_id from scorecard {of_it}",
        f"update scorecard set {short} where target_id = (select target_id from chosen)",
        f"update fct_target_verdict set {short}, judged_value = 66.96"
        " where target_id = (select target_id from chosen) and area_id = 'force'",
    )
    (line,) = (line for line in read_pack(database, Selection()).lines if line.value == 66.96)
    assert line.value_text.replace(words.NBSP, " ") == "66.96 %"
    assert line.target_text.replace(words.NBSP, " ") == "at least 67.00 %"
    assert line.gap_text and line.gap_text.replace(words.NBSP, " ") == "0.04 points below target"


@pytest.mark.parametrize("release_id", MONTHS)
def test_verdicts_are_counted_per_tier_as_in_the_scorecard(
    read: Callable[..., Pack], sample: Warehouse, release_id: str
) -> None:
    counted = {
        (tier.tier, verdict): count
        for tier in read(release_id).tiers
        for verdict, count in tier.counts.items()
        if count
    }
    rows = _rows(sample, "select tier, verdict, count(*) as lines from scorecard group by all", release_id)
    assert counted == {(row["tier"], row["verdict"]): row["lines"] for row in rows}


def test_every_measure_in_force_has_its_panel_and_one_without_a_figure_says_why(
    read: Callable[..., Pack], sample: Warehouse
) -> None:
    panels = {panel.measure_id: panel for panel in read().panels}
    rows = _rows(sample, "select measure_id, value, reason from scorecard order by pack_order")
    assert list(panels) == list(dict.fromkeys(row["measure_id"] for row in rows))
    without = [row for row in rows if row["value"] is None]
    assert without
    for row in without:
        assert row["reason"] in (panels[row["measure_id"]].reason or "")


def test_what_changed_is_what_the_ledger_says_changed(read: Callable[..., Pack], sample: Warehouse) -> None:
    rows = _rows(
        sample,
        "select count(*) filter (now.verdict <> before.verdict) as changed,"
        " count(*) filter (now.verdict = before.verdict) as same"
        " from fct_reported_verdict as now inner join fct_reported_verdict as before"
        " on now.measure_id = before.measure_id and now.population_group = before.population_group"
        " and now.target_id is not distinct from before.target_id"
        f" where now.release_id = '{MONTHS[1]}' and before.release_id = '{MONTHS[0]}'",
    )
    comparison = read().comparison
    changed = [change for change in comparison.changes if change.kind in ("better", "worse", "other")]
    assert [{"changed": len(changed), "same": comparison.unchanged}] == rows
    assert changed and "September 2008" in comparison.since_text
    assert read(MONTHS[0]).comparison.changes == ()


def test_every_target_that_is_not_met_is_an_exception(read: Callable[..., Pack]) -> None:
    pack = read()
    missed = {line.measure_id for line in pack.lines if line.verdict in ("not_met", "behind")}
    assert missed and missed <= {exception.measure_id for exception in pack.exceptions}


@pytest.mark.parametrize(
    ("low", "high"),
    [(1.55, math.nextafter(1.55, 2)), (0.0, 0.0), (-3.0, math.nextafter(-3.0, 0)), (1e9, 1e9 + 0.1), (0.0, 0.02)],
)
def test_an_axis_over_values_that_hardly_differ_has_ticks_around_them(low: float, high: float) -> None:
    bottom, top = charts._padded(low, high)
    ticks = charts._ticks(bottom, top, 5)
    assert bottom < low <= high < top
    assert 2 <= len(ticks) <= 6 and bottom <= ticks[0] < ticks[-1] <= top


def test_an_exception_without_commentary_of_the_month_shows_it_as_missing(
    read: Callable[..., Pack], copied: Callable[..., Path]
) -> None:
    told = next(exception for exception in read().exceptions if exception.remarks)
    assert told.missing_text is None
    database = copied(
        f"delete from fct_commentary where measure_id = '{told.measure_id}' and period_month = date '2009-03-01'"
    )
    pack = read_pack(database, Selection())
    (again,) = (exception for exception in pack.exceptions if exception.measure_id == told.measure_id)
    assert again.missing_text == "No commentary of March 2009 was delivered. The latest is of February 2009."
    root = _page(pack, ())
    assert again.missing_text in root.one("article", id=f"exception-{told.measure_id}").text


def test_a_refused_delivery_is_told_until_it_landed_under_its_own_name(copied: Callable[..., Path]) -> None:
    refused = (
        "insert into delivery by name select '{0}' as delivery_id, 'complaints' as extract, 'a_system' as source,"
        " '{0}.csv' as file_name, 1 as rows_received, 0 as rows_quarantined, '{1}' as status, '{2}' as reason,"
        " timestamptz '2009-04-0{3} 09:00+01' as received_at"
    )
    database = copied(
        refused.format("mended", "refused", "[layout, whole file] one", 2),
        refused.format("mended", "superseded", "", 3),
        refused.format("open", "refused", "[layout, whole file] two", 2),
        refused.format("again", "refused", "[layout, whole file] three", 2),
        refused.format("again", "current", "", 1),
        refused.format("taken_back", "refused", "[layout, whole file] four", 2),
        refused.format("taken_back", "withdrawn", "a wrong file", 3),
        refused.format("withdrawn", "withdrawn", "a wrong month", 2),
        refused.format("withdrawn", "current", "", 3),
    )
    told = read_pack(database, Selection()).quality.refused
    assert told == (
        "complaints/again.csv was refused: [layout, whole file] three",
        "complaints/open.csv was refused: [layout, whole file] two",
        "complaints/taken_back.csv was withdrawn: a wrong file",
        "complaints/withdrawn.csv was withdrawn: a wrong month",
    )


def test_an_open_decision_is_carried_and_an_overdue_one_needs_the_board(read: Callable[..., Pack]) -> None:
    pack = read()
    assert pack.open_decisions
    overdue = [decision for decision in pack.open_decisions if decision.is_overdue]
    assert overdue and {decision.decision for decision in overdue} <= {asked.text for asked in pack.asked}


def test_a_restated_verdict_shows_what_changed_and_why(copied: Callable[..., Path], sample: Warehouse) -> None:
    row = _rows(sample, "select * from scorecard where rule = 'at_least' and unit = 'percent' order by measure_id")[0]
    named = "measure_id, target_id, period_basis, period_month, area_id, population_group, release_before,"
    named += " release_after, value_before, value_after, threshold_before, threshold_after, verdict_before,"
    named += " verdict_after, is_verdict_flipped, cause, explanation"
    of = f"'{row['measure_id']}', '{row['target_id']}', 'financial_year_to_date', date '2008-09-01', 'force', 'all'"
    releases = f"'{MONTHS[0]}', '{MONTHS[1]}'"
    figure = f"'{row['measure_id']}', null, 'month', date '2008-08-01', 'camden', 'all', {releases}"
    database = copied(
        # 66.97 and 67.02 are both 67.0 at one decimal.
        f"insert into fct_restatement ({named}) values ({of}, {releases}, 66.97, 67.02, 67, 67, 'not_met', 'met', true,"
        " 'late_records', 'late records: 12 arrests')",
        f"insert into fct_restatement ({named}) values ({figure}, 5, 6, null, null, null, null, false, 're_delivery',"
        " 're_delivery: 2008-08_r2')",
        # A verdict of a borough's own that turned, told twice; and one of another that kept.
        *2
        * [
            f"insert into fct_restatement ({named}) select * replace ('camden' as area_id) from (select {named}"
            " from fct_restatement where is_verdict_flipped and area_id = 'force')"
        ],
        f"insert into fct_restatement ({named}) select * replace ('barnet' as area_id, false as is_verdict_flipped)"
        f" from (select {named} from fct_restatement where is_verdict_flipped and area_id = 'force')",
    )
    pack = read_pack(database, Selection())
    (restated,) = pack.restated_verdicts
    assert restated.is_flipped and restated.cause_text == "late records"
    assert restated.before_text.replace(words.NBSP, " ") == "2008-09_r1: Not met: 66.97 % against 67.00 %"
    assert restated.after_text.replace(words.NBSP, " ") == "2009-03_r1: Met: 67.02 % against 67.00 %"
    (figures,) = pack.restated
    assert (figures.cause_text, figures.figures) == ("a delivery was replaced or withdrawn", 1)
    said = _page(pack, ()).one("section", id="restatements").text
    assert "verdict turned" in said and "12 arrests" in said and "2008-08_r2" in said
    camden = read_pack(database, Selection(area="camden"))
    assert [found.is_flipped for found in camden.restated_verdicts] == [True, True]
    (restated_there,) = camden.restated
    assert restated_there.scope_text.replace(words.NBSP, " ") == "1 figure, Aug 2008"
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"update dim_target set rule = 'every_area_improves' where target_id = '{row['target_id']}'")
    assert [found.area_text for found in read_pack(database, Selection()).restated_verdicts] == [
        "the area that stands for all"
    ]
    turned = "Verdicts given earlier that have turned: 1 of the force, 1 of areas."
    assert turned in [sentence.replace(words.NBSP, " ") for sentence in pack.headline]
    assert not any("have turned" in sentence for sentence in camden.headline)


def test_what_changed_names_which_of_a_measures_targets(copied: Callable[..., Path]) -> None:
    of = "where measure_id = 'procurement_savings' and release_id ="
    database = copied(
        f"update fct_reported_verdict set verdict = 'ahead', value = 7.2 {of} '{MONTHS[0]}'",
        f"update fct_reported_verdict set verdict = 'met', value = 14.6 {of} '{MONTHS[1]}'",
    )
    changes = [row for row in read_pack(database, Selection()).comparison.changes if "Procurement" in row.title]
    assert [row.title for row in changes] == [
        "Procurement savings, 2007/08 to 2009/10",
        "Procurement savings, 2008/09",
    ]
    assert {(row.before_text, row.after_text) for row in changes} == {
        (f"Ahead of profile: £7.2{words.NBSP}million", f"Met: £14.6{words.NBSP}million"),
        (f"Ahead of profile: £7.2{words.NBSP}million (year to date)", f"Met: £14.6{words.NBSP}million (full year)"),
    }


def test_a_target_for_every_area_shows_the_figures_of_the_area_that_stands_for_all(copied: Callable[..., Path]) -> None:
    # 28 of 46 arrests in Camden, of three points less than last year.
    of_target = "where target_id = 'domestic_violence_arrest_rate_2008_09' and area_id = 'force'"
    shown = "value = 60.87, threshold = 63.87, verdict = 'not_met', rule = 'every_area_improves'"
    of_line = of_target.replace(" and area_id = 'force'", "")
    database = copied(
        f"update scorecard set {shown}, compared_area_id = 'camden', reason = '31 of 32 areas met; shown is Camden',"
        f" verdict_otherwise = null {of_line}",
        f"update fct_target_verdict set {shown}, judged_value = 60.87 {of_target} and period_month = date '2009-03-01'",
        f"update dim_target set rule = 'every_area_improves' {of_line}",
        "update fct_measure_result set numerator = 28, denominator = 46, value = 60.87, lower_95 = 46.46,"
        " upper_95 = 73.55, change = -3, change_lower_95 = -21, change_upper_95 = 15, comparison = 'settled'"
        " where measure_id = 'domestic_violence_arrest_rate' and area_id = 'camden' and population_group = 'all'"
        " and period_basis = 'financial_year_to_date' and period_month = date '2009-03-01'",
        f"update fct_reported_verdict set verdict = 'met' {of_line} and release_id = '{MONTHS[0]}'",
        f"update fct_reported_verdict set verdict = 'not_met', value = 60.87 {of_line} and release_id = '{MONTHS[1]}'",
    )

    def read_line(pack: Pack) -> tuple[Line, list[str | None]]:
        (line,) = (line for line in pack.lines if line.target_id == "domestic_violence_arrest_rate_2008_09")
        texts = [line.value_text, line.count_text, line.interval_text, line.basis_text, line.direction_text]
        return line, [text and text.replace(words.NBSP, " ") for text in texts]

    pack = read_pack(database, Selection(edition="quarterly"))
    line, texts = read_line(pack)
    assert texts == [
        "60.9 %",
        "28 of 46",
        "95 % interval 46.5 % to 73.6 %",
        "Camden, financial year to date, Apr 2008 to Mar 2009",
        "down 3.0 points on last year (worse), within chance",
    ]
    (year,) = (row for row in pack.year_to_date if row.title == line.title)
    assert year.judged_text == f"of {line.value_text}, {line.basis_text}" and year.count_text != line.count_text
    (change,) = (row for row in pack.comparison.changes if row.title == line.title)
    assert (change.before_text, change.after_text) == ("Met", "Not met")
    # A release of before its scorecard named the area: better no figures than those of the force.
    with duckdb.connect(str(database)) as connection:
        connection.execute("alter table scorecard drop column compared_area_id")
    _, texts = read_line(read_pack(database, Selection()))
    assert texts[1:] == [None, None, "financial year to date to Mar 2009", "no comparison with last year"]


def test_a_count_over_several_years_is_of_its_own_months(read: Callable[..., Pack], sample: Warehouse) -> None:
    earlier, later = (
        row["value"]
        for row in _rows(
            sample,
            "select value from fct_measure_result where measure_id = 'procurement_savings' and area_id = 'force'"
            " and period_basis = 'financial_year_to_date' and month(period_month) = 3 and population_group = 'all'"
            " and period_month between date '2008-03-01' and date '2009-03-01' order by period_month",
        )
    )
    lines = {line.target_id: line for line in read().lines if line.measure_id == "procurement_savings"}
    three_years, one_year = lines["procurement_savings_2007_10"], lines["procurement_savings_2008_09"]
    assert (three_years.value, one_year.value) == (pytest.approx(earlier + later), later)
    assert three_years.basis_text == "added up, Apr 2007 to Mar 2009"
    assert three_years.direction_text == "no comparison with last year"
    assert one_year.basis_text == "financial year to date, Apr 2008 to Mar 2009"
    assert "on last year" in one_year.direction_text
    # In September it is half the way through: £35 million less what there was, over 18 months, is not of one year.
    (half_way,) = (line for line in read(MONTHS[0]).lines if line.target_id == three_years.target_id)
    assert half_way.basis_text == "added up, Apr 2007 to Sep 2008"
    assert half_way.verdict in ("ahead", "behind") and not any("must average" in note for note in half_way.notes)


@pytest.mark.parametrize(
    ("stage", "settled", "said"),
    [
        ("in_year", "2008-12-01", ["January 2009 to March 2009 must average £0.9 million a month to meet it"]),
        ("in_year", "2009-02-01", ["March 2009 must average £0.9 million a month to meet it"]),
        # The year is over: what late facts may still add to it is nobody's to do.
        ("final", "2008-12-01", []),
    ],
)
def test_what_must_still_come_names_its_months(
    copied: Callable[..., Path], stage: str, settled: str, said: list[str]
) -> None:
    of = "where target_id = 'procurement_savings_2008_09'"
    shown = f"required_run_rate = 0.86, verdict = 'not_met', verdict_stage = '{stage}'"
    database = copied(
        f"update scorecard set {shown} {of}",
        f"update fct_target_verdict set {shown}, projected_from = date '{settled}' {of}"
        " and period_month = date '2009-03-01'",
    )
    (line,) = (line for line in read_pack(database, Selection()).lines if line.target_id == of.split("'")[1])
    assert [note.replace(words.NBSP, " ") for note in line.notes if "must average" in note] == said


def test_a_borough_beside_the_others_has_the_unit_they_are_compared_in(
    copied: Callable[..., Path], read: Callable[..., Pack]
) -> None:
    database = copied(
        "update fct_peer_comparison set value = 0.0213, group_value = 0.0213 where measure_id = 'homicide'",
        "update fct_peer_comparison set value = 0.0342, rank_in_group = 31, units = 32"
        " where measure_id = 'homicide' and area_id = 'camden'",
    )
    (line,) = (line for line in read_pack(database, Selection(area="camden")).lines if line.measure_id == "homicide")
    assert (line.beside_text or "").replace(words.NBSP, " ") == (
        "rank 31 of 32 boroughs in the year to March 2009; boroughs together 0.021 per 1,000 residents,"
        " this one 0.034 per 1,000 residents"
    )
    units = {panel.measure_id: panel.boroughs.unit for panel in read().panels if panel.boroughs}
    assert units["complaints_per_100_officers"] == "per 100 officers"
    assert units["total_recorded_crime"] == units["homicide"] == "per 1,000 residents"


def test_a_target_for_a_group_of_people_has_the_figures_of_the_group(copied: Callable[..., Path]) -> None:
    group = "population_group = 'ethnic_group:minority'"
    of = "where target_id = 'call_handling_satisfaction_2008_09'"
    database = copied(
        f"update scorecard set {group}, value = 71.25 {of}",
        f"update fct_target_verdict set {group}, value = 71.25, judged_value = 71.25 {of}"
        " and period_month = date '2009-03-01'",
        "update fct_measure_result set numerator = 114, denominator = 160, respondents = 158, value = 71.25,"
        " lower_95 = 63.8, upper_95 = 77.7, change = -4, change_lower_95 = -7, change_upper_95 = -1,"
        f" comparison = 'settled' where measure_id = 'call_handling_satisfaction' and {group} and area_id = 'force'"
        " and period_basis = 'financial_year_to_date' and period_month = date '2009-03-01'",
    )
    pack = read_pack(database, Selection(edition="quarterly"))
    (line,) = (line for line in pack.lines if line.measure_id == "call_handling_satisfaction")
    assert line.title == "Satisfaction with call handling (ethnic group: minority)"
    texts = (line.count_text, line.interval_text, line.basis_text, line.direction_text)
    assert [text and text.replace(words.NBSP, " ") for text in texts] == [
        "114 of 160 (weighted), 158 people answered",
        "95 % interval 63.8 % to 77.7 %",
        "financial year to date, Apr 2008 to Mar 2009",
        "down 4.0 points on last year (worse)",
    ]
    (year,) = (row for row in pack.year_to_date if row.title == line.title)
    assert (year.value, year.count_text, year.change_text) == (71.25, line.count_text, line.direction_text)
    assert year.judged_text is None
    assert render_html(replace(pack, panels=()))


def test_a_figure_that_stands_as_last_year_has_no_change_to_share_out(copied: Callable[..., Path]) -> None:
    of = "where measure_id = 'homicide' and area_id = 'force' and population_group = 'all'"
    database = copied(
        "update scorecard set variation = 'concern' where measure_id = 'homicide'",
        f"update fct_measure_result set value = 2, numerator = 2, change = 0 {of}",
    )
    (exception,) = (found for found in read_pack(database, Selection()).exceptions if found.measure_id == "homicide")
    assert [found.message for found in exception.contributions] == [
        "As recorded now it stands as last year: no change to share out."
    ]


def test_a_reversed_gap_is_judged_on_its_size(copied: Callable[..., Path]) -> None:
    of = "where measure_id = 'victim_satisfaction_gap'"
    shown = "value = -4.1, threshold = 3.8, verdict = 'not_met'"
    database = copied(
        f"update scorecard set {shown} {of}",
        f"update fct_target_verdict set {shown}, judged_value = 4.1 {of} and period_month = date '2009-03-01'",
    )
    (line,) = (line for line in read_pack(database, Selection()).lines if line.value == -4.1)
    assert line.judged_text == f"judged on 4.1{words.NBSP}points, its size"
    assert line.gap_text == f"0.3{words.NBSP}points above target"


def test_what_the_other_reading_says_is_said_once(copied: Callable[..., Path]) -> None:
    of = "where target_id = 'domestic_violence_arrest_rate_2008_09'"
    said = "the readings disagree: under the other one it is not met"
    database = copied(
        f"update scorecard set verdict = 'met', verdict_otherwise = 'not_met', reason = '{said}' {of}",
        "update scorecard set verdict = 'not_measurable', verdict_otherwise = 'met', reason = 'no baseline value'"
        " where target_id = 'emergency_calls_answered_2008_09'",
    )
    notes = {line.target_id: line.notes for line in read_pack(database, Selection()).lines}
    told = [note for note in notes["domestic_violence_arrest_rate_2008_09"] if "reading" in note]
    assert told == [said]
    assert "under the other reading of the target: met" in notes["emergency_calls_answered_2008_09"]


def test_a_provisional_verdict_is_marked_wherever_it_stands(copied: Callable[..., Path], sample: Warehouse) -> None:
    row = _rows(sample, "select * from scorecard where verdict = 'met' and tier = 'cpa' order by measure_id")[0]
    why = "recorded_crime has not been delivered for March 2009"
    database = copied(
        "update scorecard set is_provisional = false, provisional_because = null",
        f"update scorecard set is_provisional = true, provisional_because = '{why}'"
        f" where target_id = '{row['target_id']}'",
        f"update release set status = 'provisional', provisional_because = '{why}'",
    )
    pack = read_pack(database, Selection())
    assert [tier.provisional for tier in pack.tiers if tier.tier == "cpa"] == [1]
    panels = tuple(panel for panel in pack.panels if panel.measure_id == row["measure_id"])
    root = _page(pack, panels)
    (line,) = pack.quality.provisional
    for place in (root.one("tr", id=line.anchor), root.one("article", id=panels[0].anchor)):
        assert "provisional" in [mark.text for mark in place.all("span") if mark.attributes.get("class") == "mark"]
    said = "recorded crime has not been delivered for March 2009"
    assert said in root.one("section", id="quality").text and said in root.one("header").text


def _part(numerator: float, denominator: float | None) -> dict[str, Any]:
    return {"numerator": numerator, "denominator": denominator}


def test_what_boroughs_contributed_adds_up_to_the_change() -> None:
    # Before: A 30 of 50, B 20 of 50, so 50 of 100. After: A 45 of 60, B 15 of 40, so 60 of 100: up 10 points.
    # A: mean size 0.55 × (0.75 − 0.60) + (mean share 0.675 − 0.55) × (0.6 − 0.5) = 0.0825 + 0.0125 = 9.5 points.
    # B: mean size 0.45 × (0.375 − 0.40) + (mean share 0.3875 − 0.55) × (0.4 − 0.5) = −0.01125 + 0.01625 = 0.5 points.
    measure = {"multiplier": 100.0, "unit": "percent", "measure_type": "percentage", "denominator_extract": None}
    shared = shared_out(
        "boroughs",
        measure,
        {"value": 60.0, **_part(60, 100)},
        {"value": 50.0, **_part(50, 100)},
        {"A": _part(45, 60), "B": _part(15, 40)},
        {"A": _part(30, 50), "B": _part(20, 50)},
    )
    assert shared is not None and shared.against == ()
    assert [(share.title, round(share.amount, 9)) for share in shared.towards] == [("A", 9.5), ("B", 0.5)]


def test_parts_that_do_not_add_up_to_the_measure_are_not_named() -> None:
    measure = {"multiplier": 1.0, "unit": "offences", "measure_type": "count", "denominator_extract": None}
    whole, before = {"value": 12.0, **_part(12, None)}, {"value": 10.0, **_part(10, None)}
    then = {"A": _part(6, None), "B": _part(4, None)}
    assert shared_out("boroughs", measure, whole, before, {"A": _part(7, None), "B": _part(4, None)}, then) is None
    shared = shared_out("boroughs", measure, whole, before, {"A": _part(9, None), "B": _part(3, None)}, then)
    assert shared is not None
    assert [share.text.replace(words.NBSP, " ") for share in (*shared.towards, *shared.against)] == [
        "up 3 offences",
        "down 1 offence",
    ]


def test_a_borough_is_not_judged_by_the_targets_of_the_force(read: Callable[..., Pack], sample: Warehouse) -> None:
    pack = read(area="camden")
    assert {line.verdict for line in pack.lines} == {"no_target", "not_measurable"}
    figures = {
        row["measure_id"]: row["value"]
        for row in _rows(
            sample,
            "select measure_id, value from fct_measure_result where area_id = 'camden' and population_group = 'all'"
            " and period_basis = 'financial_year_to_date' and period_month = date '2009-03-01' and value is not null",
        )
    }
    shown = {line.measure_id: line.value for line in pack.lines if line.measure_id in figures}
    assert len(shown) > 20 and shown == {measure_id: figures[measure_id] for measure_id in shown}
    assert {line.measure_id for line in pack.lines} == {line.measure_id for line in read().lines}


def test_a_business_group_has_the_measures_it_answers_for(read: Callable[..., Pack]) -> None:
    owned = [line for line in read().lines if line.owner.startswith("Human Resources")]
    assert read(business_group="human_resources").lines == tuple(owned)


@pytest.mark.parametrize(
    ("selection", "named"),
    [
        (Selection(area="atlantis"), "camden"),
        (Selection(business_group="Ministry of Magic"), "Human Resources"),
        (Selection(edition="daily"), "quarterly"),
        (Selection(area="camden", business_group="Human Resources"), "not for both"),
    ],
)
def test_a_selection_that_has_nothing_says_what_there_is(sample: Warehouse, selection: Selection, named: str) -> None:
    with pytest.raises(NothingToShow, match=named):
        read_pack(_database(sample, MONTHS[-1]), selection)


def test_the_quarterly_edition_begins_with_milestones_and_the_year_so_far(read: Callable[..., Pack]) -> None:
    pack = read(edition="quarterly")
    assert pack.sections[:3] == ("front", "milestones", "year_to_date")
    assert set(pack.sections) == {*read().sections, "year_to_date"}
    headings = [element.text for element in _page(pack, ()).all("h2")]
    assert headings[1:3] == ["Milestones", "The year so far"]


def test_a_year_to_date_beside_a_verdict_of_something_else_says_of_what(read: Callable[..., Pack]) -> None:
    # A target judged each month: the year to date reaches it, the worst month does not.
    pack = read(edition="quarterly")
    months = {line.title: line for line in pack.lines if line.basis == "month" and line.target_id}
    assert months
    for row in pack.year_to_date:
        if row.title in months:
            assert row.judged_text == f"of {months[row.title].value_text}, {months[row.title].basis_text}"
    assert all(row.judged_text is None or row.value_text not in row.judged_text for row in pack.year_to_date)


# The page.


@pytest.mark.parametrize("release_id", MONTHS)
def test_the_scorecard_of_the_page_reads_back_as_the_marts_have_it(
    read: Callable[..., Pack], sample: Warehouse, release_id: str
) -> None:
    root = _page(read(release_id), ())

    def number(element: Element) -> float | None:
        return float(element.attributes["value"]) if element.attributes["value"] else None

    shown = []
    for row in root.one("section", id="scorecard").all("tr"):
        if row.attributes.get("class") == "line":
            verdict = next(element for element in row.all("span") if "data-verdict" in element.attributes)
            assert words.VERDICTS[verdict.attributes["data-verdict"]] == verdict.text.strip()
            value, threshold = row.one("data", class_="value"), row.one("data", class_="threshold")
            shown.append((row.attributes["id"], number(value), number(threshold), verdict.attributes["data-verdict"]))
    rows = _rows(sample, "select * from scorecard", release_id)
    assert sorted(shown, key=str) == sorted(
        (
            (
                f"line-{row['measure_id']}-{row['target_id'] or 'none'}-{row['population_group']}",
                row["value"],
                row["threshold"],
                row["verdict"],
            )
            for row in rows
        ),
        key=str,
    )


def test_the_front_page_counts_as_the_scorecard_does(page: Element, sample: Warehouse) -> None:
    counted = {element.attributes["data-tier"]: 0 for element in page.all("data") if "data-tier" in element.attributes}
    for element in page.all("data"):
        if "data-tier" in element.attributes:
            counted[element.attributes["data-tier"]] += int(element.attributes["value"])
            assert element.text == element.attributes["value"]
    rows = _rows(sample, "select tier, count(*) as lines from scorecard group by tier")
    assert counted == {row["tier"]: row["lines"] for row in rows}


def test_every_count_behind_a_percentage_is_beside_it(read: Callable[..., Pack], sample: Warehouse) -> None:
    counted = {
        row["measure_id"]: row
        for row in _rows(
            sample,
            "select figures.measure_id, numerator, denominator from fct_measure_result as figures"
            " inner join scorecard using (measure_id, period_basis) where area_id = 'force' and"
            " figures.population_group = 'all' and figures.period_month = compared_month and denominator is not null"
            " and unit = 'percent' and numerator is not null",
        )
    }
    shown = {line.measure_id: line.count_text for line in read().lines if line.measure_id in counted}
    assert len(shown) > 20 and None not in shown.values()
    for measure_id, text in shown.items():
        of = re.match(r"([\d,.]+) of ([\d,.]+)", text or "")
        if of:
            row = counted[measure_id]
            assert abs(float(of[1].replace(",", "")) - row["numerator"]) <= 0.5
            assert abs(float(of[2].replace(",", "")) - row["denominator"]) <= 0.5


def test_every_drawing_says_its_message_in_words(page: Element) -> None:
    drawings = [element for element in page.all("svg") if element.attributes.get("aria-hidden") != "true"]
    assert len(drawings) > 50
    assert all(element.attributes["role"] == "img" for element in drawings)
    assert all(len(element.attributes["aria-label"]) > 20 for element in drawings)


def test_the_page_stands_alone(read: Callable[..., Pack], page: Element) -> None:
    assert len(render_html(read()).encode()) < 3_000_000
    assert not list(page.all("script", "link", "img", "iframe", "object", "embed", "base", "form"))
    for element in page.all():
        for name, value in element.attributes.items():
            assert not name.startswith("on") and name not in ("src", "srcset", "action", "style"), (element.name, name)
            if name == "href":
                assert value.startswith("#"), value
    style = page.one("style").text
    assert "url(" not in style and "@import" not in style


def test_the_page_can_be_read_without_seeing_it(page: Element) -> None:
    (html,) = page.all("html")
    assert html.attributes["lang"] == "en-GB"
    for name in ("header", "nav", "main", "footer", "h1"):
        assert len([element for element in page.all(name) if element.name == name]) == 1
    levels = [int(element.name[1]) for element in page.all("h1", "h2", "h3", "h4")]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    ids = [element.attributes["id"] for element in page.all() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    assert {element.attributes["href"][1:] for element in page.all("a", "use")} <= set(ids)
    for table in page.all("table"):
        assert len(list(table.all("caption"))) == 1
        assert all(heading.attributes.get("scope") in ("col", "row") for heading in table.all("th"))


def test_a_sample_says_so_at_the_top_and_on_each_printed_page(
    read: Callable[..., Pack], page: Element, copied: Callable[..., Path]
) -> None:
    assert page.one("aside", class_="sample").text.startswith("SYNTHETIC SAMPLE")
    assert '@page{@top-right{content:"SYNTHETIC SAMPLE"' in page.one("style").text
    pack = read_pack(copied("update release set data_kind = 'real'"), Selection())
    real = render_html(replace(pack, panels=pack.panels[:1]))
    assert "SYNTHETIC SAMPLE" not in real


HOSTILE = [
    "=cmd()|'/c calc'!A1",
    "<script>alert(1)</script>",
    "{{ pack.__class__ }} {% for x in y %}",
    '#typst #import "x" $1+1$ *bold* \\',
    '"><img src=x onerror=alert(1)>',
    "]]></style></svg>",
    "x" * 10_000,
]


def test_hostile_texts_show_as_text(copied: Callable[..., Path], read: Callable[..., Pack]) -> None:
    told = next(exception for exception in read().exceptions if exception.remarks)
    text = "\n".join(HOSTILE) + "\n\u202eevil\u0007\u0000end"
    quoted = text.replace("'", "''").replace("\u0000", "' || chr(0) || '")
    hostile_name = "'<b>{{ 7*7 }}</b>=1+1\u202e'"
    database = copied(
        f"update fct_commentary set commentary = '{quoted}', decision_asked = '{quoted}', author_role = {hostile_name}"
        f" where measure_id = '{told.measure_id}'",
        f"update fct_board_decision set decision = '{quoted}', owner_role = {hostile_name}",
        f"update fct_milestone set title = {hostile_name}, owner = '{quoted}'",
        f"update dim_measure set title = {hostile_name} where measure_id = '{told.measure_id}'",
        f"update scorecard set title = {hostile_name} where measure_id = '{told.measure_id}'",
        f"update dim_area set title = {hostile_name} where area_id = 'camden'",
        f"update delivery set file_name = {hostile_name}",
    )
    pack = read_pack(database, Selection())
    panels = tuple(panel for panel in pack.panels if panel.measure_id == told.measure_id)
    html = render_html(replace(pack, panels=panels))
    root = Page(html).root
    assert not list(root.all("script", "img", "b"))
    article = root.one("article", id=f"exception-{told.measure_id}").text
    for line in HOSTILE:
        assert line in article
    # What would turn or hide the text around it is shown in its place.
    assert "[U+202E]evil[U+0007][U+0000]end" in article
    assert not set(html) & {"\u202e", "\u0000", "\u0007"}
    assert "<b>{{ 7*7 }}</b>=1+1[U+202E]" in article
    for element in root.all("svg"):
        if "aria-label" in element.attributes:
            assert "\u202e" not in element.attributes["aria-label"]
    panel = next(panel for panel in pack.panels if panel.boroughs and panel.trend)
    assert panel.boroughs and panel.trend
    for chart in (charts.funnel(panel.boroughs), charts.tile_map(panel.boroughs), charts.trend(panel.trend)):
        ElementTree.fromstring(chart.svg)


# The charts.


def test_charts_are_plain_drawings_that_any_renderer_draws_alike(read: Callable[..., Pack]) -> None:
    pack = read()
    drawn = [charts.verdict_bars(pack.tiers), *(charts.icon(verdict) for verdict in VERDICT_ORDER)]
    for panel in pack.panels:
        drawn += [charts.trend(panel.trend)] if panel.trend else []
        drawn += [charts.funnel(panel.boroughs), charts.tile_map(panel.boroughs)] if panel.boroughs else []
        drawn += [charts.gap_trend(gap) for gap in panel.gaps if len(gap.points) > 1]
    names, attributes = set(), set()
    for chart in drawn:
        root = ElementTree.fromstring(chart.svg)
        assert root.attrib["aria-label"] == chart.alt
        for element in root.iter():
            names.add(element.tag.split("}")[1])
            attributes |= element.attrib.keys()
            assert "nan" not in element.attrib.get("d", "") and "inf" not in element.attrib.get("d", "")
    assert names == {"svg", "g", "path", "rect", "circle", "text"}
    assert not attributes & {"class", "style", "id", "href"}


def _luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb" or "#rgb" (WCAG 2.2)."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_text_stands_out_from_its_ground(page: Element, read: Callable[..., Pack]) -> None:
    style = page.one("style").text
    grounds = ["#fff", "#f4f6f8", "#fdf3e7"]
    pairs = {(ink, ground) for ink in re.findall(r"[{;]color:(#\w+)", style) if ink != "#fff" for ground in grounds}
    pairs |= {(ink, ground) for _, ink in re.findall(r"--(ink|grey|link|good|bad):(#\w+)", style) for ground in grounds}
    pairs |= {(charts.verdict_colour(verdict), ground) for verdict in VERDICT_ORDER for ground in grounds}
    # White on a dark ground, and the values on the tiles of a map.
    pairs |= {("#fff", ground) for ground in re.findall(r"background:(#\w+);color:#fff", style)}
    for panel in read().panels:
        if panel.boroughs:
            tiles = ElementTree.fromstring(charts.tile_map(panel.boroughs).svg)
            fill = "#fff"
            for element in tiles:
                if element.tag.endswith("rect"):
                    fill = element.attrib["fill"]
                elif element.tag.endswith("text"):
                    pairs.add((element.attrib.get("fill", charts.INK), fill))
    assert len(pairs) > 30
    for ink, ground in pairs:
        light, dark = sorted((_luminance(ink), _luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


def test_the_tile_map_has_a_place_for_every_borough(sample: Warehouse) -> None:
    boroughs = {row["area_id"] for row in _rows(sample, "select area_id from dim_area where area_type = 'borough'")}
    assert charts.TILES.keys() == boroughs
    assert len({(column, row) for _, column, row in charts.TILES.values()}) == len(boroughs)
    assert len({short for short, _, _ in charts.TILES.values()}) == len(boroughs)


def test_a_trend_says_latest_value_target_direction_and_signal(read: Callable[..., Pack], sample: Warehouse) -> None:
    points = {
        row["measure_id"]: row
        for row in _rows(
            sample,
            "select measure_id, value, target_line, if(is_current, variation, 'not_assessable') as variation,"
            " if(is_current, signal, null) as signal from fct_process_control where area_id = 'force'"
            " and population_group = 'all' qualify row_number() over"
            " (partition by measure_id order by period_month desc) = 1",
        )
    }
    trends = {panel.measure_id: panel.trend for panel in read().panels if panel.trend and panel.trend.has_limits}
    assert len(trends) > 20
    for measure_id, trend in trends.items():
        said, point = charts.trend(trend).alt, points[measure_id]
        assert trend.points[-1].value == point["value"] and trend.points[-1].value_text in said
        assert words.VARIATIONS[point["variation"]] in said
        assert point["signal"] in (None, "none") or words.SIGNALS[point["signal"]] in said
        if point["target_line"] is not None:
            gap = round(point["value"] - point["target_line"], 9)
            side = "at" if gap == 0 else "above" if gap > 0 else "below"
            assert f"{side} the target line of {trend.target_text}" in said
        assert trend.better == "neither" or f"{trend.better} is better" in said


def test_a_break_is_drawn_with_its_reason(read: Callable[..., Pack], sample: Warehouse) -> None:
    registered = _rows(
        sample,
        "select distinct measure_id, breaks.reason from dim_series_break as breaks"
        " inner join scorecard using (measure_id)"
        " where break_month > date '2006-04-01' and break_month < date '2009-03-01'",
    )
    assert registered
    panels = {panel.measure_id: panel for panel in read().panels}
    for row in registered:
        trend = panels[row["measure_id"]].trend
        assert trend is not None and any(row["reason"] in found.text for found in trend.breaks)
        chart = charts.trend(trend)
        assert row["reason"] in chart.alt and ">break" in chart.svg


@pytest.mark.parametrize(("source", "is_one"), [("null", True), ("'crime_system'", True), ("'another'", False)])
def test_a_trend_without_limits_is_drawn_in_stretches_too(
    source: str, is_one: bool, copied: Callable[..., Path]
) -> None:
    """Of homicides without a chart, with a break in June 2008 of all sources, of their own, or of another one; and from
    November 2008 on without a figure, until January 2009."""
    database = copied(
        "delete from fct_process_control where measure_id = 'homicide'",
        "delete from dim_series_break where measure_id = 'homicide'",
        "update fct_measure_result set value = null where measure_id = 'homicide' and period_basis = 'month'"
        " and period_month in ('2008-11-01', '2008-12-01')",
        "insert into dim_series_break by name select 'homicide' as measure_id, date '2008-06-01' as break_month,"
        f" {source} as source, 'definition' as kind, 'counted anew' as reason",
    )
    panel = next(panel for panel in read_pack(database, Selection()).panels if panel.measure_id == "homicide")
    assert panel.trend and not panel.trend.has_limits
    said = [found.text for found in panel.trend.breaks]
    gap = "Jan 2009: the months before it have no figure"
    assert said == (["Jun 2008: counted anew", gap] if is_one else [gap])
    assert len(charts._runs(panel.trend.points)) == len(said) + 1


def test_a_chart_of_every_other_month_says_that_months_are_missing(copied: Callable[..., Path]) -> None:
    """Each point is a stretch of its own; the shortest step is two months, and a month is what the chart is by."""
    database = copied(
        "delete from dim_series_break where measure_id = 'homicide'",
        "delete from fct_process_control where measure_id = 'homicide' and month(period_month) % 2 = 0",
        "update fct_process_control set limit_group = year(period_month) * 12 + month(period_month)"
        " where measure_id = 'homicide'",
    )
    panel = next(panel for panel in read_pack(database, Selection()).panels if panel.measure_id == "homicide")
    assert panel.trend and len(panel.trend.breaks) == len(panel.trend.points) - 1
    assert {found.text.partition(": ")[2] for found in panel.trend.breaks} == {"the months before it have no figure"}


def test_a_series_that_comes_by_the_year_is_one_line(read: Callable[..., Pack]) -> None:
    """The British Crime Survey's measures have a figure each March, and no chart."""
    panel = next(panel for panel in read().panels if panel.measure_id == "justice_system_fair")
    assert panel.trend and [point.month.month for point in panel.trend.points] == [3] * len(panel.trend.points)
    assert len(panel.trend.points) >= 3
    assert (panel.trend.breaks, len(charts._runs(panel.trend.points))) == ((), 1)


def test_what_changed_says_of_which_level_and_of_what_it_is(copied: Callable[..., Path]) -> None:
    """As if September's pack had judged emergency calls of a month against 88 %, and March's the year against 90 %."""
    of = "measure_id = 'emergency_calls_answered' and reporting_month"
    database = copied(
        f"update fct_reported_verdict set threshold = 88, value = 92.8, verdict = 'met', verdict_stage = 'month',"
        f" period_basis = 'month' where {of} = '2008-09-01'",
        f"update fct_reported_verdict set threshold = 90, value = 88.8, verdict = 'not_met', verdict_stage = 'final',"
        f" period_basis = 'month' where {of} = '2009-03-01'",
    )
    changes = read_pack(database, Selection()).comparison.changes
    (change,) = (change for change in changes if change.title.startswith("Emergency calls answered"))
    assert change.before_text.replace(words.NBSP, " ") == "Met: 92.8 % against 88.0 % (the month)"
    assert change.after_text.replace(words.NBSP, " ") == "Not met: 88.8 % against 90.0 % (full year, a month's figure)"


def test_a_chart_that_ended_before_the_month_says_nothing_of_now(copied: Callable[..., Path]) -> None:
    """Camden's chart of homicides, but for its points after November 2008, of which the last was a concern."""
    database = copied(
        "delete from fct_process_control where area_id = 'camden' and measure_id = 'homicide'"
        " and period_month > '2008-11-01'",
        "update fct_process_control set variation = 'concern', signal = 'outside', is_current = false"
        " where area_id = 'camden' and measure_id = 'homicide' and period_month = '2008-11-01'",
    )
    pack = read_pack(database, Selection(area="camden"))
    (line,) = (line for line in pack.lines if line.measure_id == "homicide")
    assert (line.variation, line.variation_text, line.assurance_text) == ("not_assessable", "Not assessable", None)
    panel = next(panel for panel in pack.panels if panel.measure_id == "homicide")
    assert panel.trend and panel.trend.message.startswith("Nov 2008: ")
    assert panel.trend.message.endswith(". Not assessable.")
    assert panel.trend.note and panel.trend.note.startswith("its latest point is of November 2008")


def test_a_gap_says_who_is_worse_off_whichever_group_is_ahead(copied: Callable[..., Path]) -> None:
    of_now = "where area_id = 'force' and period_basis = 'rolling_12_months' and period_month = date '2009-03-01'"
    set_to = "update fct_equality_gap set value_of_group = {}, value_compared_with = {}, gap = {}, lower_95 = {},"
    set_to += f" upper_95 = {{}}, trend = {{}} {of_now} and measure_id = {{}} and population_group = {{}}"
    pack = read_pack(
        copied(
            # Lower is better, then higher: a gap below zero is worse for the group, then better.
            set_to.format(4.7, 4.6, -0.1, "null", "null", "null", "'staff_sickness'", "'gender:female'"),
            set_to.format(36.5, 37, 0.5, -1.5, 2.5, "'narrowing'", "'fear_of_crime'", "'ethnic_group:minority'"),
            set_to.format(
                66, 60, -6, -9, -3, "'widening'", "'confidence_in_local_policing'", "'ethnic_group:minority'"
            ),
        ),
        Selection(),
    )
    said = {
        (panel.measure_id, gap.title.split()[0]): gap.message.replace(words.NBSP, " ")
        for panel in pack.panels
        for gap in panel.gaps
    }
    assert said["staff_sickness", "Gender:"] == (
        "Gender: female held against gender: male, year to March 2009: female 4.7 %, male 4.6 %; female worse off by"
        " 0.1 points; no comparison with last year. A gap above zero means: female better off."
    )
    assert said["fear_of_crime", "Ethnic"] == (
        "Ethnic group: minority held against ethnic group: white, year to March 2009: minority 36.5 %, white 37.0 %;"
        " minority better off by 0.5 points (95 % interval: worse off by 1.5 points to better off by 2.5 points);"
        " narrowing. A gap above zero means: minority better off."
    )
    assert said["confidence_in_local_policing", "Ethnic"] == (
        "Ethnic group: minority held against ethnic group: white, year to March 2009: minority 66.0 %, white 60.0 %;"
        " minority better off by 6.0 points (95 % interval: better off by 9.0 points to better off by 3.0 points);"
        " widening. A gap above zero means: minority worse off."
    )
    because = next(found.because for found in pack.exceptions if found.measure_id == "confidence_in_local_policing")
    assert "the gap between ethnic group: minority and ethnic group: white widens (minority better off)" in because
    assert "widens by more than sampling error, whichever of them is ahead" in pack.exception_rule


def test_a_gap_without_a_latest_figure_is_not_drawn_as_one(read: Callable[..., Pack]) -> None:
    gap = next(gap for panel in read().panels for gap in panel.gaps if len(gap.points) > 12)
    last = gap.points[-1]
    label = f'font-weight="bold">{words.number(last.gap, words.telling_decimals(1, 0.0, last.gap))}</text>'
    assert gap.month == last.month and charts.gap_trend(gap).svg.count(label) == 1
    assert "font-weight" not in charts.gap_trend(replace(gap, points=gap.points[:-6])).svg


def test_no_line_is_drawn_over_months_without_a_gap(read: Callable[..., Pack]) -> None:
    gap = next(gap for panel in read().panels for gap in panel.gaps if len(gap.points) > 12)

    def lines(points: tuple[GapPoint, ...]) -> int:
        return charts.gap_trend(replace(gap, points=points)).svg.count(f'fill="none" stroke="{charts.LINE}"')

    # One more is in the legend.
    assert lines(gap.points) == 2
    assert lines(gap.points[:4] + gap.points[6:]) == 3
    # Figures of quarters are a line too.
    assert lines(gap.points[::-3][::-1]) == 2


def test_a_gap_that_never_had_a_figure_says_why(read: Callable[..., Pack]) -> None:
    # In no borough of the sample did 30 people of a group answer the survey in a year.
    pack = read(area="camden")
    (panel,) = (panel for panel in pack.panels if panel.measure_id == "confidence_in_local_policing")
    (gap,) = panel.gaps
    assert gap.points == () and gap.message == (
        "Ethnic group: minority held against ethnic group: white, year to March 2009: no figure"
        " (fewer than 30 respondents)."
    )
    assert gap.message in _page(pack, (panel,)).text


def test_the_ranked_boroughs_are_those_of_the_peer_comparison(read: Callable[..., Pack], sample: Warehouse) -> None:
    rows = _rows(
        sample,
        "select measure_id, area_id, rank_in_group, value, funnel_flag from fct_peer_comparison"
        " where peer_group = 'london_boroughs'"
        " qualify period_month = max(period_month) over (partition by measure_id)",
    )
    shown = {
        (panel.measure_id, row.area_id): (row.rank, row.value, row.flag)
        for panel in read().panels
        if panel.boroughs
        for row in panel.boroughs.rows
        if row.rank is not None
    }
    expected = {
        (row["measure_id"], row["area_id"]): (row["rank_in_group"], row["value"], row["funnel_flag"])
        for row in rows
        if row["rank_in_group"] is not None
    }
    assert len(shown) > 500
    assert shown == {key: expected[key] for key in shown}


def test_boroughs_stand_in_the_unit_they_are_compared_in(read: Callable[..., Pack]) -> None:
    boroughs = {panel.measure_id: panel.boroughs for panel in read().panels if panel.boroughs}
    units = {measure_id: found.unit for measure_id, found in boroughs.items()}
    # A count, a rate over residents, a rate over something else, a share.
    assert units["grievous_bodily_harm"] == units["total_recorded_crime"] == "per 1,000 residents"
    assert (units["complaints_per_100_officers"], units["officer_sickness"]) == ("per 100 officers", "percent")
    note = "Westminster: the population is residents: many of its victims and offenders live elsewhere"
    assert boroughs["grievous_bodily_harm"].notes == (note,)
    # Over hours of officers, residents are no matter.
    assert boroughs["officer_sickness"].notes == ()


# The release and the command.


@pytest.mark.parametrize("release_id", MONTHS)
def test_a_release_holds_its_pack_and_at_a_quarters_end_the_quarterly_report(
    sample: Warehouse, release_id: str
) -> None:
    folder = sample.folder / "releases" / release_id
    files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    for stem in STEMS.values():
        assert f"{stem}.html" in files
        assert release_id in (folder / f"{stem}.html").read_text(encoding="utf-8")


def test_the_command_writes_a_boroughs_pack_beside_the_releases(
    sample: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "releases").symlink_to(sample.folder / "releases")
    monkeypatch.setenv("WAREHOUSE_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["pack", "--area", "camden", "--release", MONTHS[0], "--edition", "quarterly"])
    __main__.main()
    written = tmp_path / "packs" / MONTHS[0] / "camden_quarterly" / "quarterly_report.html"
    assert str(written) in capsys.readouterr().out.splitlines()
    assert '<p class="subtitle">Camden, September 2008</p>' in written.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--release", "../releases/2009-03_r1"], "no name of a release"),
        (["--release", "1999-01_r1"], "make releases"),
        (["--release", MONTHS[0], "--area", "../../etc"], "There is no borough"),
    ],
)
def test_the_command_says_why_it_writes_nothing(
    sample: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    (tmp_path / "releases").symlink_to(sample.folder / "releases")
    monkeypatch.setenv("WAREHOUSE_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["pack", *arguments])
    with pytest.raises(SystemExit, match=said):
        __main__.main()
    assert not (tmp_path / "packs").exists()


def test_a_pack_is_written_from_a_release_alone(copied: Callable[..., Path], tmp_path: Path) -> None:
    files = write_pack(copied(), tmp_path / "pack")
    assert [path.name for path in files if path.suffix == ".html"] == ["board_pack.html"]
    assert all(path.stat().st_size for path in files)


def test_a_line_is_what_its_measure_and_target_name(read: Callable[..., Pack]) -> None:
    lines: tuple[Line, ...] = read().lines
    titles = [line.title for line in lines]
    assert len(set(titles)) == len(titles)
