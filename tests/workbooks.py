"""Workbooks written part by part, as no library would write them.

Here: an XLSX package from its XML, and an XLS compound file from its records.
Belongs here: what a test needs to put a hidden row, a fault or a bomb into a workbook.
Does not belong here: workbooks that xlsxwriter can write (`deliveries.py`), and assertions.
"""

import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from tests.deliveries import Row

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
# Style 1 is a percentage, style 2 a date.
STYLES = (
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="0.0%"/></numFmts>'
    '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="14"/></cellXfs>'
)


def place(row: int, column: int) -> str:
    """A cell's place; both count from 1, and there are at most 26 columns."""
    return f"{chr(ord('A') + column - 1)}{row}"


def sheet_data(
    rows: list[Row],
    cells: Mapping[str, str] | None = None,
    attributes: Mapping[int, str] | None = None,
    first_row: int = 1,
) -> str:
    """The rows under their header as texts of their own, some cells replaced by XML, some rows with attributes."""
    written = []
    for number, line in enumerate([list(rows[0]), *(list(row.values()) for row in rows)], start=first_row):
        texts = {place(number, column): _text(place(number, column), cell) for column, cell in enumerate(line, start=1)}
        texts |= {at: xml for at, xml in (cells or {}).items() if at[1:] == str(number)}
        more = (attributes or {}).get(number)
        written.append(f'<row r="{number}"{f" {more}" if more else ""}>{"".join(texts.values())}</row>')
    return f"<sheetData>{''.join(written)}</sheetData>"


def _text(at: str, cell: str) -> str:
    return f'<c r="{at}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>' if cell else f'<c r="{at}"/>'


def write_package(
    path: Path,
    sheets: Sequence[str],
    *,
    states: Sequence[str] = (),
    before: str = "",
    after: str = "",
    prolog: str = "",
    shared: str = "",
    extra: Mapping[str, bytes] | None = None,
    main: str = MAIN,
    office: str = OFFICE,
) -> Path:
    """An XLSX of these sheets (what stands inside `<worksheet>`), with more XML in the workbook and more parts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    numbers = range(1, len(sheets) + 1)
    shown = [f' state="{state}"' for state in states] or [""] * len(sheets)
    listed = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="rId{n}"{shown[n - 1]}/>' for n in numbers)
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}">{before}<sheets>{listed}</sheets>{after}'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{related}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}">{STYLES}</styleSheet>',
        **({"xl/sharedStrings.xml": f'<sst xmlns="{main}">{shared}</sst>'} if shared else {}),
    }
    for n, sheet in zip(numbers, sheets, strict=True):
        parts[f"xl/worksheets/sheet{n}.xml"] = f'{prolog}<worksheet xmlns="{main}">{sheet}</worksheet>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        for name, packed in (extra or {}).items():
            archive.writestr(name, packed)
    return path


def declared_smaller(path: Path, part: str, size: int) -> Path:
    """The same package, its directory declaring another unpacked size for one part."""
    content = bytearray(path.read_bytes())
    at = content.rindex(part.encode())
    # In the directory the size stands 22 bytes before the name.
    content[at - 22 : at - 18] = struct.pack("<I", size)
    path.write_bytes(bytes(content))
    return path


# --- XLS ------------------------------------------------------------------------------------------

SECTOR = 512
END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def record(number: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", number, len(data)) + data


def label(row: int, column: int, text: str) -> bytes:
    """A cell of text; rows and columns count from 0, as in every record."""
    return record(0x204, struct.pack("<HHHHB", row, column, 0, len(text), 0) + text.encode("latin-1"))


def number(row: int, column: int, value: float, style: int = 0) -> bytes:
    return record(0x203, struct.pack("<HHHd", row, column, style, value))


def formula(row: int, column: int, result: bytes, flags: int = 0) -> bytes:
    """A formula `=1` with its stored result (8 bytes)."""
    return record(0x06, struct.pack("<HHH8sHIH3s", row, column, 0, result, flags, 0, 3, b"\x1e\x01\x00"))


def write_xls(
    path: Path,
    rows: list[Row],
    cells: Mapping[tuple[int, int], bytes] | None = None,
    around: bytes = b"",
    in_globals: bytes = b"",
    state: int = 0,
    storages: Sequence[str] = (),
) -> Path:
    """An XLS of one sheet: the rows under their header as text, some cells as other records."""
    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    body = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)) + around
    for row, line in enumerate(lines):
        for column, text in enumerate(line):
            replaced = (cells or {}).get((row, column))
            body += label(row, column, text) if replaced is None and text else replaced or b""
    body += record(0x0A)
    opening = record(0x809, struct.pack("<HHHHII", 0x600, 0x05, 0, 0, 0, 0))
    # Style 0 is plain, style 1 a percentage.
    opening += in_globals + b"".join(record(0xE0, struct.pack("<HH", 0, form) + bytes(16)) for form in (0, 9))
    start = len(opening) + len(record(0x85, bytes(8) + b"S1")) + len(record(0x0A))
    opening += record(0x85, struct.pack("<IBBBB", start, state, 0, 2, 0) + b"S1") + record(0x0A)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(compound_file({"Workbook": opening + body, **dict.fromkeys(storages, b"")}))
    return path


def compound_file(streams: Mapping[str, bytes]) -> bytes:
    """A compound file of named streams, of which the first has the content and others are only named."""
    name, content = next(iter(streams.items()))
    content = content.ljust(4096, b"\0")
    sectors = -(-len(content) // SECTOR)
    tables = -(-(sectors + 9) // 128)
    # Sectors: allocation table, directory of two sectors, content.
    chain = [FAT] * tables + [tables + 1, END] + [tables + 3 + i for i in range(sectors - 1)] + [END]
    chain += [FREE] * (tables * 128 - len(chain))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    # Tables, first directory sector, transaction, smallest stream, small table (none), further tables (none).
    header += bytes(10) + struct.pack("<IIIIIIII", tables, tables, 0, 4096, END, 0, END, 0)
    header += struct.pack(f"<{tables}I", *range(tables)) + b"\xff" * 4 * (109 - tables)
    entries = _entry("Root Entry", 5, END, 0, child=1) + _entry(name, 2, tables + 2, len(content))
    entries += b"".join(_entry(other, 1, END, 0) for other in list(streams)[1:])
    directory = entries.ljust(2 * SECTOR, b"\0")
    return header + struct.pack(f"<{len(chain)}I", *chain) + directory + content.ljust(sectors * SECTOR, b"\0")


def _entry(name: str, kind: int, first: int, size: int, child: int = FREE) -> bytes:
    wide = name.encode("utf-16-le") + b"\0\0"
    links = struct.pack("<III", FREE, FREE, child)
    head = wide.ljust(64, b"\0") + struct.pack("<HBB", len(wide), kind, 1) + links
    return head + bytes(36) + struct.pack("<IQ", first, size)
