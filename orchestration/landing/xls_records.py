"""The records of an old XLS looked through: how far its sheets reach, and what in them cannot be trusted.

Here: the compound file (MS-CFB) around a workbook, and the BIFF8 records (MS-XLS) of its sheets.
Belongs here: what the format of Excel 97 to 2003 allows and a delivery must not have.
Does not belong here: reading the cells (fastexcel does), and what follows from a fault (`workbook.py`).
"""

import struct
from collections.abc import Iterator

from orchestration.landing.sheet import (
    DAY_ZERO_1900,
    DAY_ZERO_1904,
    MOST_RANGES,
    Ranges,
    Scanned,
    Workbook,
    column_letters,
)
from orchestration.landing.table import Refused
from orchestration.landing.xlsx_parts import PERCENT_FORMATS, damaged, has_macros, is_encrypted

# Numbers of the records, as the format names them.
BOF, EOF, FILEPASS, DATEMODE, BOUNDSHEET, FORMAT, XF = 0x809, 0x0A, 0x2F, 0x22, 0x85, 0x41E, 0xE0
ROW, COLINFO, MERGEDCELLS = 0x208, 0x7D, 0xE5
FORMULA, BOOLERR, MULRK, NUMBER, RK = 0x06, 0x205, 0xBD, 0x203, 0x27E
TEXTS = {0xFD, 0x204, 0xD6}
BIFF8 = 0x600
LAST_SECTOR = 0xFFFFFFFA
IS_HIDDEN_ROW, IS_HIDDEN_COLUMN, IS_TO_BE_CALCULATED = 0x20, 0x01, 0x03
ERROR_RESULT = 2
WORKSHEET, MACRO_SHEETS = 0, {1, 6}
Record = tuple[int, bytes]


def scan_xls(content: bytes) -> Workbook:
    """Look through every sheet; raises `Refused` where the file itself cannot be trusted."""
    try:
        return _scan(_workbook_stream(content))
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise damaged("records that are cut off") from error


def _workbook_stream(content: bytes) -> bytes:
    """The stream named Workbook out of the compound file, which is a small file system."""
    shift, small_shift = struct.unpack_from("<HH", content, 30)
    first_directory, _, smallest, first_small = struct.unpack_from("<IIII", content, 48)
    if shift not in (9, 12) or small_shift != 6:
        raise damaged("sectors of an unusual size")
    table = _allocation(content, shift)

    def stream(first: int) -> bytes:
        return b"".join(content[(s + 1) << shift : (s + 2) << shift] for s in _chain(first, table))

    directory = stream(first_directory)
    entries = [_entry(directory[start : start + 128]) for start in range(0, len(directory) - 127, 128)]
    names = {name for name, *_ in entries}
    if "EncryptedPackage" in names:
        raise is_encrypted()
    if names & {"_VBA_PROJECT_CUR", "_VBA_PROJECT", "VBA"}:
        raise has_macros()
    books = [entry for entry in entries if entry[0].lower() == "workbook"]
    if len(books) != 1:
        raise damaged("no sheets of Excel 97 or later")
    _, first, size = books[0]
    if size >= smallest:
        return stream(first)[:size]
    small_table = _numbers(stream(first_small))
    small = stream(next(start for name, start, _ in entries if name == "Root Entry"))
    return b"".join(small[s << small_shift : (s + 1) << small_shift] for s in _chain(first, small_table))[:size]


def _allocation(content: bytes, shift: int) -> list[int]:
    """Sector → the one that follows it."""
    sectors = list(struct.unpack_from("<109I", content, 76))
    more, count = struct.unpack_from("<II", content, 68)
    for _ in range(min(count, len(content) >> shift)):
        listed = _numbers(content[(more + 1) << shift : (more + 2) << shift])
        sectors += listed[:-1]
        more = listed[-1]
    return _numbers(b"".join(content[(s + 1) << shift : (s + 2) << shift] for s in sectors if s < LAST_SECTOR))


def _numbers(stream: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(stream) // 4}I", stream[: len(stream) // 4 * 4]))


def _chain(first: int, table: list[int]) -> Iterator[int]:
    """The sectors of a stream; one that runs in a circle is refused."""
    sector = first
    for _ in range(len(table) + 1):
        if sector >= LAST_SECTOR:
            return
        yield sector
        sector = table[sector]
    raise damaged("sectors in a circle")


def _entry(entry: bytes) -> tuple[str, int, int]:
    """A directory entry's name, first sector and size."""
    length, first, size = *struct.unpack_from("<H", entry, 64), *struct.unpack_from("<II", entry, 116)
    return entry[: max(length - 2, 0)].decode("utf-16-le"), first, size


def _records(stream: bytes, start: int) -> Iterator[Record]:
    """The records of one substream, without those of charts inside it."""
    depth = 0
    while start < len(stream):
        number, length = struct.unpack_from("<HH", stream, start)
        depth += (number == BOF) - (number == EOF)
        if depth == 1:
            yield number, stream[start + 4 : start + 4 + length]
        if depth == 0:
            return
        start += 4 + length
    raise damaged("records that are cut off")


def _scan(stream: bytes) -> Workbook:
    bounds: list[tuple[int, int, int, str]] = []
    percent_formats = {int(number) for number in PERCENT_FORMATS}
    formats_of_styles: list[int] = []
    day_zero = DAY_ZERO_1900
    for number, data in _records(stream, 0):
        if number == BOF and struct.unpack_from("<H", data)[0] != BIFF8:
            raise Refused("unreadable", "The workbook is older than Excel 97", "Save it as .xlsx")
        if number == FILEPASS:
            raise is_encrypted()
        if number == DATEMODE and data[:1] == b"\x01":
            day_zero = DAY_ZERO_1904
        elif number == BOUNDSHEET:
            start, state, kind, length, wide = struct.unpack_from("<IBBBB", data)
            name = data[8:].decode("utf-16-le") if wide & 1 else data[8:].decode("latin-1")
            bounds.append((start, state & 3, kind, name[:length]))
        elif number == FORMAT and b"%" in data[5:]:
            percent_formats.add(struct.unpack_from("<H", data)[0])
        elif number == XF:
            formats_of_styles.append(struct.unpack_from("<H", data, 2)[0])
    if any(kind in MACRO_SHEETS for _, _, kind, _ in bounds):
        raise has_macros()
    percent = {style for style, used in enumerate(formats_of_styles) if used in percent_formats}
    sheets = []
    for position, (start, state, kind, name) in enumerate(bounds, start=1):
        scan = _SheetScan(percent)
        if kind == WORKSHEET:
            for number, data in _records(stream, start):
                scan.record(number, data)
        sheets.append(scan.result(name, position, is_hidden=state != 0))
    # A cell of this format is bound to 65,536 rows, and the file's size bounds its texts.
    return Workbook(sheets, day_zero, longest_text=0)


class _SheetScan:
    """Follows the records of one sheet; rows and columns are numbered from 0, as the format does."""

    def __init__(self, percent: set[int]) -> None:
        self._percent = percent
        self._hidden_rows: set[int] = set()
        self._hidden_columns: list[tuple[int, int]] = []
        self._merged: list[str] = []
        self._faults: dict[str, Ranges] = {}
        self._columns: set[int] = set()
        self._rows: set[int] = set()

    def record(self, number: int, data: bytes) -> None:
        if number in (NUMBER, RK):
            row, column, style = struct.unpack_from("<HHH", data)
            self._number(row, column, style)
        elif number == MULRK:
            row, column = struct.unpack_from("<HH", data)
            for offset in range(4, len(data) - 2, 6):
                self._number(row, column + (offset - 4) // 6, *struct.unpack_from("<H", data, offset))
        elif number in TEXTS:
            self._content(*struct.unpack_from("<HH", data))
        elif number == BOOLERR:
            row, column = struct.unpack_from("<HH", data)
            self._content(row, column, "error_cell" if data[7] else None)
        elif number == FORMULA:
            self._formula(data)
        elif number == ROW:
            if data[12] & IS_HIDDEN_ROW or not any(data[6:8]):
                self._hidden_rows.add(struct.unpack_from("<H", data)[0])
        elif number == COLINFO:
            first, last, width, _, flags = struct.unpack_from("<HHHHH", data)
            if flags & IS_HIDDEN_COLUMN or not width:
                self._hidden_columns.append((first, last))
        elif number == MERGEDCELLS:
            for offset in range(2, len(data) - 7, 8):
                first, last, left, right = struct.unpack_from("<HHHH", data, offset)
                if len(self._merged) < MOST_RANGES:
                    corners = f"{column_letters(left + 1)}{first + 1}:{column_letters(right + 1)}{last + 1}"
                    self._merged.append(corners)

    def _number(self, row: int, column: int, style: int) -> None:
        self._content(row, column, fault="percent_format" if style in self._percent else None)

    def _formula(self, data: bytes) -> None:
        row, column, style = struct.unpack_from("<HHH", data)
        result, flags = data[6:14], struct.unpack_from("<H", data, 14)[0]
        if result[6:] != b"\xff\xff":
            is_missing = not any(result) and flags & IS_TO_BE_CALCULATED
            if is_missing:
                self._content(row, column, fault="formula_without_value")
            else:
                self._number(row, column, style)
        else:
            self._content(row, column, fault="error_cell" if result[0] == ERROR_RESULT else None)

    def _content(self, row: int, column: int, fault: str | None = None) -> None:
        self._rows.add(row)
        self._columns.add(column)
        if fault:
            self._faults.setdefault(fault, Ranges()).add(column_letters(column + 1), row + 1)

    def result(self, name: str, position: int, is_hidden: bool) -> Scanned:
        if not self._rows:
            return Scanned(name, position, is_hidden)
        for row in sorted(self._hidden_rows & self._rows):
            self._faults.setdefault("hidden_rows", Ranges()).add("", row + 1)
        for column in sorted(self._columns):
            if any(first <= column <= last for first, last in self._hidden_columns):
                self._faults.setdefault("hidden_columns", Ranges()).add(column_letters(column + 1), 0)
        first, last = min(self._columns) + 1, max(self._columns) + 1
        return Scanned(name, position, is_hidden, first, last, max(self._rows) + 1, self._faults, tuple(self._merged))
