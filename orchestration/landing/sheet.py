"""What is found in a sheet when it is looked through: how far it reaches, and the cells that cannot be trusted.

Here: faults of cells, collected as ranges, whatever the workbook's format.
Belongs here: what a scan of XLSX and one of XLS both tell.
Does not belong here: reading either format.
"""

import datetime as dt
from dataclasses import dataclass, field

# Day 0 of the serial numbers that a workbook keeps dates as. Excel counts a 29 February 1900 that never was, so that
# numbers of every later day count from the day before.
DAY_ZERO_1900 = dt.date(1899, 12, 30)
DAY_ZERO_1904 = dt.date(1904, 1, 1)
RANGES_SHOWN = 5
MOST_RANGES = 1_000
# Rule → what is wrong, and what to do. Where a sheet has several, the first is told.
FAULTS = {
    "hidden_rows": ("Rows are hidden, by hand or by a filter", "Show them, or delete them, and deliver it again"),
    "hidden_columns": ("Columns are hidden", "Show them, or delete them, and deliver it again"),
    "formula_without_value": (
        "Formulas have no stored result",
        "Open the workbook in Excel, let it calculate, save it and deliver it again",
    ),
    "error_cell": ("Cells hold an error such as #N/A", "Mend the formulas, or leave the cells blank"),
    "percent_format": (
        "Numbers are formatted as percentages, so that 0.46 and 46 look the same",
        "Deliver plain numbers",
    ),
}


@dataclass
class Ranges:
    """Cells of one fault as ranges down a column: `B9`, `C2:C403`; `str` shows the first few."""

    rows: int = 0
    _last_row: int = 0
    _runs: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    _count: int = 0

    def add(self, column: str, row: int) -> None:
        """Count a cell; no `column` means a whole row, and row 0 a whole column. Cells come row by row."""
        if row not in (0, self._last_row):
            self.rows, self._last_row = self.rows + 1, row
        runs = self._runs.setdefault(column, [])
        if runs and runs[-1][1] >= row - 1:
            runs[-1] = (runs[-1][0], row)
        elif self._count < MOST_RANGES:
            runs.append((row, row))
            self._count += 1

    def __str__(self) -> str:
        ranges = [_range(column, *run) for column, runs in self._runs.items() for run in runs]
        more = len(ranges) - RANGES_SHOWN
        return ", ".join(ranges[:RANGES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _range(column: str, first: int, last: int) -> str:
    if not first:
        return f"{column}:{column}"
    return f"{column}{first}" if first == last and column else f"{column}{first}:{column}{last}"


@dataclass(frozen=True)
class Scanned:
    """A sheet looked through; `position` counts from 1. Columns are numbered from 1; a sheet without content has
    none."""

    name: str
    position: int
    is_hidden: bool
    first_column: int = 0
    last_column: int = 0
    last_row: int = 0
    faults: dict[str, Ranges] = field(default_factory=dict)
    merged: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        return self.last_column - self.first_column + 1 if self.last_column else 0

    @property
    def first_cell(self) -> str:
        return f"{column_letters(self.first_column)}1"

    @property
    def last_cell(self) -> str:
        return f"{column_letters(self.last_column)}{self.last_row}"


@dataclass(frozen=True)
class Workbook:
    """Every sheet of a workbook in its order, the day its serial dates count from, and the characters of the longest
    text that cells share."""

    sheets: list[Scanned]
    day_zero: dt.date
    longest_text: int


def column_letters(number: int) -> str:
    """The name of a column: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, last = divmod(number - 1, 26)
        letters = chr(ord("A") + last) + letters
    return letters


def column_number(letters: str) -> int:
    """The number of a column: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
