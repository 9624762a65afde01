"""Sheets of a workbook: cells of every kind, tables, and how a sheet looks and prints.

Here: how a text, a number, a verdict or a link becomes a cell, heights of rows, styles.
Belongs here: what every sheet of the pack's workbook has in common.
Does not belong here: which sheets there are and what they hold (`workbook.py`).
"""

import datetime as dt
import io
import math
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from orchestration.board_pack import charts

TITLE_ROW, EXPLANATION_ROW, HEADING_ROW = 0, 1, 3
A3, A4 = 8, 9
# Characters; a wider sheet prints on A3.
WIDEST_ON_A4 = 220
# Of a number format: as much room as a w, so that a number does not touch the text beside it.
GAP = "_w"
NAVY, QUIET, RULE = "#12294D", "#4A5866", "#C5CDD6"


@dataclass(frozen=True)
class Number:
    """A number and how it is printed in the pack; without one, what is printed in its place."""

    value: float | None
    text: str
    unit: str


@dataclass(frozen=True)
class Verdict:
    """A verdict in words, in its colour."""

    verdict: str
    text: str


@dataclass(frozen=True)
class Link:
    """A text that leads to a cell of the workbook."""

    sheet: str
    row: int
    text: str
    column: int = 0


@dataclass(frozen=True)
class Month:
    """A month, by its first day."""

    day: dt.date


@dataclass(frozen=True)
class Change:
    """A difference, with its sign, and how it is printed."""

    value: float
    text: str


Cell = str | int | float | dt.date | Number | Change | Month | Verdict | Link | None


@dataclass(frozen=True)
class Table:
    """A table: heading and width in characters of each column, and the rows."""

    name: str
    columns: Sequence[tuple[str, float]]
    rows: Sequence[Sequence[Cell]]
    explanation: str


class Sheets:
    """A workbook in the making. `marked` is printed on every page and said on every sheet."""

    def __init__(self, marked: str) -> None:
        self.marked = marked
        self.file = io.BytesIO()
        # Nothing that stands in a text makes it a formula, a link or a number.
        texts_stay = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.book = xlsxwriter.Workbook(self.file, {"in_memory": True, **texts_stay})
        self.formats: dict[tuple[tuple[str, object], ...], Format] = {}

    def format(self, **properties: object) -> Format:
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"valign": "top", "font_size": 10, **properties})
        return self.formats[key]

    def write(self, sheet: Worksheet, row: int, column: int, cell: Cell, **properties: object) -> None:
        """Write a cell as what it is; raises `ValueError` for a text that no cell can hold, which would be left out."""
        wrapped = {"text_wrap": True, **properties}
        match cell:
            case None:
                refused = sheet.write_blank(row, column, None, self.format(**wrapped))
            case Number(value=None):
                refused = sheet.write_string(
                    row, column, cell.text, self.format(align="right", indent=1, font_color=QUIET, **wrapped)
                )
            case Number():
                shown = number_format(cell.text, cell.unit)
                refused = sheet.write_number(
                    row, column, cell.value or 0.0, self.format(num_format=shown, **properties)
                )
            case Change():
                shown = number_format(cell.text, "")
                refused = sheet.write_number(
                    row, column, cell.value, self.format(num_format=f"+{shown};-{shown};0{GAP}", **properties)
                )
            case Month():
                refused = sheet.write_datetime(
                    row,
                    column,
                    dt.datetime(cell.day.year, cell.day.month, 1),
                    self.format(num_format="mmm yyyy", align="left", **properties),
                )
            case Verdict():
                colour = charts.verdict_colour(cell.verdict).upper()
                refused = sheet.write_string(
                    row, column, cell.text, self.format(bold=True, font_color=_long(colour), **wrapped)
                )
            case Link():
                target = f"internal:'{cell.sheet}'!{xl_rowcol_to_cell(cell.row, cell.column)}"
                refused = sheet.write_url(
                    row,
                    column,
                    target,
                    self.format(font_color=NAVY, underline=1, **wrapped),
                    cell.text,
                )
            case dt.date():
                refused = sheet.write_datetime(
                    row,
                    column,
                    dt.datetime(cell.year, cell.month, cell.day),
                    self.format(num_format="d mmm yyyy", align="left", **properties),
                )
            case int() | float():
                refused = sheet.write_number(row, column, cell, self.format(num_format=f"#,##0{GAP}", **properties))
            case str():
                refused = sheet.write_string(row, column, cell, self.format(**wrapped))
        if refused:
            raise ValueError(f"{sheet.name}, row {row + 1}, column {column + 1}: a cell cannot hold it ({refused}).")

    def start(self, name: str, title: str, explanation: str) -> Worksheet:
        """A sheet's title, its explanation, and how it prints."""
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_row(TITLE_ROW, 24)
        sheet.write_string(TITLE_ROW, 0, title, self.format(bold=True, font_size=16, font_color=NAVY))
        sheet.write_string(
            EXPLANATION_ROW, 0, f"{explanation} ({self.marked})", self.format(font_color=QUIET, italic=True)
        )
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4)
        sheet.set_footer(f"&L{_printed(self.marked)}&C&A&RPage &P of &N")
        return sheet

    def table(self, sheet: Worksheet, table: Table, first_row: int = HEADING_ROW) -> int:
        """Write a table; returns the row below it and a free one."""
        last_row, last_column = first_row + len(table.rows), len(table.columns) - 1
        widths = [width for _, width in table.columns]
        if not table.rows:
            self.write(sheet, first_row, 0, "None.")
            return first_row + 2
        sheet.add_table(
            first_row,
            0,
            last_row,
            last_column,
            {
                "name": table.name,
                "title": table.name.replace("_", " "),
                "description": table.explanation,
                "style": "Table Style Light 1",
                "columns": [
                    {
                        "header": heading,
                        "header_format": self.format(
                            bold=True, font_color=NAVY, bottom=1, text_wrap=True, **_alignment(table, column)
                        ),
                    }
                    for column, (heading, _) in enumerate(table.columns)
                ],
            },
        )
        sheet.set_row(first_row, _height([heading for heading, _ in table.columns], widths))
        for at, cells in enumerate(table.rows, start=first_row + 1):
            sheet.set_row(at, _height(cells, widths))
            for column, cell in enumerate(cells):
                self.write(sheet, at, column, cell)
        return last_row + 2

    def one_table(self, sheet: Worksheet, table: Table, frozen_columns: int = 1) -> None:
        """A sheet that is one table: its headings and first columns stay in sight, and are printed on each page."""
        self.table(sheet, table)
        for column, (_, width) in enumerate(table.columns):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(HEADING_ROW + 1, frozen_columns)
        sheet.repeat_rows(HEADING_ROW)
        if sum(width for _, width in table.columns) > WIDEST_ON_A4:
            sheet.set_paper(A3)

    def lines(
        self,
        sheet: Worksheet,
        row: int,
        widths: Sequence[float],
        spans: Sequence[tuple[str, int]],
        rows: Sequence[Sequence[Cell]],
    ) -> int:
        """Rows of text, each cell over a number of columns; returns the row below and a free one."""
        if not rows:
            self.write(sheet, row, 0, "None.")
            return row + 2
        spanned = [sum(widths[first : first + span]) for first, span in _spans(spans)]
        for at, cells in enumerate([[heading for heading, _ in spans], *rows], start=row):
            properties = {"bold": True, "font_color": NAVY, "bottom": 1} if at == row else {}
            sheet.set_row(at, _height(cells, spanned))
            for (first, span), cell in zip(_spans(spans), cells, strict=True):
                if span > 1:
                    sheet.merge_range(at, first, at, first + span - 1, "", self.format(**properties))
                self.write(sheet, at, first, cell, **properties)
        return row + len(rows) + 2

    def heading(self, sheet: Worksheet, row: int, text: str) -> int:
        sheet.write_string(row, 0, text, self.format(bold=True, font_size=12, font_color=NAVY))
        return row + 1


def _alignment(table: Table, column: int) -> dict[str, object]:
    """A heading stands over its numbers."""
    cells = [row[column] for row in table.rows if row[column] is not None]
    return (
        {"align": "right", "indent": 1}
        if cells and all(isinstance(cell, int | float | Number | Change) for cell in cells)
        else {}
    )


def number_format(text: str, unit: str) -> str:
    """The number format that shows what is printed: "79.50 %" → `#,##0.00" %"`."""
    found = re.search(r"\d[\d,]*(?:\.(\d+))?", text)
    decimals = len(found[1] or "") if found else 0
    shown = "#,##0" + ("." + "0" * decimals if decimals else "")
    if unit.split(" ")[0] == "percent":
        shown += '" %"'
    if unit in ("pounds", "£ million"):
        shown = '"£"' + shown
    return shown + GAP


def _height(cells: Sequence[Cell], widths: Sequence[float]) -> float:
    """Points a row needs for its longest text in columns of so many characters; Excel allows 409."""
    lines = 1
    for cell, width in zip(cells, widths, strict=True):
        text = cell if isinstance(cell, str) else cell.text if isinstance(cell, Number | Verdict | Link) else ""
        lines = max(lines, sum(max(1, math.ceil(len(line) / width)) for line in text.split("\n")))
    return min(409.0, 13.5 * lines + 2)


def _spans(spans: Sequence[tuple[str, int]]) -> list[tuple[int, int]]:
    """First column and number of columns of each."""
    return [(sum(span for _, span in spans[:at]), span) for at, (_, span) in enumerate(spans)]


def _long(colour: str) -> str:
    """#FFF → #FFFFFF."""
    return colour if len(colour) == 7 else "#" + "".join(letter * 2 for letter in colour[1:])


def _printed(text: str) -> str:
    """A text for a footer, where & begins a code; Excel takes 255 characters of a footer."""
    return textwrap.shorten(text, 90).replace("&", "&&")
