"""The printed pack and its workbook, read back: they say what the marts say, and no text in them acts.

Here: PDF and XLSX of the sample as a reader's programs see them: text, tags, cells, formulas, charts.
Belongs here: what holds of the pack because of the format it is written in.
Does not belong here: what a pack says (`test_board_pack.py`), whether a figure is right (`figures`).
"""

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import fastexcel
import pikepdf
import polars as pl
import pypdfium2
import pytest
import typst

from orchestration.board_pack import charts, write_pack
from orchestration.board_pack import pdf as printing
from orchestration.board_pack.author import read_pack
from orchestration.board_pack.charts import Chart
from orchestration.board_pack.content import Pack, Selection
from orchestration.board_pack.html import render_html
from orchestration.board_pack.pdf import pdf_of
from orchestration.board_pack.words import VERDICTS
from orchestration.board_pack.workbook import workbook_of
from orchestration.board_pack.workbook_sheets import HEADING_ROW, number_format
from tests.conftest import Warehouse

RELEASE = "2009-03_r1"
MOST_BYTES = {".pdf": 3_000_000, ".xlsx": 2_000_000}
HOSTILE = {
    "=cmd|'/C calc'!A0": "=cmd|'/C calc'!A0",
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "{{ 7 * 7 }} {% raw %}": "{{ 7 * 7 }} {% raw %}",
    '#panic("x") *b* $y$ @z // c': '#panic("x") *b* $y$ @z // c',
    '=HYPERLINK("http://example.org")': '=HYPERLINK("http://example.org")',
    "turned \u202eround": "turned [U+202E]round",
    "bell \x07 here": "bell [U+0007] here",
}
# Unlike any letter of a pack, so that it can be counted.
LONG_WORD = "Ж" * 10_000
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"


@dataclass(frozen=True)
class Written:
    """A pack as it was written, and what it says."""

    pack: Pack
    pdf: bytes
    xlsx: bytes


@pytest.fixture(scope="module")
def written(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The force's pack of March 2009, written as a release is."""
    database = _database(sample)
    files = {path.suffix: path.read_bytes() for path in write_pack(database, tmp_path_factory.mktemp("pack"))}
    return Written(read_pack(database, Selection()), files[".pdf"], files[".xlsx"])


@pytest.fixture(scope="module")
def scorecard(sample: Warehouse) -> list[dict[str, Any]]:
    """The lines of the mart, in the order of the pack."""
    with sample.release(RELEASE) as release:
        found = release.execute("select * from scorecard order by pack_order nulls last, measure_id, target_id")
        columns = [column[0] for column in found.description]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


@pytest.fixture(scope="module")
def hostile(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A pack whose commentary, names and decisions are what an attacker would deliver, with a few of its panels."""
    database = tmp_path_factory.mktemp("hostile") / "performance.duckdb"
    shutil.copy(_database(sample), database)
    database.chmod(0o644)
    text = "\n".join(HOSTILE)
    with duckdb.connect(str(database)) as connection:
        (measure_id,) = _one(connection, "select any_value(measure_id) from scorecard where verdict = 'not_met'")
        connection.execute("delete from fct_commentary where measure_id = ?", [measure_id])
        connection.execute(
            "insert into fct_commentary by name (select * replace (? as measure_id, ? as commentary,"
            " ? as decision_asked, ? as author_role, (select reporting_month from release) as period_month)"
            " from fct_commentary limit 1)",
            [measure_id, LONG_WORD, text, text],
        )
        for table, column in (("dim_measure", "title"), ("scorecard", "title"), ("scorecard", "owner")):
            connection.execute(f"update {table} set {column} = ? where measure_id = ?", [text, measure_id])
        connection.execute("update fct_milestone set title = ?", [text])
        connection.execute("update fct_board_decision set decision = ?, outcome = ?", [text, text])
        connection.execute("update delivery set file_name = ?", [text])
    pack = read_pack(database, Selection())
    pack = replace(pack, panels=tuple(panel for panel in pack.panels if panel.measure_id == measure_id))
    return Written(pack, pdf_of(pack), workbook_of(pack))


def _database(sample: Warehouse) -> Path:
    return sample.folder / "releases" / RELEASE / "performance.duckdb"


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row
    return row


def _pages(pdf: bytes) -> list[str]:
    """The text of each page, without the marks that allow a long word to be broken; the reader gives U+0002 for a
    hyphen at the end of a line."""
    document = pypdfium2.PdfDocument(pdf)
    texts = (page.get_textpage().get_text_bounded() for page in document)
    return [_joined(text.replace("\u200b", "").replace("\x02", "-")) for text in texts]


def _joined(text: str) -> str:
    """A text on one line; where a line ends after a hyphen, the word goes on."""
    return " ".join(text.split()).replace("- ", "-")


def _sheet(xlsx: bytes, name: str, *numbers: str) -> list[dict[str, Any]]:
    """The rows of a sheet as text, but for the columns that hold numbers: there a text is None."""
    book = fastexcel.read_excel(xlsx)
    texts, figures = (
        book.load_sheet(name, header_row=HEADING_ROW, dtypes=dtypes, dtype_coercion="coerce").to_polars()
        for dtypes in ("string", dict.fromkeys(numbers, "float"))
    )
    return texts.with_columns(figures.select(numbers)).to_dicts()


def _flat(text: str) -> str:
    return _joined(text)


def _elements(pdf: bytes) -> Iterator[tuple[str, pikepdf.Dictionary]]:
    """The tags of a document, each with what it is: Figure, Table, TH and so on."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for found in document.objects:
            if isinstance(found, pikepdf.Dictionary) and found.get("/Type") == "/StructElem":
                yield str(found.S), found


# The PDF.


def test_the_pdf_gives_each_line_of_the_scorecard_its_value_target_and_verdict(
    written: Written, scorecard: list[dict[str, Any]]
) -> None:
    pages = _pages(written.pdf)
    text = " ".join(page for page in pages if "Variation and assurance" in page)
    assert len(written.pack.lines) == len(scorecard)
    at = 0
    for line, row in zip(written.pack.lines, scorecard, strict=True):
        assert (line.measure_id, line.target_id) == (row["measure_id"], row["target_id"])
        for said in (line.title, line.value_text, line.target_text, VERDICTS[row["verdict"]]):
            found = text.find(_flat(said), at)
            assert found >= 0, (line.title, said)
            at = found + len(_flat(said))
        for printed, value in ((line.value_text, row["value"]), (line.threshold_text, row["threshold"])):
            _assert_printed(printed, value)


def _assert_printed(printed: str | None, value: float | None) -> None:
    """A printed figure is the value, rounded to as many decimals as it has."""
    if value is None:
        assert printed in (None, "no figure")
        return
    found = re.search(r"([\d,]+)(?:\.(\d+))?", printed or "")
    assert found, printed
    decimals = len(found[2] or "")
    said = float(found[0].replace(",", "")) * (-1 if (printed or "").startswith("−") else 1)
    # Half of the last decimal, and the noise of binary fractions.
    assert abs(said - value) <= 0.5 * 10.0**-decimals + 1e-9, (printed, value)


def test_the_pdf_has_every_measure_and_the_release_on_every_page(written: Written) -> None:
    pages = _pages(written.pdf)
    for number, page in enumerate(pages, start=1):
        assert RELEASE in page and "SYNTHETIC SAMPLE" in page and f"Page {number} of {len(pages)}" in page
    text = " ".join(pages)
    for panel in written.pack.panels:
        assert _flat(panel.title) in text and _flat(panel.definition) in text, panel.title


def test_the_pdf_says_in_words_what_each_drawing_shows(written: Written) -> None:
    text = " ".join(_pages(written.pdf))
    with_breaks, with_notes, with_boroughs = 0, 0, 0
    for panel in written.pack.panels:
        said = [f"{gap.message} {_sentence(gap.base_text)}" for gap in panel.gaps]
        if trend := panel.trend:
            said.append(f"{trend.message} {_sentence(trend.assurance_text)} {_sentence(trend.note)}")
            said += [found.text for found in trend.breaks]
            with_breaks, with_notes = with_breaks + bool(trend.breaks), with_notes + bool(trend.note)
        if boroughs := panel.boroughs:
            of = f"{boroughs.basis_text}, {boroughs.unit}."
            said += [f"Boroughs, {of} {boroughs.message}", f"Boroughs ranked, {of}", *boroughs.notes]
            with_boroughs += 1
        for words in said:
            assert _flat(words) in text, (panel.title, words)
    assert with_breaks > 3 and with_notes and with_boroughs > 20


def _sentence(text: str | None) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def test_the_pdf_declares_pdf_ua_and_every_figure_and_table_has_what_a_screen_reader_needs(written: Written) -> None:
    with pikepdf.open(io.BytesIO(written.pdf)) as document:
        metadata = document.Root.Metadata.read_bytes().decode()
        assert re.search(r"pdfuaid:part\W+1\W", metadata)
        assert bool(document.Root.MarkInfo.Marked)
        assert str(document.Root.Lang) == "en-GB"
        assert bool(document.Root.ViewerPreferences.DisplayDocTitle)
        assert document.docinfo["/Title"]
    figures, tables = 0, 0
    for kind, element in _elements(written.pdf):
        if kind == "/Figure":
            figures += 1
            assert len(str(element.get("/Alt", ""))) > 10
        elif kind == "/Table":
            tables += 1
    panels = written.pack.panels
    drawn = sum(
        bool(panel.trend) + 2 * bool(panel.boroughs) + sum(len(gap.points) > 1 for gap in panel.gaps)
        for panel in panels
    )
    assert figures == drawn > len(panels)
    headed = sum(kind == "/THead" for kind, _ in _elements(written.pdf))
    assert headed == tables > len(panels)


def test_the_pdf_is_not_built_when_a_chart_lacks_alternative_text(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = replace(written.pack, panels=tuple(panel for panel in written.pack.panels if panel.trend)[:1])
    assert pdf_of(pack)
    drawn = charts.trend
    monkeypatch.setattr(charts, "trend", lambda series: Chart(drawn(series).svg, ""))
    with pytest.raises(typst.TypstError, match="PDF/UA-1 error: missing alt text"):
        pdf_of(pack)


def test_every_character_that_is_printed_as_it_is_has_a_glyph() -> None:
    letters = "".join(chr(code) for code in range(32, 0x3000) if not printing._NOT_IN_THE_FONT.match(chr(code)))
    assert {"A", "é", "£", "−", "≤", "Ж", "ŵ"} <= set(letters) and "漢" not in letters
    source = '#set document(title: "t")\n#set text(lang: "en", font: sys.inputs.font)\n= T\n#sys.inputs.letters'
    compiler = typst.Compiler(
        source.encode(),
        font_paths=printing._fonts(),
        ignore_system_fonts=True,
        sys_inputs={"letters": letters, "font": "Source Sans Pro"},
    )
    # PDF/UA refuses a character without a glyph.
    assert compiler.compile(format="pdf", pdf_standards=["ua-1"])


def test_a_character_without_a_glyph_is_printed_as_its_code(written: Written) -> None:
    pack = replace(written.pack, panels=(), headline=("漢 and 😀 and \u200f.",))
    assert "[U+6F22] and [U+1F600] and [U+200F]." in " ".join(_pages(pdf_of(pack)))


@pytest.mark.parametrize("selected", [{"area": "camden"}, {"edition": "quarterly"}])
def test_other_packs_print_too(sample: Warehouse, selected: dict[str, str]) -> None:
    pack = read_pack(_database(sample), Selection(**selected))
    pack = replace(pack, panels=tuple(panel for panel in pack.panels if panel.gaps)[:2])
    text = " ".join(_pages(pdf_of(pack)))
    for panel in pack.panels:
        assert all(_flat(gap.message) in text for gap in panel.gaps)
    assert pack.subtitle in text
    for line in pack.lines:
        assert _flat(line.title) in text and _flat(line.value_text) in text
    names = fastexcel.read_excel(workbook_of(pack)).sheet_names
    assert ("Year to date" in names) == (selected.get("edition") == "quarterly")
    assert ("Milestones" in names) == ("area" not in selected)


# The workbook.


def test_the_workbook_gives_each_line_of_the_scorecard_its_value_target_and_verdict(
    written: Written, scorecard: list[dict[str, Any]]
) -> None:
    rows = _sheet(written.xlsx, "Scorecard", "Value", "Target level")
    assert len(rows) == len(scorecard)
    for cells, row in zip(rows, scorecard, strict=True):
        assert cells["Measure"].startswith(row["title"]) and cells["Verdict"] == VERDICTS[row["verdict"]]
        assert _same(cells["Value"], row["value"]) and _same(cells["Target level"], row["threshold"]), cells


def _same(cell: float | None, value: float | None) -> bool:
    """Whether a cell holds a value, or neither is one."""
    return cell is None if value is None else cell == pytest.approx(value, rel=1e-12)


def test_the_workbook_gives_the_figures_of_measures_and_boroughs(written: Written, sample: Warehouse) -> None:
    rows = _sheet(written.xlsx, "Measures", "Figure", "Numerator", "Denominator")
    found = {(row["Measure"], row["Basis"], row["Last month"][:7]): row for row in rows}
    with sample.release(RELEASE) as release:
        results = release.execute(
            "select title, period_basis, strftime(period_month, '%Y-%m'), value, numerator, denominator"
            " from fct_measure_result inner join dim_measure using (measure_id)"
            " where area_id = 'force' and population_group = 'all' and value is not null"
            " and measure_id in (select measure_id from scorecard)"
            " and period_month = (select reporting_month from release)"
        ).fetchall()
        peers = release.execute(
            "select measures.title, areas.title, value from fct_peer_comparison"
            " inner join dim_measure as measures using (measure_id) inner join dim_area as areas using (area_id)"
            " where peer_group = 'london_boroughs' and measure_id in (select measure_id from scorecard)"
            " and value is not null qualify period_month = max(period_month) over (partition by measure_id)"
        ).fetchall()
    assert len(results) > 100
    for title, basis, month, value, numerator, denominator in results:
        cells = found[title, basis.replace("_", " "), month]
        for name, expected in (("Figure", value), ("Numerator", numerator), ("Denominator", denominator)):
            assert _same(cells[name], expected), (title, basis, name)
    boroughs = {(row["Measure"], row["Borough"]): row["Figure"] for row in _sheet(written.xlsx, "Boroughs", "Figure")}
    assert len(peers) > 300
    for title, area, value in peers:
        assert _same(boroughs[title, area], value), (title, area)


@pytest.mark.parametrize(
    ("printed", "unit", "expected"),
    [
        ("66.96 %", "percent", '#,##0.00" %"_w'),
        ("3,567.0 casualties", "casualties", "#,##0.0_w"),
        ("£14.6 million", "£ million", '"£"#,##0.0_w'),
        ("3,396", "casualties", "#,##0_w"),
    ],
)
def test_a_cell_shows_the_decimals_that_the_pack_prints(printed: str, unit: str, expected: str) -> None:
    # 66.96 against 67: at fewer decimals the cell would read 67.0, which is met.
    assert number_format(printed, unit) == expected


def test_every_trend_has_a_native_chart_with_alternative_text(written: Written) -> None:
    with zipfile.ZipFile(io.BytesIO(written.xlsx)) as parts:
        drawings = [name for name in parts.namelist() if re.fullmatch(r"xl/drawings/drawing\d+\.xml", name)]
        described = [
            properties.get("descr", "")
            for name in drawings
            for properties in ElementTree.fromstring(parts.read(name)).iter(f"{DRAWING}cNvPr")
        ]
        native = sum(name.startswith("xl/charts/chart") for name in parts.namelist())
    trends = [panel for panel in written.pack.panels if panel.trend]
    # One more counts the verdicts.
    assert len(described) == native == len(trends) + 1
    for panel in trends:
        assert panel.trend and f"{panel.title}. {panel.trend.message}" in described


def test_what_to_know_of_a_trend_stands_beside_its_last_point(written: Written) -> None:
    last = {row["Measure"]: row["What it signals"] for row in _sheet(written.xlsx, "Trend data")}
    notes = {panel.title: panel.trend.note for panel in written.pack.panels if panel.trend and panel.trend.note}
    assert "provisional limits: 12 of 13 points" in notes.values()
    assert all((last[title] or "").endswith(note) for title, note in notes.items())


def test_links_of_the_workbook_lead_to_cells_of_its_own(written: Written) -> None:
    names = set(fastexcel.read_excel(written.xlsx).sheet_names)
    with zipfile.ZipFile(io.BytesIO(written.xlsx)) as parts:
        links = [
            link
            for name in parts.namelist()
            if name.startswith("xl/worksheets/sheet")
            for link in ElementTree.fromstring(parts.read(name)).iter(f"{MAIN}hyperlink")
        ]
        relations = "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".rels"))
    assert len(links) > len(names)
    assert all((link.get("location") or "").split("!")[0].strip("'") in names for link in links)
    assert "External" not in relations


# Both, and the page.


def test_a_year_to_date_beside_a_verdict_of_something_else_says_so_in_every_format(sample: Warehouse) -> None:
    # The year to date reaches the target of each month, the worst month does not.
    pack = replace(read_pack(_database(sample), Selection(edition="quarterly")), panels=())
    rows = {row.title: row for row in pack.year_to_date if row.judged_text}
    assert len(rows) > 3
    page = _flat(re.sub("<[^>]+>", " ", render_html(pack)))
    printed = " ".join(_pages(pdf_of(pack)))
    notes = {row["Measure"]: row["Note"] for row in _sheet(workbook_of(pack), "Year to date")}
    for title, row in rows.items():
        said = _flat(f"{row.verdict_text} {row.judged_text}")
        assert said in page and said in printed, said
        assert f"verdict {row.judged_text}" in notes[title]


def test_an_area_stands_beside_its_peers_in_every_format(sample: Warehouse) -> None:
    pack = read_pack(_database(sample), Selection(area="camden"))
    panels = tuple(panel for panel in pack.panels if panel.measure_id == "total_recorded_crime")
    (inner, every) = panels[0].peers
    with sample.release(RELEASE) as release:
        value, rest, rank, units = _one(
            release,
            "select value, rest_of_group_value, rank_in_group, units from fct_peer_comparison where area_id = 'camden'"
            " and measure_id = 'total_recorded_crime' and peer_group = 'inner_london_boroughs'"
            " and period_basis = 'rolling_12_months' and period_month = date '2009-03-01'",
        )
    said = (
        f"Inner London boroughs (a substitute for the published group): {value:.2f} per 1,000 residents; the rest of"
        f" the group {rest:.2f} per 1,000 residents; rank {rank} of {units}, rolling 12 months to March 2009; "
    )
    pack = replace(pack, panels=panels)
    workbook = workbook_of(pack)
    for text in (re.sub("<[^>]+>", "", render_html(pack)), " ".join(_pages(pdf_of(pack)))):
        for peer in (inner, every):
            assert _flat(f"{peer.title}: {peer.text}") in _flat(text)
        assert said in _flat(text)
    rows = _sheet(workbook, "Peers", "Figure", "Rest of the group")
    assert [row["Group"] for row in rows] == [inner.title, every.title]
    assert _same(rows[0]["Figure"], value) and _same(rows[0]["Rest of the group"], rest)
    assert rows[0]["Rank"] == inner.rank_text and rows[0]["Beside the limits"] == inner.flag_text
    assert f"Camden {value:.2f}" in rows[0]["Areas of the group"]


def test_what_kind_of_target_it_is_stands_beside_each_verdict(sample: Warehouse) -> None:
    pack = read_pack(_database(sample), Selection(edition="quarterly"))
    found = next(
        exception
        for exception in pack.exceptions
        if all(line.target_status_text == "indicative target" for line in exception.lines)
    )
    panels = tuple(panel for panel in pack.panels if panel.measure_id == found.measure_id)
    pack = replace(pack, panels=panels, exceptions=(found,))
    page, pages = render_html(pack), _pages(pdf_of(pack))
    (line,) = found.lines
    said = f"Target: {line.target_text}; indicative target"
    # Among the exceptions and in the panel.
    assert page.count(said) == 2
    for heading in ("Why it is here", panels[0].definition):
        assert any(_flat(heading) in text and "indicative target" in text for text in pages), heading
    workbook = workbook_of(pack)
    judged = {line.title: line.target_status_text for line in pack.lines}
    for sheet in ("Scorecard", "Year to date"):
        rows = {row["Measure"]: row["Target is"] for row in _sheet(workbook, sheet)}
        assert rows == judged, sheet
    assert _sheet(workbook, "Exceptions")[0]["Target is"] == "indicative target"


def test_a_gap_without_a_figure_says_why_in_every_format(sample: Warehouse, tmp_path: Path) -> None:
    database = tmp_path / "performance.duckdb"
    shutil.copy(_database(sample), database)
    database.chmod(0o644)
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "update fct_equality_gap set gap = null, lower_95 = null, upper_95 = null, trend = null,"
            " value_of_group = null, fewest_respondents = 29, reason = 'fewer than 30 respondents'"
            " where measure_id = 'victim_satisfaction' and period_month > date '2008-09-01'"
        )
        (value, other) = _one(
            connection,
            "select value_of_group, value_compared_with from fct_equality_gap where area_id = 'force'"
            " and measure_id = 'victim_satisfaction' and period_basis = 'rolling_12_months'"
            " and period_month = date '2008-09-01'",
        )
    pack = read_pack(database, Selection())
    pack = replace(pack, panels=tuple(panel for panel in pack.panels if panel.measure_id == "victim_satisfaction"))
    said = (
        "year to March 2009: no figure (fewer than 30 respondents). The latest: year to September 2008:"
        f" minority {value:.1f} %, white {other:.1f} %;"
    )
    workbook = workbook_of(pack)
    (gap,) = _sheet(workbook, "Equality gaps", "Gap")
    for text in (
        re.sub("<[^>]+>", " ", render_html(pack)),
        " ".join(_pages(pdf_of(pack))),
        gap["In words"],
    ):
        assert said in _flat(text)
    assert gap["Gap"] is None and gap["Trend"] == "fewer than 30 respondents"


def test_the_same_marts_give_the_same_bytes(written: Written) -> None:
    few = replace(written.pack, panels=written.pack.panels[:2])
    assert pdf_of(few) == pdf_of(few)
    assert workbook_of(few) == workbook_of(few)


def test_pdf_and_workbook_stay_small(written: Written) -> None:
    assert len(written.pdf) < MOST_BYTES[".pdf"]
    assert len(written.xlsx) < MOST_BYTES[".xlsx"]


def test_hostile_text_is_printed_as_text(hostile: Written) -> None:
    text = " ".join(_pages(hostile.pdf))
    for shown in HOSTILE.values():
        # Scorecard, exceptions and panel, and in milestones, decisions and deliveries.
        assert text.count(_flat(shown)) > 5, shown
    # In the exceptions and in the panel, every letter of it.
    assert text.count("Ж") == 2 * len(LONG_WORD)
    with pikepdf.open(io.BytesIO(hostile.pdf)) as document:
        links = [found for found in document.objects if isinstance(found, pikepdf.Dictionary) and "/URI" in found]
    assert links == []


def test_hostile_text_is_text_in_the_workbook(hostile: Written) -> None:
    with zipfile.ZipFile(io.BytesIO(hostile.xlsx)) as parts:
        formulas = [
            found.text or ""
            for name in parts.namelist()
            if name.startswith(("xl/worksheets/sheet", "xl/charts/chart"))
            for kind in (f"{MAIN}f", f"{CHART}f")
            for found in ElementTree.fromstring(parts.read(name)).iter(kind)
        ]
        relations = "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".rels"))
    # Those by which charts find their cells.
    assert all(re.fullmatch(r"('Trend data'|Summary)!\$[A-Z]+\$\d+(:\$[A-Z]+\$\d+)?", found) for found in formulas)
    assert formulas and "External" not in relations
    shown = "\n".join(HOSTILE.values())
    exception = [row for row in _sheet(hostile.xlsx, "Exceptions") if row["Measure"] == shown]
    assert "".join(row["Commentary"] for row in exception if row["Commentary"]) == LONG_WORD
    assert exception[0]["Decision asked"] == exception[0]["Written by"] == shown
    assert {row["Milestone"] for row in _sheet(hostile.xlsx, "Milestones")} == {shown}
    assert {row["Decision"] for row in _sheet(hostile.xlsx, "Decisions")} == {shown}
    assert shown in {row["Owner"] for row in _sheet(hostile.xlsx, "Scorecard")}


def test_a_text_that_no_cell_can_hold_is_an_error_and_not_left_out(written: Written) -> None:
    # A cell of Excel holds 32,767 characters.
    pack = replace(written.pack, panels=(), methods=(("Verdict", "x" * 32_768),))
    with pytest.raises(ValueError, match="Methods, row 4, column 2"):
        workbook_of(pack)


@pytest.mark.long
def test_libreoffice_opens_the_workbook_and_its_figures_come_back_unchanged(written: Written, tmp_path: Path) -> None:
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("LibreOffice is not installed: apt-get install libreoffice-calc")
    (tmp_path / "pack.xlsx").write_bytes(written.xlsx)
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    subprocess.run(
        [
            soffice,
            profile,
            "--headless",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            "again",
            "pack.xlsx",
        ],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        timeout=300,
    )
    again = (tmp_path / "again" / "pack.xlsx").read_bytes()
    before, after = fastexcel.read_excel(written.xlsx), fastexcel.read_excel(again)
    assert after.sheet_names == before.sheet_names
    for name in ("Scorecard", "Measures", "Boroughs", "Trend data", "Milestones"):
        frames = [book.load_sheet(name, header_row=HEADING_ROW).to_polars() for book in (before, after)]
        assert frames[0].columns == frames[1].columns and frames[0].height == frames[1].height > 10
        for column in frames[0].select(pl.selectors.numeric()).columns:
            for first, second in zip(frames[0][column], frames[1][column], strict=True):
                assert first == second or first == pytest.approx(second, rel=1e-12), (name, column)
        texts = frames[0].select(pl.selectors.string()).columns
        assert frames[0].select(texts).equals(frames[1].select(texts)), name
