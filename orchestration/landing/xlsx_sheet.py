"""The sheets of an XLSX looked through: how far they reach, and what in them cannot be trusted.

Here: rows, cells, formulas and merged cells as the format writes them.
Belongs here: how a fault shows in a sheet's XML.
Does not belong here: what follows from a fault (`workbook.py`).
"""

import re
from collections.abc import Iterator

from orchestration.landing.sheet import (
    DAY_ZERO_1900,
    DAY_ZERO_1904,
    MOST_RANGES,
    Ranges,
    Scanned,
    Workbook,
    column_letters,
    column_number,
)
from orchestration.landing.xlsx_parts import (
    SMALL,
    Attributes,
    Book,
    Follower,
    Package,
    Relationships,
    Styles,
    damaged,
    is_true,
    parse,
)

LAST_COLUMN, LAST_ROW = 16_384, 1_048_576
# A row that is not hidden and holds nothing but places, shared texts, numbers, flags and texts of its own. Nearly every
# row of a delivery is one, and passing over it takes a fifth of the time that following its elements takes.
STYLE = r'(?: s="[0-9]+")?'
CELL = (
    r'<c r="[A-Z]{{1,3}}\1"{style}(?:/>| t="inlineStr"(>)<is><t(?: xml:space="preserve")?>[^<]*</t></is></c>'
    r'|(?: t="[bns]")?(>)<v>[0-9.eE+-]+</v></c>)'
)
ROW = r'<row r="([1-9][0-9]{{0,6}})"(?: (?!hidden="[1t]|ht="0)[\w:]+="[^"<>]*")*>(?:{cell})++</row>'
COLUMN_OF_CELL = re.compile(rb'<c r="([A-Z]{1,3})[0-9]+"(?: s="[0-9]+")?(?: t="[A-Za-z]+")?><[vif]')


def scan_xlsx(content: bytes) -> Workbook:
    """Look through every part; raises `Refused` where the package itself cannot be trusted."""
    package = Package(content)
    relationships = Relationships()
    parse(package.blocks("xl/_rels/workbook.xml.rels", SMALL), relationships)
    book = Book(relationships.parts)
    parse(package.blocks("xl/workbook.xml", SMALL), book)
    styles = Styles()
    if package.has("xl/styles.xml"):
        parse(package.blocks("xl/styles.xml", SMALL), styles)
    sheets = []
    for position, (name, part, is_hidden) in enumerate(book.sheets, start=1):
        scan = _SheetScan(styles.percent, book.is_uncalculated)
        if part:
            parse(scan.without_plain_rows(package.blocks(part)), scan)
        sheets.append(scan.result(name, position, is_hidden))
    day_zero = DAY_ZERO_1904 if book.counts_from_1904 else DAY_ZERO_1900
    return Workbook(sheets, day_zero, package.longest_text())


class _SheetScan(Follower):
    """Follows the elements of one sheet; a cell without content counts for nothing."""

    def __init__(self, percent: set[str], is_uncalculated: bool) -> None:
        self._percent = percent
        self._is_uncalculated = is_uncalculated
        self._columns: set[str] = set()
        self._hidden_columns: list[tuple[int, int]] = []
        self._merged: list[str] = []
        self._faults: dict[str, Ranges] = {}
        self._last_row = 0
        self._in_rows = False
        self._row, self._is_hidden_row = 0, False
        self._column, self._kind, self._style = "", "n", ""
        # The stored result of the formula that the cell has; None without a formula.
        self._result: str | None = None
        self._in_value = False

    def without_plain_rows(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The sheet's XML without the rows that hold nothing to look into; how far they reach is noted."""
        cell = CELL.format(style="" if self._percent else STYLE)
        plain = re.compile(ROW.format(cell=cell).encode())

        def pass_over(row: re.Match[bytes]) -> bytes:
            # The groups behind the row's number stand for content in a cell.
            if row.lastindex != 1:
                self._last_row = max(self._last_row, int(row[1]))
            return b""

        for block in blocks:
            self._columns.update(letters.decode() for letters in set(COLUMN_OF_CELL.findall(block)))
            yield plain.sub(pass_over, block)

    def start(self, element: str, attributes: Attributes) -> None:
        if element == "c":
            self._start_cell(attributes)
        elif element in ("v", "is"):
            self._in_value = True
            self._content()
        elif element == "f":
            self._result = ""
            # The other cells of an array formula hold a result alone.
            if self._is_uncalculated and attributes.get("t") == "array" and ":" in attributes.get("ref", ""):
                self._fault("formula_without_value")
        elif element == "row":
            self._start_row(attributes)
        elif element == "sheetData":
            self._in_rows = True
        elif element == "mergeCell" and len(self._merged) < MOST_RANGES:
            self._merged.append(attributes.get("ref", ""))
        elif element == "col" and (is_true(attributes.get("hidden")) or _is_zero(attributes.get("width"))):
            self._hidden_columns.append((int(attributes.get("min", 0)), int(attributes.get("max", 0))))
            if len(self._hidden_columns) > LAST_COLUMN:
                raise damaged("more columns than a sheet has")

    def end(self, element: str) -> None:
        if element in ("v", "is"):
            self._in_value = False
        elif element == "c" and self._result is not None:
            # A program that does not calculate stores nothing, or 0 with the wish to be calculated.
            is_missing = self._result == "" and self._kind != "str"
            if is_missing or (self._result == "0" and self._is_uncalculated):
                self._content()
                self._fault("formula_without_value")
            self._result = None

    def text(self, characters: str) -> None:
        if self._in_value and self._result is not None:
            # Only whether it is nothing or 0 counts.
            self._result = (self._result + characters)[:2]

    def between(self) -> None:
        """A comment or the like; between the parts of a cell, the reader takes what follows it for nothing."""
        if self._in_rows:
            raise damaged("comments between its cells")

    def _start_row(self, attributes: Attributes) -> None:
        # A row or cell that does not say where it stands follows the one before.
        written = attributes.get("r", str(self._row + 1))
        if not re.fullmatch("[1-9][0-9]{0,6}", written):
            raise damaged("rows without a number")
        self._row, self._column = int(written), ""
        self._is_hidden_row = is_true(attributes.get("hidden")) or _is_zero(attributes.get("ht"))

    def _start_cell(self, attributes: Attributes) -> None:
        row = str(self._row)
        place = attributes.get("r", column_letters(column_number(self._column) + 1) + row).upper()
        if not re.fullmatch("[A-Z]{1,3}" + row, place):
            raise damaged("cells that are not in their row")
        self._column = place.removesuffix(row)
        self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")

    def _content(self) -> None:
        """Note the cell's place and what its row, kind and style make of it."""
        self._columns.add(self._column)
        self._last_row = max(self._last_row, self._row)
        if self._is_hidden_row:
            self._faults.setdefault("hidden_rows", Ranges()).add("", self._row)
        if self._kind == "e":
            self._fault("error_cell")
        elif self._kind == "n" and self._style in self._percent:
            self._fault("percent_format")

    def _fault(self, rule: str) -> None:
        self._faults.setdefault(rule, Ranges()).add(self._column, self._row)

    def result(self, name: str, position: int, is_hidden: bool) -> Scanned:
        numbers = sorted(column_number(letters) for letters in self._columns)
        if not numbers:
            return Scanned(name, position, is_hidden)
        if numbers[-1] > LAST_COLUMN or self._last_row > LAST_ROW:
            raise damaged("cells outside of a sheet")
        for number in numbers:
            if any(first <= number <= last for first, last in self._hidden_columns):
                self._faults.setdefault("hidden_columns", Ranges()).add(column_letters(number), 0)
        return Scanned(
            name, position, is_hidden, numbers[0], numbers[-1], self._last_row, self._faults, tuple(self._merged)
        )


def _is_zero(size: str | None) -> bool:
    return size is not None and not size.strip("0.")
