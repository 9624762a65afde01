"""What the gate hands on and how it refuses: tables of cells, and a refusal in words.

Here: `Table`, `Refused`, the bounds every kind of file has, and names made fit to be shown.
Belongs here: what the readers of CSV, Parquet and workbooks share.
Does not belong here: any one kind of file (a module each).
"""

from dataclasses import dataclass, field

import polars as pl

# Set 2026-11-22: a year of the largest extract is about 0.3 GB as CSV; ten times that is a mistake, not a delivery.
LARGEST_UNPACKED = 8 * 1024**3
# Set 2026-11-24: London records fewer than a million offences a year, and no extract has more rows than offences.
MOST_ROWS = 50_000_000
# Set 2026-11-24: the widest published file has a column for each month of thirty years.
MOST_COLUMNS = 1_000


class Refused(Exception):
    """A delivery that cannot be taken: `[rule, rows] What is wrong. What to do.`, without any value from a row."""

    def __init__(self, rule: str, sentence: str, remedy: str, rows: int | None = None) -> None:
        counted = "whole file" if rows is None else "1 row" if rows == 1 else f"{rows:,} rows"
        super().__init__(f"[{rule}, {counted}] {sentence}. {remedy}.")
        self.rule = rule
        self.rows = rows


@dataclass(frozen=True)
class Table:
    """One sheet or file: its header as received, and its rows with columns named "0", "1", … by position.

    `first_line` is the 1-based line (or sheet row) of the first row. `merged` names merged cells of a sheet (A1:B2).
    """

    name: str
    header: tuple[str, ...]
    rows: pl.DataFrame
    first_line: int = 2
    merged: tuple[str, ...] = field(default=())

    def named(self) -> pl.DataFrame:
        """The rows under their received header, with `line_number` (1-based line or sheet row) in front."""
        frame = self.rows.rename({str(i): name for i, name in enumerate(self.header)})
        return frame.with_row_index("line_number", offset=self.first_line)


def without_blank_ends(header: tuple[str, ...], rows: pl.DataFrame) -> tuple[tuple[str, ...], pl.DataFrame]:
    """A header and its rows without what Excel leaves behind a table: blank rows, and nameless columns of blanks."""
    if rows.height and _is_blank(rows.tail(1)):
        filled = rows.select(pl.any_horizontal(pl.all().is_not_null())).to_series().arg_true()
        rows = rows.head(int(filled[-1]) + 1 if filled.len() else 0)
    width = len(header)
    while width and header[width - 1] == "" and _is_blank(rows[:, width - 1 : width]):
        width -= 1
    return header[:width], rows[:, :width]


def _is_blank(cells: pl.DataFrame) -> bool:
    return all(column.null_count() == cells.height for column in cells)


def shown(name: str, longest: int = 260) -> str:
    """A name as it may stand in a message: on one line, with control and unreadable characters escaped."""
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in name)
    return escaped if len(escaped) <= longest else escaped[:longest] + "…"


def refuse_unpacked(size: int, largest: int) -> None:
    """Refuse a file that is larger unpacked than anything delivered here."""
    if size > largest:
        raise Refused(
            "unpacked_size",
            f"The file unpacks to {size:,} bytes or more; the most is {largest:,}",
            "Split the delivery, or deliver it as CSV",
        )


def refuse_wide(columns: int) -> None:
    """Refuse a header of more columns than any layout has."""
    if columns > MOST_COLUMNS:
        raise Refused(
            "too_wide",
            f"The file has {columns:,} columns; the most is {MOST_COLUMNS:,}",
            "Deliver the columns as agreed",
        )


def refuse_long(rows: int) -> None:
    """Refuse a file of more rows than any extract has."""
    if rows > MOST_ROWS:
        raise Refused("too_long", f"The most is {MOST_ROWS:,} rows", "Split the delivery", rows=rows)
