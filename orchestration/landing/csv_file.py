"""A CSV file read strictly: every field as text, every line where it stands.

Here: encoding, line ends, separators, quotes and the number of fields of a CSV.
Belongs here: what can be wrong with a CSV before its header means anything.
Does not belong here: other kinds of file, and what the columns mean.
"""

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.csv

from orchestration.landing.table import Refused, Table, refuse_long, refuse_wide, without_blank_ends

# Set 2026-11-24: the header of the widest published file has 2,500 characters.
LONGEST_LINE = 64 * 1024
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def read_csv(path: Path, encoding: str) -> Table:
    """One table of text; a ragged line, a lone quote or a line break in a field is refused, not repaired."""
    header_line, lines = _survey(path, encoding)
    header = _header(header_line)
    refuse_long(lines - 1)
    rows = _rows(path, encoding, len(header), lines) if lines > 1 else pl.DataFrame(schema=_columns(len(header)))
    return Table(path.name, *without_blank_ends(header, rows))


def ends_with_line_break(path: Path) -> bool:
    """Whether the last line is closed; if not, it may be cut."""
    with path.open("rb") as stream:
        stream.seek(-min(4, path.stat().st_size), 2)
        # In UTF-16 and UTF-32 the break is padded with zeros.
        return stream.read().rstrip(b"\0").endswith(b"\n")


def _survey(path: Path, encoding: str) -> tuple[str, int]:
    """The first line, and the number of lines; refuses what would hide where a line begins or ends.

    It reads in blocks of at most the longest line, so that a file without line breaks costs no memory.
    """
    first, lines, unbroken, ends_open = b"", 0, 0, False
    for block in _whole_line_ends(_blocks(path, encoding)):
        if b"\0" in block:
            raise Refused(
                "nul_bytes",
                "The file holds NUL bytes: it is damaged, or UTF-16",
                'Save it as UTF-8, or declare {"encoding": "utf-16"} in its sidecar',
            )
        if block.count(b"\r") != block.count(b"\r\n"):
            raise Refused(
                "line_ends",
                "Some lines end in a carriage return alone, as old Macintosh files do",
                "Save it as CSV with Windows or Unix line ends",
            )
        if not lines:
            first += block.partition(b"\n")[0]
        broken = block.find(b"\n")
        if unbroken + (len(block) if broken < 0 else broken) > LONGEST_LINE:
            raise Refused(
                "line_length", f"A line has more than {LONGEST_LINE:,} bytes", "Deliver it with a line for each row"
            )
        unbroken = unbroken + len(block) if broken < 0 else len(block) - block.rfind(b"\n") - 1
        lines += block.count(b"\n")
        ends_open = not block.endswith(b"\n")
    try:
        return first.decode("utf-8-sig").removesuffix("\r"), lines + ends_open
    except UnicodeDecodeError as error:
        raise _not_in(encoding) from error


def _blocks(path: Path, encoding: str) -> Iterator[bytes]:
    """The file as UTF-8 bytes, in small blocks; bytes of a file that is UTF-8 by declaration are not looked into."""
    if codecs.lookup(encoding).name == "utf-8":
        with path.open("rb") as stream:
            while block := stream.read(LONGEST_LINE):
                yield block
        return
    try:
        with path.open(encoding=encoding, newline="") as text:
            # A character takes at most four bytes.
            while part := text.read(LONGEST_LINE // 4):
                yield part.encode("utf-8")
    except UnicodeError as error:
        raise _not_in(encoding) from error


def _whole_line_ends(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, with no carriage return parted from the line feed behind it."""
    held = b""
    for block in blocks:
        whole = held + block
        held = b"\r" if whole.endswith(b"\r") else b""
        yield whole.removesuffix(held)
    if held:
        yield held


def _header(line: str) -> tuple[str, ...]:
    if line.lower().startswith("sep="):
        raise Refused(
            "separator",
            "The first line is an instruction to Excel (sep=), not the header",
            "Delete that line, and separate the fields by commas",
        )
    header = tuple(next(csv.reader([line]), []))
    refuse_wide(len(header))
    if len(header) == 1:
        for separator, words in SEPARATORS.items():
            if separator in line:
                raise Refused(
                    "separator", f"The fields are separated by {words}, not by commas", "Save it as CSV with commas"
                )
    return header


def _columns(width: int) -> list[str]:
    return [str(i) for i in range(width)]


def _rows(path: Path, encoding: str, width: int, lines: int) -> pl.DataFrame:
    ragged = 0

    def skip(row: pa.csv.InvalidRow) -> str:
        nonlocal ragged
        ragged += 1
        return "skip"

    try:
        # Through an open file: a name need not be text.
        with path.open("rb") as stream:
            table = pa.csv.read_csv(
                stream,
                read_options=pa.csv.ReadOptions(column_names=_columns(width), skip_rows=1, encoding=encoding),
                # A blank line that is passed over would shift the line number of every row behind it.
                parse_options=pa.csv.ParseOptions(invalid_row_handler=skip, ignore_empty_lines=False),
                convert_options=pa.csv.ConvertOptions(
                    column_types={name: pa.string() for name in _columns(width)},
                    strings_can_be_null=True,
                    null_values=[""],
                ),
            )
    except (pa.ArrowInvalid, UnicodeError) as error:
        # The library's message quotes the line it stumbled on, so only its kind is passed on.
        if isinstance(error, UnicodeError) or "UTF8" in str(error):
            raise _not_in(encoding) from error
        raise Refused("unreadable", "The file cannot be read as CSV", "Save it again as CSV in UTF-8") from error
    # The reader takes a quoted line break for a part of the field; every line number behind it would be wrong.
    swallowed = lines - 1 - table.num_rows - ragged
    if swallowed:
        raise Refused(
            "quotes",
            f"{swallowed:,} line breaks stand inside a quoted field, or behind a quote that is not closed",
            "Take line breaks out of the fields or deliver it as a workbook, close every quote, and deliver it again",
            rows=swallowed,
        )
    if ragged:
        raise Refused(
            "ragged",
            f"{ragged:,} lines do not have the header's {width} fields",
            "It may be cut off, or hold blank lines or unquoted commas: deliver it again, whole",
            rows=ragged,
        )
    return pl.DataFrame(table)


def _not_in(encoding: str) -> Refused:
    return Refused(
        "encoding",
        f"The file holds bytes that are not {encoding.upper()}",
        'Save it as UTF-8, or declare {"encoding": …} in its sidecar',
    )
