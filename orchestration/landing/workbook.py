"""A workbook read as it stands, or refused with the cells that cannot be trusted.

Here: the tables of an XLSX or XLS, and the faults of their sheets in words.
Belongs here: what can be wrong with a workbook before its columns mean anything.
Does not belong here: how a fault is found in each format (`xlsx_sheet.py`, `xls_records.py`).
"""

import datetime as dt
from pathlib import Path

import fastexcel
import polars as pl

from orchestration.landing.sheet import FAULTS, Scanned
from orchestration.landing.table import Refused, Table, refuse_unpacked, refuse_wide, without_blank_ends
from orchestration.landing.xls_records import scan_xls
from orchestration.landing.xlsx_sheet import scan_xlsx

# Set 2026-11-24: a workbook of 300,000 rows by 16 columns has 15 MB; what is larger comes as CSV or Parquet.
LARGEST_WORKBOOK = 128 * 1024**2
# Set 2026-11-24: the reader makes room for every cell up to the last one used, 24 bytes each and its text besides.
MOST_CELLS = 10_000_000
# Set 2026-11-24: a shared text is stored once and copied into every cell that has it.
LARGEST_TEXT = 2 * 1024**3


def read_workbook(path: Path) -> tuple[tuple[Table, ...], dt.date]:
    """A table for each sheet with content, every cell as text, and the day that its serial dates count from.

    The reader sees exactly the bytes that were looked through, and only after they were.
    """
    size = path.stat().st_size
    if size > LARGEST_WORKBOOK:
        raise Refused("size", f"The workbook has {size:,} bytes; the most is {LARGEST_WORKBOOK:,}", "Deliver it as CSV")
    content = path.read_bytes()
    workbook = scan_xlsx(content) if path.suffix.lower() == ".xlsx" else scan_xls(content)
    used = [sheet for sheet in workbook.sheets if sheet.width]
    for sheet in used:
        _refuse_faults(sheet)
    refuse_unpacked(workbook.longest_text * sum(sheet.last_row * sheet.width for sheet in used), LARGEST_TEXT)
    try:
        reader = fastexcel.read_excel(content)
        if reader.sheet_names != [sheet.name for sheet in workbook.sheets]:
            raise _unreadable()
        tables = tuple(_table(sheet, reader) for sheet in used)
    except (fastexcel.FastExcelError, OSError) as error:
        raise _unreadable() from error
    return tables, workbook.day_zero


def _refuse_faults(sheet: Scanned) -> None:
    where = f"sheet {sheet.position}"
    if sheet.is_hidden:
        raise Refused("hidden_sheet", f"The workbook has content in a hidden sheet ({where})", "Show it, or delete it")
    if sheet.last_row * sheet.width > MOST_CELLS:
        raise Refused(
            "used_range",
            f"The cells used in {where} reach from {sheet.first_cell} to {sheet.last_cell}; the most is {MOST_CELLS:,} "
            "cells",
            "Delete what lies far from the table, or deliver it as CSV",
        )
    refuse_wide(sheet.width)
    for rule, (sentence, remedy) in FAULTS.items():
        if found := sheet.faults.get(rule):
            raise Refused(rule, f"{sentence} ({where}, {found})", remedy, rows=found.rows or None)


def _table(sheet: Scanned, reader: fastexcel.ExcelReader) -> Table:
    """The sheet below its first row with content, which is the header; blank rows above it count as lines."""
    cells = reader.load_sheet(sheet.position - 1, header_row=None, skip_rows=0, dtypes="string").to_polars()
    cells = cells.rename({column: str(i) for i, column in enumerate(cells.columns)})
    filled = cells.select(pl.any_horizontal(pl.all().is_not_null())).to_series().arg_max() or 0
    header = tuple("" if cell is None else str(cell) for cell in cells.row(filled)) if cells.height else ()
    header, rows = without_blank_ends(header, cells.slice(filled + 1))
    return Table(sheet.name, header, rows, first_line=filled + 2, merged=sheet.merged)


def _unreadable() -> Refused:
    return Refused("unreadable", "The workbook cannot be read", "It may be damaged: save it again in Excel")
