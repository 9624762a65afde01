"""Deliveries that are bad or odd, each handed to the landing asset as the person on call would see it.

Here: a table of files, each with its exact outcome (refused, quarantined, read) and what is said of it.
Belongs here: anything wrong with a file, its name, its sidecar or its sheets, before its rows mean anything.
Does not belong here: rules about rows, and what one delivery is to another (`test_landing.py`).
"""

import contextlib
import hashlib
import io
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest
import xlsxwriter
from dagster_duckdb import DuckDBResource

from orchestration.asset_checks import control_totals_result, control_totals_spec
from orchestration.assets.landing import landing_asset
from orchestration.extracts import EXTRACTS
from orchestration.landing.received import delivery_files
from orchestration.landing.store import QUARANTINED_ROWS, Delivery, Landing
from orchestration.landing.synchronise import synchronise_extract
from orchestration.resources import Folders
from tests.deliveries import (
    Row,
    changed,
    csv_text,
    declare,
    read_csv,
    renamed,
    valid_rows,
    values_of,
    write_bytes,
    write_csv,
    write_parquet,
    write_xlsx,
)
from tests.workbooks import (
    STRICT_MAIN,
    STRICT_OFFICE,
    compound_file,
    declared_smaller,
    formula,
    number,
    record,
    sheet_data,
    write_package,
    write_xls,
)

ROOT = Path(__file__).parents[1]
CRIME, WORKFORCE, NETWORKS = "recorded_crime", "workforce", "criminal_networks"
REFUSED, QUARANTINED, READ = "refused", "quarantined", "read"
NAME = "2008-12_r2.csv"
CANARIES = {"zqmany", "Zqsmith", "ZQ4711", "béton"}
Write = Callable[[Path], Path]


@dataclass(frozen=True)
class Case:
    """A delivery and what becomes of it: its rule and the rows that broke it, or the rows that were read.

    `rows` of a refusal is None where the whole file breaks the rule. `said` and `remedy` are words of the message.
    """

    what: str
    write: Write
    outcome: str
    rule: str = ""
    rows: int | None = None
    said: tuple[str, ...] = ()
    remedy: str = ""
    extract: str = CRIME


def refused(
    what: str, write: Write, rule: str, said: str, remedy: str, rows: int | None = None, extract: str = CRIME
) -> Case:
    return Case(what, write, REFUSED, rule, rows, tuple(said.split(" … ")), remedy, extract)


def quarantined(what: str, write: Write, rule: str, rows: int, extract: str = CRIME) -> Case:
    return Case(what, write, QUARANTINED, rule, rows, extract=extract)


def read(what: str, write: Write, rows: int = 402, extract: str = CRIME) -> Case:
    return Case(what, write, READ, "", rows, extract=extract)


# --- Ways of writing ------------------------------------------------------------------------------


def crime() -> list[Row]:
    """A whole December that is not the one landed before."""
    return changed(valid_rows(CRIME), 7, victims_under_20="1")


def staff() -> list[Row]:
    return valid_rows(WORKFORCE)


def text(content: Callable[[], str], name: str = NAME, encoding: str = "utf-8") -> Write:
    return lambda folder: write_bytes(folder / name, content().encode(encoding))


def data(content: Callable[[], bytes], name: str = NAME) -> Write:
    return lambda folder: write_bytes(folder / name, content())


def table(rows: Callable[[], list[Row]] = crime, name: str = NAME, header: list[str] | None = None) -> Write:
    return lambda folder: write_csv(folder / name, rows(), header)


def with_sidecar(content: str | bytes, write: Write | None = None) -> Write:
    def written(folder: Path) -> Path:
        path = (write or table())(folder)
        sidecar = path.with_name(path.name + ".json")
        sidecar.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def cut(write: Callable[[Path, list[Row]], Path], suffix: str) -> Write:
    """A file written whole, then cut in its middle."""

    def written(folder: Path) -> Path:
        path = write(folder / f"2008-12_r2{suffix}", crime())
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        return path

    return written


def line(number_of_line: int, change: Callable[[str], str]) -> Callable[[], str]:
    """The CSV with one line (counted from 1) changed."""

    def changed_text() -> str:
        lines = csv_text(crime()).splitlines()
        lines[number_of_line - 1] = change(lines[number_of_line - 1])
        return "\n".join(lines) + "\n"

    return changed_text


def package(**parts: object) -> Write:
    """A workbook of workforce, with something about it changed."""
    sheets = parts.pop("sheets", None)
    cells, attributes = parts.pop("cells", None), parts.pop("attributes", None)
    around = str(parts.pop("around", "")), str(parts.pop("behind", ""))

    def written(folder: Path) -> Path:
        first = around[0] + sheet_data(staff(), cells, attributes) + around[1]  # type: ignore[arg-type]
        return write_package(folder / "2008-12.xlsx", [first, *(sheets or [])], **parts)  # type: ignore[misc, arg-type]

    return written


def xls(**parts: object) -> Write:
    return lambda folder: write_xls(folder / "2008-12.xls", staff(), **parts)  # type: ignore[arg-type]


def without(column: str) -> list[Row]:
    return [{name: cell for name, cell in row.items() if name != column} for row in crime()]


def unknown_layout() -> list[Row]:
    left_out = ("drug_type", "is_domestic")
    kept = [{name: cell for name, cell in row.items() if name not in left_out} for row in crime()]
    return [{**row, "badge_number": "ZQ4711"} for row in kept]


def excel_serials(day_zero_1904: bool) -> Write:
    """Disruptions whose days are numbers without a date format, written by a library."""
    # 2008-12-01 is day 39,783 counted from 1899-12-30, and 38,321 counted from 1904-01-01 (1,462 days later).
    first = 38_321 if day_zero_1904 else 39_783

    def written(folder: Path) -> Path:
        rows = valid_rows(NETWORKS, 201)
        with xlsxwriter.Workbook(folder / "2008-12.xlsx", {"date_1904": day_zero_1904}) as workbook:
            sheet = workbook.add_worksheet()
            sheet.write_row(0, 0, list(rows[0]))
            for at, row in enumerate(rows, start=1):
                sheet.write_row(at, 0, list(row.values()))
                sheet.write_number(at, 2, first + int(row["disruption_date"][-2:]) - 1)
        return folder / "2008-12.xlsx"

    return written


def with_formulas(value: object) -> Write:
    """A library's workbook, whose formula for a headcount has this stored result."""

    def written(folder: Path) -> Path:
        rows = staff()
        with xlsxwriter.Workbook(folder / "2008-12.xlsx") as workbook:
            sheet = workbook.add_worksheet()
            for at, row in enumerate([list(rows[0]), *(list(row.values()) for row in rows)]):
                sheet.write_row(at, 0, row)
            sheet.write_formula(8, 7, "=6*2", None, value)
            sheet.autofilter(0, 0, 64, 11)
        return folder / "2008-12.xlsx"

    return written


def odd_sheets(folder: Path) -> Path:
    """What Excel and people leave: two empty sheets, a chart of its own, blank rows above, formats far away."""
    with xlsxwriter.Workbook(folder / "2008-12.xlsx") as workbook:
        sheet = workbook.add_worksheet()
        for at, row in enumerate([list(staff()[0]), *(list(row.values()) for row in staff())], start=3):
            sheet.write_row(at, 0, row)
        bold = workbook.add_format({"bold": True})
        sheet.write_blank("XFD1048576", None, bold)
        workbook.add_worksheet()
        workbook.add_worksheet().write_blank(5, 5, None, bold)
        chart = workbook.add_chart({"type": "line"})
        chart.add_series({"values": "=Sheet1!$H$5:$H$9"})
        workbook.add_chartsheet().set_chart(chart)
    return folder / "2008-12.xlsx"


def link(folder: Path) -> Path:
    (folder / NAME).symlink_to(write_csv(folder.parent.parent / "elsewhere" / "2008-12.csv", crime()))
    return folder / NAME


def link_upwards(folder: Path) -> Path:
    write_csv(folder.parent / "x" / "x.csv", crime())
    (folder / NAME).symlink_to("../x/x.csv")
    return folder / NAME


def linked_sidecar(folder: Path) -> Path:
    path = table()(folder)
    declared = write_bytes(folder.parent.parent / "declared.json", b'{"revision": 2}')
    path.with_name(path.name + ".json").symlink_to(declared)
    return path


def linked_folder(folder: Path) -> Path:
    """The extract's own folder is a link out of raw/."""
    write_csv(folder.parent.parent / "elsewhere" / "2008-12.csv", staff())
    folder.rmdir()
    folder.symlink_to(folder.parent.parent / "elsewhere")
    return folder


def fifo(folder: Path) -> Path:
    os.mkfifo(folder / NAME)
    return folder / NAME


def folder_named_as_a_delivery(folder: Path) -> Path:
    write_csv(folder / "2009-01.csv" / "rows.csv", crime())
    return folder / "2009-01.csv"


def stray_sidecar(folder: Path) -> Path:
    return write_bytes(folder / "2009-01.csv.json", b'{"partial": true}')


def parquet(frame: Callable[[], pl.DataFrame], extract_name: str = "2008-12_r2.parquet") -> Write:
    return lambda folder: write_parquet(folder / extract_name, frame())


def typed_staff() -> pl.DataFrame:
    return pl.DataFrame(staff())


def laughs(folder: Path) -> Path:
    """Nine entities, each ten times the one before: a thousand million laughs."""
    entities = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    prolog = f'<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY l0 "ha">{entities}]>'
    cell = {"H9": '<c r="H9" t="inlineStr"><is><t>&l9;</t></is></c>'}
    return write_package(folder / "2008-12.xlsx", [sheet_data(staff(), cell)], prolog=prolog)


def encrypted(folder: Path) -> Path:
    """What Excel writes under .xlsx when it is given a password."""
    return write_bytes(folder / "2008-12.xlsx", compound_file({"EncryptedPackage": b"\1" * 9000}))


def far_away(folder: Path) -> Path:
    """A table, and one more cell in the last corner of the sheet."""
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return write_package(folder / "2008-12.xlsx", [sheet_data(staff()).replace("</sheetData>", far)])


SHARED = "<si><t>12</t></si>"
ERROR = '<c r="{0}" t="e"><v>#N/A</v></c>'
COLUMNS = "Deliver the columns as agreed"
WHOLE = "deliver it again, whole"

# --- The table ------------------------------------------------------------------------------------

NAMES = [
    refused("an unknown extension", table(name="2008-12_r2.txt"), "extension", "not known", "Deliver one of .csv, "),
    refused("a packed CSV", data(lambda: b"\x1f\x8b\x08", "2008-12_r2.csv.gz"), "extension", "not known", "Unpack it"),
    refused("a workbook with macros", data(lambda: b"PK", "2008-12.xlsm"), "extension", "not known", "without macros"),
    refused("a stray sidecar", stray_sidecar, "extension", "not known", "like 2008-12.csv.json"),
    refused("month 13", table(name="2008-13.csv"), "name", "looks like a month", "Name it like 2008-12"),
    refused("month 0", table(name="2008-00.csv"), "name", "looks like a month", "Name it like 2008-12"),
    refused("a month of one digit", table(name="2008-1.csv"), "name", "looks like a month", "Name it like 2008-12"),
    refused("a month without a dash", table(name="200812.csv"), "name", "looks like a month", "Name it like 2008-12"),
    refused("revision 0", table(name="2008-12_r0.csv"), "name", "looks like a month", "2008-12_r2"),
    refused("a revision behind a dash", table(name="2008-12-r2.csv"), "name", "looks like a month", "2008-12_r2"),
    refused("a revision in capitals", table(name="2008-12_R2.csv"), "name", "looks like a month", "2008-12_r2"),
    refused("a revision in words", table(name="2008-12 rev 2.csv"), "name", "looks like a month", "2008-12_r2"),
    refused("a misspelt revision", table(name="december-r2.csv"), "name", "not written as one", "_r2 for the second"),
    refused("a link out of raw/", link, "not_a_file", "a symbolic link", "Deliver a copy of the file itself"),
    refused("a link upwards", link_upwards, "not_a_file", "a symbolic link", "Deliver a copy of the file itself"),
    refused("a pipe", fifo, "not_a_file", "no regular file", "Deliver a copy of the file itself"),
    refused("a folder", folder_named_as_a_delivery, "not_a_file", "a folder", "Deliver a copy of the file itself"),
    refused(
        "an extract's folder that is a link",
        linked_folder,
        "not_a_file",
        "a symbolic link",
        "Deliver a copy of the file itself",
        extract=WORKFORCE,
    ),
    refused(
        "an unknown column under a name of two lines",
        table(unknown_layout, "a\nCRITICAL - b\x1b[2J.csv"),
        "layout",
        "a\\nCRITICAL - b\\x1b[2J.csv … unexpected column «badge_number»",
        COLUMNS,
    ),
    read("a name that is a pattern", table(name="a[1]_r2.csv")),
    read("a name that is SQL", table(name="x';drop table y;--_r2.csv")),
    read("a name that looks like an option", table(name="-rf_r2.csv")),
    read("a name of two lines", table(name="two\nlines_r2.csv")),
    read("a name that is not text", lambda folder: write_csv(folder / os.fsdecode(b"caf\xe9_r2.csv"), crime())),
    read("a name as long as can be", table(name="n" * 248 + "_r2.csv")),
    read("an extension in capitals", table(name="2008-12_r2.CSV")),
]

SIDECARS = [
    refused("a sidecar that is not JSON", with_sidecar("revision: 2"), "sidecar", "not JSON", f"Mend {NAME}.json"),
    refused("an unknown key", with_sidecar('{"revison": 2}'), "sidecar", "other than revision", f"Mend {NAME}.json"),
    refused("a wrong type", with_sidecar('{"partial": "yes"}'), "sidecar", "other than revision", f"Mend {NAME}.json"),
    refused("a path in a sidecar", with_sidecar('{"file": "../x.csv"}'), "sidecar", "other than", f"Mend {NAME}.json"),
    refused("a key twice", with_sidecar('{"revision": 2, "revision": 3}'), "sidecar", "occurs once", "Mend"),
    refused("a revision beyond reason", with_sidecar('{"revision": 10000}'), "sidecar", "1 to 9999", "Mend"),
    refused("a number beyond reason", with_sidecar('{"revision": ' + "9" * 5000 + "}"), "sidecar", "not JSON", "Mend"),
    refused("lists in lists in lists", with_sidecar("[" * 9_000), "sidecar", "not JSON", "Mend"),
    refused("a sidecar too large", with_sidecar(" " * 10_001), "sidecar", "more than 10,000 bytes", "Mend"),
    refused("a sidecar in UTF-16", with_sidecar("{}".encode("utf-16")), "sidecar", "not JSON", "Mend"),
    refused("a linked sidecar", linked_sidecar, "sidecar", "not a regular file", f"Mend {NAME}.json"),
    refused("an unknown encoding", with_sidecar('{"encoding": "zq"}'), "sidecar", "not known here", "cp1252"),
    refused("an encoding that rewrites", with_sidecar('{"encoding": "rot13"}'), "sidecar", "not known here", "cp1252"),
    refused("an encoding of hosts", with_sidecar('{"encoding": "idna"}'), "sidecar", "not known here", "cp1252"),
    refused(
        "an encoding of escapes", with_sidecar('{"encoding": "unicode_escape"}'), "sidecar", "not known here", "cp1252"
    ),
    refused(
        "an encoding of a Parquet file",
        with_sidecar('{"encoding": "utf-8"}', lambda folder: write_parquet(folder / "2008-12_r2.parquet", crime())),
        "sidecar",
        "which only a CSV has",
        "Mend",
    ),
    refused(
        "fewer rows than were counted",
        with_sidecar('{"control": {"rows": 403}}'),
        "control_total",
        "rows: 403 expected, 402 found",
        "correct the control figures",
        402,
    ),
    refused(
        "another sum than was added up",
        with_sidecar('{"control": {"rows": 402, "offences": 401}}'),
        "control_total",
        "the sum of offences: 401 expected, 402 found",
        "correct the control figures",
        402,
    ),
    refused(
        "another sum of fractions",
        with_sidecar('{"control": {"fte": 4622.99}}', table(staff, "2008-12.csv")),
        "control_total",
        # 402 rows of 11.5.
        "the sum of fte: 4,622.99 expected, 4,623.0 found",
        "correct the control figures",
        402,
        WORKFORCE,
    ),
    refused(
        "a control figure of a column of words",
        with_sidecar('{"control": {"drug_type": 1}}'),
        "control_total",
        "«drug_type», which is no column of numbers",
        "Correct the control figures",
    ),
    refused(
        "a control figure of a column that is not there",
        with_sidecar('{"control": {"published_rate": 1}}'),
        "control_total",
        "«published_rate», which is no column of numbers",
        "Correct the control figures",
    ),
    refused(
        "a control figure that differs where too many rows are bad",
        with_sidecar('{"control": {"offences": 402}}', table(lambda: changed(crime(), 7, 70, 170, offences="zqmany"))),
        "control_total",
        "402 expected, 399 found",
        "correct the control figures",
        402,
    ),
    refused("a control that is no number", with_sidecar('{"control": {"rows": "402"}}'), "sidecar", "control", "Mend"),
    refused("a control that is not finite", with_sidecar('{"control": {"rows": NaN}}'), "sidecar", "control", "Mend"),
    read("control figures that agree", with_sidecar('{"control": {"rows": 402, "offences": 402}}')),
    read("a sidecar that declares nothing", with_sidecar("{}")),
    quarantined(
        "a bad row that the control figure leaves out",
        with_sidecar(
            '{"control": {"rows": 402, "offences": 401}}', table(lambda: changed(crime(), 7, offences="zqmany"))
        ),
        "offences_unreadable",
        1,
    ),
]

HEADERS = [
    refused(
        "a missing column", table(lambda: without("outcome_date")), "layout", "missing column «outcome_date»", COLUMNS
    ),
    refused(
        "a renamed column",
        table(header=renamed(crime()[0], "outcome_date", "date_of_outcome")),
        "layout",
        "missing column «outcome_date» … unexpected column «date_of_outcome»",
        COLUMNS,
    ),
    refused(
        "a column twice",
        table(header=renamed(crime()[0], "drug_type", "area")),
        "layout",
        "column «area» twice … missing column «drug_type»",
        COLUMNS,
    ),
    refused(
        "an unexpected column twice",
        text(lambda: "\n".join(f"{each},zq,zq" for each in csv_text(crime()).splitlines()) + "\n"),
        "layout",
        "unexpected column «zq» in places 17, 18",
        COLUMNS,
    ),
    refused(
        "an extra column",
        table(lambda: [{**row, "surname": "Zqsmith"} for row in crime()]),
        "layout",
        "unexpected column «surname»",
        COLUMNS,
    ),
    refused(
        "a column whose name is SQL",
        text(line(1, lambda header: header.replace("drug_type", '"x""; attach \'y"'))),
        "layout",
        "unexpected column «x\"; attach 'y»",
        COLUMNS,
    ),
    refused(
        "a column whose name clears the screen",
        text(line(1, lambda header: header.replace("drug_type", "\x1b[2Jx"))),
        "layout",
        "unexpected column «\\x1b[2Jx»",
        COLUMNS,
    ),
    refused(
        "spaces around a column's name",
        text(line(1, lambda header: header.replace("drug_type", " drug_type "))),
        "layout",
        "unexpected column « drug_type », with spaces around its name",
        COLUMNS,
    ),
    refused(
        "a column without a name that holds something",
        text(line(1, lambda header: header.replace("drug_type", "").replace("victim_group", ""))),
        "layout",
        "missing column «victim_group» … no name over column 11, 15",
        COLUMNS,
    ),
    refused(
        "an unknown layout",
        table(unknown_layout),
        "layout",
        "The nearest is «Recorded crime, the system's own extract» … missing column «drug_type» … «badge_number»",
        COLUMNS,
    ),
    refused(
        "another extract's file",
        table(staff),
        "wrong_folder",
        "a delivery of workforce",
        "Move it to the folder workforce",
    ),
    refused(
        "no header",
        text(lambda: csv_text(crime()).split("\n", 1)[1]),
        "layout",
        "No known layout has this header",
        COLUMNS,
    ),
    refused(
        "more columns than any layout has",
        text(lambda: "," * 1000 + "\n" + "," * 1000 + "\n"),
        "too_wide",
        "1,001 columns",
        COLUMNS,
    ),
    read("columns in another order", table(lambda: [dict(reversed(row.items())) for row in crime()])),
]

CSVS = [
    refused("no byte at all", data(lambda: b""), "empty", "The file is empty", "Deliver it again, whole", 0),
    refused(
        "a header and no rows",
        text(lambda: csv_text(crime()).split("\n")[0] + "\n"),
        "empty",
        "a header and no rows",
        "Deliver it again, whole",
        0,
    ),
    refused(
        "a header and blank lines",
        text(lambda: csv_text(crime()).split("\n")[0] + "\n\n\n"),
        "empty",
        "a header and no rows",
        "Deliver it again, whole",
        0,
    ),
    refused(
        "a cut in the middle of a field",
        text(lambda: csv_text(crime())[: csv_text(crime()).rindex("homicide") + 4]),
        "ragged",
        "1 lines do not have the header's 16 fields",
        WHOLE,
        1,
    ),
    refused(
        "a cut between two fields",
        text(lambda: csv_text(crime()).rstrip("\n").rsplit(",", 1)[0] + "\n"),
        "ragged",
        "1 lines do not have the header's 16 fields",
        WHOLE,
        1,
    ),
    refused(
        "a cut in the last field",
        text(lambda: csv_text(staff()).removesuffix("6.5\n"), "2008-12.csv"),
        "cut_off",
        "no line break",
        "Deliver it again, whole",
        extract=WORKFORCE,
    ),
    refused(
        "a comma in an unquoted field",
        text(line(9, lambda row: row.replace("/000007,", "/000007,zq,"))),
        "ragged",
        "1 lines do not have",
        WHOLE,
        1,
    ),
    refused(
        "commas behind every row but the header",
        text(lambda: csv_text(crime()).replace(",1\n", ",1,,\n")),
        "ragged",
        "402 lines do not have",
        WHOLE,
        402,
    ),
    refused(
        "a line break in a quoted field",
        text(line(9, lambda row: row.replace(",homicide,", ',"homi\ncide",'))),
        "quotes",
        "1 line breaks stand inside a quoted field",
        "close every quote",
        1,
    ),
    refused(
        "a quote that is not closed",
        text(line(9, lambda row: row.replace(",homicide,", ',"homicide,'))),
        "quotes",
        # Lines 9 to 403 are one row to the reader: all of their breaks but the last are inside the quote.
        "394 line breaks … not closed",
        "close every quote",
        394,
    ),
    refused("NUL bytes", text(line(9, lambda row: row.replace(",1", ",\0"))), "nul_bytes", "damaged", "utf-16"),
    refused(
        "old Macintosh line ends",
        text(lambda: csv_text(crime()).replace("\n", "\r")),
        "line_ends",
        "a carriage return alone",
        "Windows or Unix line ends",
    ),
    refused(
        "one old Macintosh line end",
        text(line(9, lambda row: row.replace(",homicide,", ",homi\rcide,"))),
        "line_ends",
        "a carriage return alone",
        "Windows or Unix line ends",
    ),
    refused(
        "semicolons",
        text(lambda: csv_text(crime()).replace(",", ";")),
        "separator",
        "separated by semicolons",
        "Save it as CSV with commas",
    ),
    refused(
        "tabs",
        text(lambda: csv_text(crime()).replace(",", "\t")),
        "separator",
        "separated by tabs",
        "Save it as CSV with commas",
    ),
    refused(
        "Excel's own first line",
        text(lambda: "sep=;\n" + csv_text(crime()).replace(",", ";")),
        "separator",
        "an instruction to Excel",
        "Delete that line",
    ),
    refused(
        "UTF-16 that nothing declares",
        text(lambda: csv_text(crime()), encoding="utf-16"),
        "encoding",
        "UTF-16",
        'declare {"encoding": "utf-16"}',
    ),
    refused(
        "UTF-16 without its mark",
        text(lambda: csv_text(crime()), encoding="utf-16-le"),
        "nul_bytes",
        "UTF-16",
        'declare {"encoding": "utf-16"}',
    ),
    refused(
        "bytes that are not UTF-8 in the header",
        text(line(1, lambda header: header.replace("area", "aréa")), encoding="latin-1"),
        "encoding",
        "not UTF-8",
        '{"encoding": …}',
    ),
    refused(
        "bytes that are not UTF-8 in the first rows",
        text(lambda: csv_text(changed(crime(), 1, victim_group="béton")), encoding="latin-1"),
        "encoding",
        "not UTF-8",
        '{"encoding": …}',
    ),
    refused(
        "bytes that are not UTF-8 in the last rows",
        text(lambda: csv_text(changed(crime(), 400, victim_group="béton")), encoding="latin-1"),
        "encoding",
        "not UTF-8",
        '{"encoding": …}',
    ),
    refused(
        "bytes outside the declared encoding",
        with_sidecar('{"encoding": "ascii"}', table(lambda: changed(crime(), 400, victim_group="béton"))),
        "encoding",
        "not ASCII",
        '{"encoding": …}',
    ),
    refused(
        "a line too long",
        text(line(9, lambda row: row.replace("homicide", "z" * 70_000))),
        "line_length",
        "more than 65,536 bytes",
        "a line for each row",
    ),
    refused("gzip under another name", data(lambda: b"\x1f\x8b\x08\0zq"), "content", "gzip", "its own extension"),
    refused("a ZIP under another name", data(lambda: b"PK\x03\x04zq"), "content", "a ZIP", "its own extension"),
    refused("a PDF under another name", data(lambda: b"%PDF-1.7 zq"), "content", "a PDF", "its own extension"),
    refused(
        "a web page under another name",
        text(lambda: "\n <!DOCTYPE html><table>zq</table>"),
        "content",
        "a web page",
        "its own extension",
    ),
    refused(
        "more than 0.5 % of bad rows",
        table(lambda: changed(crime(), 7, 70, 170, offences="zqmany")),
        "quarantine_limit",
        "3 of 402 rows … more than 0.5% … offences_unreadable 3",
        "Mend the rows at their source and deliver the file again",
        3,
    ),
    quarantined("a blank line in the middle", text(line(9, lambda row: row + "\n")), "area_missing", 1),
    quarantined("a dash for a number", table(lambda: changed(crime(), 7, offences=" -")), "offences_unreadable", 1),
    quarantined("groups of two", table(lambda: changed(crime(), 7, offences="1,00")), "offences_unreadable", 1),
    quarantined(
        "a bare number for a day", table(lambda: changed(crime(), 7, arrest_date="39791")), "arrest_date_unreadable", 1
    ),
    read("blank lines and blank rows at the end", text(lambda: csv_text(crime()) + "," * 15 + "\n\n\n")),
    read("commas behind every line", text(lambda: csv_text(crime()).replace("\n", ",,\n"))),
    read("Windows line ends", text(lambda: csv_text(crime()).replace("\n", "\r\n"))),
    read("a byte order mark", text(lambda: csv_text(crime()), encoding="utf-8-sig")),
    read(
        "UTF-16 that is declared",
        with_sidecar('{"encoding": "utf-16"}', text(lambda: csv_text(crime()), NAME, "utf-16")),
    ),
    read(
        "groups of thousands",
        table(lambda: changed(staff(), 7, headcount=" 5,116 ", contracted_hours="1,234.50"), "2008-12.csv"),
        402,
        WORKFORCE,
    ),
]

PARQUETS = [
    refused("a cut Parquet file", cut(write_parquet, ".parquet"), "unreadable", "not a whole Parquet file", WHOLE),
    refused(
        "CSV under the name of Parquet", table(name="2008-12_r2.parquet"), "content", "it is text", "its own extension"
    ),
    refused(
        "a column of lists",
        parquet(lambda: pl.DataFrame(crime()).with_columns(pl.concat_list("drug_type"))),
        "unreadable",
        "lists or records",
        "Deliver a column for each value",
    ),
    refused(
        "more columns than any layout has in Parquet",
        parquet(lambda: pl.DataFrame({f"c{i}": [1] for i in range(1001)})),
        "too_wide",
        "1,001 columns",
        COLUMNS,
    ),
    refused(
        "one value fifty million times",
        lambda folder: many_times(folder / "2008-12_r2.parquet", 51_000_000),
        "too_long",
        "The most is 50,000,000 rows",
        "Split the delivery",
        51_000_000,
    ),
    refused(
        "one long text a million times",
        lambda folder: many_times(folder / "2008-12_r2.parquet", 1_000_000, "z" * 10_000),
        "unpacked_size",
        "unpacks to 10,000,000,000 bytes",
        "Split the delivery",
    ),
    read(
        "Parquet of categories",
        parquet(lambda: pl.DataFrame(crime()).with_columns(pl.col("area").cast(pl.Categorical))),
    ),
    read("Parquet", lambda folder: write_parquet(folder / "2008-12_r2.parquet", crime())),
]


def many_times(path: Path, rows: int, value: str = "zq") -> Path:
    """A Parquet file of one text, repeated as a run of one dictionary entry."""
    block = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000, pa.int32()), pa.array([value]))
    piece = pa.table({"area": pa.chunked_array([block] * 1_000)})
    with pa.parquet.ParquetWriter(path, piece.schema) as writer:
        for _ in range(rows // 1_000_000):
            writer.write_table(piece)
    return path


WORKBOOKS = [
    replace(case, extract=WORKFORCE)
    for case in [
        refused("a cut workbook", cut(write_xlsx, ".xlsx"), "unreadable", "cannot be opened", WHOLE),
        refused("CSV under the name of a workbook", table(name="2008-12.xlsx"), "content", "it is text", "extension"),
        refused(
            "a web page under the name of an old workbook",
            text(lambda: "<html>zq", "2008-12.xls"),
            "content",
            "a web page",
            "extension",
        ),
        refused(
            "a new workbook under an old name",
            lambda folder: write_xlsx(folder / "2008-12.xlsx", staff()).rename(folder / "2008-12.xls"),
            "content",
            "(.xlsx)",
            "its own extension",
        ),
        refused("an encrypted workbook", encrypted, "encrypted", "a password", "Save it without one"),
        refused("two sheets", package(sheets=[sheet_data(staff())]), "layout", "2 sheets instead of one", COLUMNS),
        refused("macros", package(extra={"xl/vbaProject.bin": b"zq"}), "macros", "holds macros", "without macros"),
        refused(
            "a hidden sheet",
            package(sheets=[sheet_data(staff())], states=["visible", "hidden"]),
            "hidden_sheet",
            "sheet 2",
            "Show it, or delete it",
        ),
        refused(
            "a very hidden sheet",
            package(sheets=[sheet_data(staff())], states=["visible", "veryHidden"]),
            "hidden_sheet",
            "sheet 2",
            "Show it, or delete it",
        ),
        refused(
            "hidden rows",
            package(attributes=dict.fromkeys((9, 10, 20), 'hidden="1"')),
            "hidden_rows",
            "sheet 1, 9:10, 20:20",
            "Show them, or delete them",
            3,
        ),
        refused(
            "rows without height",
            package(attributes={9: 'ht="0" customHeight="1"'}),
            "hidden_rows",
            "sheet 1, 9:9",
            "Show them",
            1,
        ),
        refused(
            "a hidden column",
            package(around='<cols><col min="8" max="9" hidden="1"/></cols>'),
            "hidden_columns",
            "sheet 1, H:H, I:I",
            "Show them",
        ),
        refused(
            "formulas without a result",
            package(cells={f"H{row}": f'<c r="H{row}"><f>6*2</f></c>' for row in (9, 10)}),
            "formula_without_value",
            "sheet 1, H9:H10",
            "let it calculate",
            2,
        ),
        refused(
            "a formula with an empty result",
            package(cells={"H9": '<c r="H9"><f>6*2</f><v></v></c>'}),
            "formula_without_value",
            "sheet 1, H9",
            "let it calculate",
            1,
        ),
        refused(
            "a library's formula that nobody calculated",
            with_formulas(0),
            "formula_without_value",
            "sheet 1, H9",
            "let it calculate",
            1,
        ),
        refused(
            "errors",
            package(cells={at: ERROR.format(at) for at in ("H9", "I9", "H12")}),
            "error_cell",
            "sheet 1, H9, H12, I9",
            "Mend the formulas",
            2,
        ),
        refused(
            "an error that a formula gives",
            package(cells={"H9": '<c r="H9" t="e"><f>NA()</f><v>#N/A</v></c>'}),
            "error_cell",
            "sheet 1, H9",
            "Mend the formulas",
            1,
        ),
        refused(
            "a percentage",
            package(cells={"I9": '<c r="I9" s="1"><v>0.46</v></c>'}),
            "percent_format",
            "sheet 1, I9",
            "Deliver plain numbers",
            1,
        ),
        refused(
            "a merged header",
            package(behind='<mergeCells><mergeCell ref="A1:B1"/></mergeCells>'),
            "layout",
            "merged cells (A1:B1)",
            COLUMNS,
        ),
        refused(
            "merged cells among the rows",
            package(behind='<mergeCells><mergeCell ref="B9:B12"/></mergeCells>'),
            "layout",
            "merged cells (B9:B12)",
            COLUMNS,
        ),
        refused(
            "a title above the header",
            lambda folder: write_package(
                folder / "2008-12.xlsx",
                [
                    '<sheetData><row r="1"><c r="A1"><v>12</v></c></row>'
                    + sheet_data(staff(), first_row=3).removeprefix("<sheetData>")
                ],
            ),
            "layout",
            "No known layout has this header",
            COLUMNS,
        ),
        refused(
            "a cell far away",
            far_away,
            "used_range",
            "from A1 to XFD1048576",
            "Delete what lies far",
        ),
        refused("entities in entities", laughs, "xml_entities", "declares entities", "Save it again in Excel"),
        refused(
            "a part larger than declared",
            lambda folder: declared_smaller(package()(folder), "xl/worksheets/sheet1.xml", 100),
            "unreadable",
            "not what its directory says",
            "save it again in Excel",
        ),
        refused(
            "a part packed too well",
            package(extra={"xl/media/zeros.bin": bytes(20_000_000)}),
            "unpacked_size",
            "more than 300 times",
            "Save it again in Excel",
        ),
        refused(
            "more parts than any workbook",
            package(extra={f"zq{i}": b"" for i in range(1001)}),
            "unpacked_size",
            "more than 1,000 parts",
            "Save it again in Excel",
        ),
        refused(
            "a long text shared by many cells",
            lambda folder: shared_by_many(folder / "2008-12.xlsx"),
            "unpacked_size",
            "the most is 2,147,483,648",
            "deliver it as CSV",
        ),
        refused(
            "elements too deep",
            package(behind="<zq>" * 200 + "</zq>" * 200),
            "unreadable",
            "deeper",
            "save it again in Excel",
        ),
        refused(
            "a comment inside a cell",
            package(cells={"H9": '<c r="H9"><v>1<!-- zq -->2</v></c>'}),
            "unreadable",
            "comments between its cells",
            "save it again",
        ),
        refused(
            "a cell in another row",
            package(cells={"H9": '<c r="H10"><v>12</v></c>'}),
            "unreadable",
            "not in their row",
            "save it again",
        ),
        refused("XML that is none", package(behind="<zq>"), "unreadable", "not XML", "save it again in Excel"),
        refused(
            "a percentage in an old workbook",
            xls(cells={(8, 8): number(8, 8, 0.46, 1)}),
            "percent_format",
            "sheet 1, I9",
            "Deliver plain numbers",
            1,
        ),
        refused(
            "an error in an old workbook",
            xls(cells={(8, 7): record(0x205, struct.pack("<HHHBB", 8, 7, 0, 42, 1))}),
            "error_cell",
            "sheet 1, H9",
            "Mend the formulas",
            1,
        ),
        refused(
            "a formula of an old workbook that nobody calculated",
            xls(cells={(8, 7): formula(8, 7, bytes(8), 2)}),
            "formula_without_value",
            "sheet 1, H9",
            "let it calculate",
            1,
        ),
        refused(
            "a hidden row in an old workbook",
            xls(around=record(0x208, struct.pack("<HHHHHHI", 8, 0, 12, 255, 0, 0, 0x20))),
            "hidden_rows",
            "sheet 1, 9:9",
            "Show them",
            1,
        ),
        refused(
            "a hidden column in an old workbook",
            xls(around=record(0x7D, struct.pack("<HHHHHH", 7, 7, 9, 0, 1, 0))),
            "hidden_columns",
            "sheet 1, H:H",
            "Show them",
        ),
        refused("a hidden sheet in an old workbook", xls(state=1), "hidden_sheet", "sheet 1", "Show it, or delete it"),
        refused(
            "merged cells in an old workbook",
            xls(around=record(0xE5, struct.pack("<HHHHH", 1, 0, 0, 0, 1))),
            "layout",
            "merged cells (A1:B1)",
            COLUMNS,
        ),
        refused(
            "macros in an old workbook", xls(storages=["_VBA_PROJECT_CUR"]), "macros", "holds macros", "without macros"
        ),
        refused(
            "an encrypted old workbook",
            xls(in_globals=record(0x2F, bytes(6))),
            "encrypted",
            "a password",
            "Save it without one",
        ),
        refused(
            "a cut old workbook",
            lambda folder: write_bytes(folder / "2008-12.xls", xls()(folder).read_bytes()[:9000]),
            "unreadable",
            "cut off",
            "save it again in Excel",
        ),
        quarantined(
            "a flag for a number", package(cells={"H9": '<c r="H9" t="b"><v>1</v></c>'}), "headcount_unreadable", 1
        ),
        quarantined(
            "a dash for zero or nothing",
            package(cells={"H9": '<c r="H9" t="inlineStr"><is><t> - </t></is></c>'}),
            "headcount_unreadable",
            1,
        ),
        read("inline texts", package()),
        read("Excel's strict format", package(main=STRICT_MAIN, office=STRICT_OFFICE)),
        read("shared texts", package(shared=SHARED, cells={"H9": '<c r="H9" t="s"><v>0</v></c>'})),
        read("a formula with its result", with_formulas(12)),
        read("thousands in groups", package(cells={"H9": '<c r="H9" t="inlineStr"><is><t> 5,116 </t></is></c>'})),
        read(
            "days as text, as dates and as bare numbers",
            package(
                cells={
                    "A9": '<c r="A9"><v>39783</v></c>',
                    "A10": '<c r="A10" s="2"><v>39783</v></c>',
                    "A11": '<c r="A11" t="d"><v>2008-12-01T00:00:00</v></c>',
                }
            ),
        ),
        read("hidden columns without content", package(around='<cols><col min="13" max="16384" hidden="1"/></cols>')),
        read("empty sheets, a chart, blank rows and formats far away", odd_sheets),
        read(
            "an old workbook", xls(cells={(8, 7): formula(8, 7, struct.pack("<d", 12.0)), (8, 0): number(8, 0, 39_783)})
        ),
        read("an old workbook of 1904", xls(in_globals=record(0x22, b"\1\0"), cells={(8, 0): number(8, 0, 38_321)})),
    ]
]
SERIALS = [
    read("bare numbers for days", excel_serials(False), 201, NETWORKS),
    read("bare numbers for days since 1904", excel_serials(True), 201, NETWORKS),
]


def shared_by_many(path: Path) -> Path:
    """A text of 30,000 characters, kept once and shown by 120,000 cells: 3.6 GB."""
    cells = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 120_001))
    return write_package(path, [f"<sheetData>{cells}</sheetData>"], shared=f"<si><t>{'zq' * 15_000}</t></si>")


# Every cell of the deliveries that would tell something; areas and names of columns are told on purpose.
VALUES = CANARIES | values_of([*crime(), *staff(), *valid_rows(NETWORKS, 201)])
VALUES -= {name for extract in EXTRACTS for name in valid_rows(extract, 1)[0]}
CASES = [*NAMES, *SIDECARS, *HEADERS, *CSVS, *PARQUETS, *WORKBOOKS, *SERIALS]


# --- What becomes of each -------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What a run of the landing asset left: its success, its message, all it said, and the landing."""

    case: Case
    name: str
    succeeded: bool
    message: str
    everything: str
    delivery: Delivery
    landing: Landing
    release_before: dict[str, str]
    release_after: dict[str, str]
    predecessor: Delivery


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def run(instance: dg.DagsterInstance, folder: Path, extract: str) -> tuple[bool, str, str]:
    """Run the landing asset; returns success, the failure's words, and everything Dagster recorded of it."""
    warehouse = folder / "warehouse"
    result = dg.materialize(
        [landing_asset(EXTRACTS[extract])],
        instance=instance,
        raise_on_error=False,
        resources={
            "folders": Folders(raw=str(folder / "raw"), warehouse=str(warehouse)),
            "build": DuckDBResource(database=str(warehouse / "build.duckdb")),
        },
    )
    failures = [event.step_failure_data.user_failure_data for event in result.all_events if event.is_step_failure]
    message = "\n".join(failure.description or "" for failure in failures if failure)
    recorded = instance.all_logs(result.run_id)
    return result.success, message, "\n".join(str(entry) for entry in recorded)


def published(folder: Path) -> dict[str, str]:
    """What `current` points to, and the hash of every file of every release."""
    hashes = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (folder / "releases").rglob("*")
        if path.is_file()
    }
    return hashes | {"current": str((folder / "current").readlink())}


@pytest.fixture(scope="module")
def landed_before(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Delivery]:
    """December 2008 has landed, and November is published."""
    folder = tmp_path_factory.mktemp("before")
    warehouse = folder / "warehouse"
    release = warehouse / "releases" / "2008-11_r1"
    release.mkdir(parents=True)
    with duckdb.connect(str(release / "performance.duckdb")) as connection:
        connection.execute("create table scorecard as select 'homicide' as measure_id, 'met' as verdict")
    (warehouse / "current").symlink_to("releases/2008-11_r1")
    before = write_csv(folder / "raw" / CRIME / "2008-12.csv", valid_rows(CRIME))
    return folder, Landing(warehouse).land([before], EXTRACTS[CRIME], is_synthetic=False)[0][0]


@pytest.fixture(scope="module", params=CASES, ids=[case.what for case in CASES])
def outcome(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    instance: dg.DagsterInstance,
    landed_before: tuple[Path, Delivery],
) -> Outcome:
    """The delivery arrives in a warehouse that has a predecessor and a release."""
    case: Case = request.param
    before, predecessor = landed_before
    folder = tmp_path_factory.mktemp("bad") / "all"
    shutil.copytree(before, folder, symlinks=True)
    (folder / "raw" / case.extract).mkdir(exist_ok=True)
    warehouse = folder / "warehouse"
    landing = Landing(warehouse)
    release_before = published(warehouse)

    written = case.write(folder / "raw" / case.extract)
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        succeeded, message, recorded = run(instance, folder, case.extract)
    found = [d for d in landing.deliveries() if d.delivery_id != predecessor.delivery_id]
    assert len(found) == 1
    everything = "\n".join([message, recorded, out.getvalue(), err.getvalue()])
    return Outcome(
        case,
        written.name,
        succeeded,
        message,
        everything,
        found[0],
        landing,
        release_before,
        published(warehouse),
        predecessor,
    )


def test_a_delivery_is_refused_quarantined_or_read(outcome: Outcome) -> None:
    if outcome.delivery.status == "refused":
        found = REFUSED
    else:
        found = QUARANTINED if outcome.delivery.rows_quarantined else READ
    assert (found, outcome.succeeded) == (outcome.case.outcome, outcome.case.outcome != REFUSED), outcome.message


def test_its_rows_are_counted_under_its_rule(outcome: Outcome) -> None:
    case, delivery = outcome.case, outcome.delivery
    if case.outcome == READ:
        assert (delivery.rows_accepted, delivery.rows_by_rule) == (case.rows, {})
    else:
        assert delivery.rows_by_rule[case.rule] == (case.rows or 0)


def test_a_refusal_names_file_rule_and_rows_and_ends_with_its_remedy(outcome: Outcome) -> None:
    case = outcome.case
    if case.outcome != REFUSED:
        assert outcome.message == ""
        return
    counted = "whole file" if case.rows is None else "1 row" if case.rows == 1 else f"{case.rows:,} rows"
    file = outcome.delivery.file_name
    assert outcome.message.startswith(f"{case.extract}/{file}: [{case.rule}, {counted}] ")
    assert [words for words in case.said if words not in outcome.message] == []
    assert case.remedy in outcome.message.rsplit("[", 1)[-1].split(". ", 1)[-1]
    assert outcome.message.endswith(".")


def test_a_name_is_shown_as_it_is_or_escaped(outcome: Outcome) -> None:
    escaped = outcome.name.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in escaped)
    assert outcome.delivery.file_name == shown


def test_a_message_is_one_printable_line(outcome: Outcome) -> None:
    assert outcome.message.isprintable()


def test_no_value_of_a_row_is_said(outcome: Outcome) -> None:
    assert [value for value in sorted(VALUES) if value in outcome.message] == []


def test_no_value_of_a_row_is_recorded_or_printed(outcome: Outcome) -> None:
    # Bare numbers and days are left out: times and run ids are made of them.
    assert [value for value in sorted(VALUES) if any(map(str.isalpha, value)) and value in outcome.everything] == []


def test_the_published_release_is_unchanged(outcome: Outcome) -> None:
    assert outcome.release_after == outcome.release_before


def test_the_predecessor_stays_landed(outcome: Outcome) -> None:
    assert outcome.predecessor in outcome.landing.deliveries(CRIME)
    with outcome.landing.accepted_rows(outcome.predecessor).open("rb") as stream:
        assert pl.read_parquet(stream).height == 402


def test_a_refusal_leaves_nothing_half_built_in_the_landing(outcome: Outcome) -> None:
    folders = {path.name for path in outcome.landing.folder.glob("*/*")}
    landed = {d.delivery_id for d in outcome.landing.deliveries() if d.status == "landed"}
    assert folders == landed


def test_at_least_a_hundred_different_deliveries_are_tried() -> None:
    assert len({case.what for case in CASES}) == len(CASES) >= 100


# --- Bombs: what they cost ------------------------------------------------------------------------


def long_line(path: Path) -> Path:
    """A hundred million bytes without a line break."""
    with path.open("wb") as stream:
        for _ in range(100):
            stream.write(b"z" * 1_000_000)
    return path


BOMBS: dict[str, tuple[str, Write]] = {
    "one line of 100 MB": ("line_length", lambda folder: long_line(folder / "2008-12.csv")),
    "a part of 400 MB": ("unpacked_size", package(extra={"xl/zeros.xml": b" " * 400_000_000})),
    "a part of 100 MB declared as a hundred bytes": (
        "unpacked_size",
        lambda folder: declared_smaller(package(extra={"xl/zq.xml": b" " * 100_000_000})(folder), "xl/zq.xml", 100),
    ),
    "entities in entities": ("xml_entities", laughs),
    "a cell far away": ("used_range", far_away),
    "a long text shared by many cells": ("unpacked_size", lambda folder: shared_by_many(folder / "2008-12.xlsx")),
    "one value fifty million times": ("too_long", lambda folder: many_times(folder / "2008-12.parquet", 51_000_000)),
}
MEASURED = """
import resource, sys
from pathlib import Path
from orchestration.landing.received import Refused, receive
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    receive(Path(sys.argv[1]), "")
except Refused as refusal:
    print(refusal.rule, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize(("rule", "write"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_within_bounded_memory(tmp_path: Path, rule: str, write: Write) -> None:
    command = [sys.executable, "-c", MEASURED, str(write(tmp_path))]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    found, kilobytes = ended.stdout.split()
    # Each of them would take 100 MB to 4 GB if it were unpacked.
    assert (found, int(kilobytes) < 64_000) == (rule, True), ended.stdout


# --- What a reading holds -------------------------------------------------------------------------


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path / "warehouse")


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    (tmp_path / "raw").mkdir()
    return tmp_path / "raw"


def landed(landing: Landing, file: Path, extract: str = CRIME) -> pl.DataFrame:
    """The accepted rows of a delivery that must not be refused."""
    taken, turned_away = landing.land([file], EXTRACTS[extract], is_synthetic=False)
    assert [d.reason for d in turned_away] == []
    with landing.accepted_rows(taken[0]).open("rb") as stream:
        return pl.read_parquet(stream)


@pytest.mark.parametrize("counts_from_1904", [False, True])
def test_bare_numbers_in_a_workbooks_date_column_are_days(landing: Landing, raw: Path, counts_from_1904: bool) -> None:
    rows = landed(landing, excel_serials(counts_from_1904)(raw), NETWORKS)
    expected = [row["disruption_date"] for row in valid_rows(NETWORKS, 201)]
    assert rows["disruption_date"].cast(pl.String).to_list() == expected


@pytest.mark.parametrize("write", [xls, package], ids=["xls", "xlsx"])
def test_every_cell_of_a_workbook_is_read(landing: Landing, raw: Path, write: Callable[[], Write]) -> None:
    rows = landed(landing, write()(raw), WORKFORCE)
    read_back = rows.select("line_number", "area", "headcount", "fte").rows()
    assert read_back == [(at, row["area"], 12, 11.5) for at, row in enumerate(staff(), start=2)]


def test_line_numbers_are_the_sheets_own_below_blank_rows(landing: Landing, raw: Path) -> None:
    # The header stands in row 4, so that the 402 rows are 5 to 406.
    assert landed(landing, odd_sheets(raw), WORKFORCE)["line_number"].to_list() == list(range(5, 407))


def test_a_formulas_stored_result_is_read(landing: Landing, raw: Path) -> None:
    rows = landed(landing, with_formulas(17)(raw), WORKFORCE)
    assert rows.filter(pl.col("line_number") == 9)["headcount"].item() == 17


def test_numbers_in_groups_are_read_in_a_workbook(landing: Landing, raw: Path) -> None:
    cell = '<c r="H9" t="inlineStr"><is><t> 5,116 </t></is></c>'
    rows = landed(landing, package(cells={"H9": cell})(raw), WORKFORCE)
    assert rows.filter(pl.col("line_number") == 9)["headcount"].item() == 5_116


def test_a_refused_file_lands_once_a_sidecar_mends_it(landing: Landing, raw: Path) -> None:
    file = text(lambda: csv_text(crime()), encoding="utf-16")(raw)
    assert len(landing.land([file], EXTRACTS[CRIME], is_synthetic=False)[1]) == 1
    assert landed(landing, declare(file, encoding="utf-16")).height == 402


def test_a_refused_delivery_does_not_hinder_the_others_of_its_call(landing: Landing, raw: Path) -> None:
    files = [write_bytes(raw / "2008-11.csv", b""), write_csv(raw / "2008-12.csv", crime())]
    taken, turned_away = landing.land(files, EXTRACTS[CRIME], is_synthetic=False)
    assert ([d.file_name for d in taken], [d.file_name for d in turned_away]) == (["2008-12.csv"], ["2008-11.csv"])


def test_a_blank_line_does_not_shift_the_line_numbers_behind_it(landing: Landing, raw: Path) -> None:
    lines = csv_text(changed(valid_rows(CRIME), 7, offence_code="zqother")).splitlines()
    lines.insert(3, "")
    delivery = landing.land(
        [write_bytes(raw / "2008-12.csv", "\n".join([*lines, ""]).encode())], EXTRACTS[CRIME], is_synthetic=False
    )[0][0]
    aside = read_csv(landing.quarantine / CRIME / delivery.delivery_id / QUARANTINED_ROWS)
    # Row 7 stands on line 9 (header, and rows counted from 0); the blank line 4, a row without values, makes it 10.
    assert [row["line_number"] for row in aside] == ["4", "10"]


@pytest.mark.parametrize("extract", EXTRACTS)
def test_a_file_without_a_header_is_refused_without_quoting_its_first_row(
    landing: Landing, raw: Path, extract: str
) -> None:
    rows = valid_rows(extract)
    file = write_bytes(raw / "2008-12.csv", csv_text(rows).split("\n", 1)[1].encode())
    refusal = landing.land([file], EXTRACTS[extract], is_synthetic=False)[1][0]
    told = values_of(rows) - {"officer", "constable", "mixed", "slight"}
    assert [value for value in sorted(told) if value in (refusal.reason or "")] == []


def test_a_header_without_a_line_break_is_a_header_without_rows(landing: Landing, raw: Path) -> None:
    file = write_bytes(raw / "2008-12.csv", csv_text(crime()).split("\n")[0].encode())
    assert landing.land([file], EXTRACTS[CRIME], is_synthetic=False)[1][0].rows_by_rule == {"empty": 0}


def test_two_renamed_columns_are_named_whatever_other_layouts_there_are(landing: Landing, raw: Path) -> None:
    rows = valid_rows("road_casualties")
    header = ["reference" if name == "casualty_ref" else name for name in rows[0]]
    header = ["gravity" if name == "severity" else name for name in header]
    file = write_csv(raw / "2008-12.csv", rows, header)
    refusal = landing.land([file], EXTRACTS["road_casualties"], is_synthetic=False)[1][0]
    assert "missing column «severity»" in (refusal.reason or "")


def test_a_published_layout_as_typed_parquet_does_not_stop_the_others(landing: Landing, raw: Path) -> None:
    typed = pl.DataFrame(
        {
            "": [1],
            "X": [1],
            "Month": [201104],
            "CrimeType ": ["Robbery"],
            "CrimeDetails": ["Personal Property"],
            "CrimeCount": [5],
            "Borough": ["Camden"],
        }
    )
    files = [write_parquet(raw / "long.parquet", typed), write_csv(raw / "2008-12.csv", crime())]
    taken, _ = landing.land(files, EXTRACTS[CRIME], is_synthetic=False)
    assert "2008-12.csv" in [d.file_name for d in taken]


@pytest.mark.parametrize("name", ["a[1].csv", "x';drop table y;--.csv", "2008-12 *.csv", "-rf.csv", "a b?c.csv"])
def test_a_hostile_file_name_is_only_a_name(landing: Landing, raw: Path, name: str) -> None:
    for other in ("a1.csv", "2008-12 else.csv"):
        write_csv(raw / other, changed(crime(), *range(402), offence_code="zqother"))
    landed(landing, write_csv(raw / name, crime()))
    with duckdb.connect() as connection:
        synchronise_extract(connection, EXTRACTS[CRIME], landing)
        assert connection.execute("select count(*) from landing.recorded_crime").fetchall() == [(402,)]


@pytest.mark.parametrize("name", ["a[1].parquet", "2008-12 *.parquet"])
def test_a_hostile_parquet_name_is_only_a_name(landing: Landing, raw: Path, name: str) -> None:
    for other in ("a1.parquet", "2008-12 else.parquet"):
        write_parquet(raw / other, valid_rows(WORKFORCE, 10))
    assert landed(landing, write_parquet(raw / name, staff()), WORKFORCE).height == 402


def test_sidecars_and_dot_files_are_not_deliveries(raw: Path) -> None:
    (raw / "2008-10.csv").mkdir()
    for name in ["2008-12.csv", "2008-12.csv.json", ".hidden.csv", "2008-11.XLSX", "2009-01.csv.json"]:
        (raw / name).write_text("{}")
    found = [path.name for path in delivery_files(raw)]
    assert found == ["2008-10.csv", "2008-11.XLSX", "2008-12.csv", "2009-01.csv.json"]


def test_a_folder_that_does_not_exist_has_no_deliveries(raw: Path) -> None:
    assert list(delivery_files(raw / CRIME)) == []


def test_a_file_in_the_place_of_an_extracts_folder_is_not_passed_over(raw: Path) -> None:
    (raw / CRIME).write_text("zq")
    assert list(delivery_files(raw / CRIME)) == [raw / CRIME]


# --- The check of control figures -----------------------------------------------------------------


def refusals(landing: Landing, raw: Path, sidecar: str) -> list[Delivery]:
    file = with_sidecar(sidecar)(raw)
    return landing.land([file], EXTRACTS[CRIME], is_synthetic=False)[1]


def test_the_check_of_control_figures_blocks() -> None:
    assert control_totals_spec(dg.AssetKey(["landing", CRIME])).blocking


@pytest.mark.parametrize(
    ("sidecar", "passes"),
    [('{"control": {"rows": 402}}', True), ('{"control": {"rows": 401}}', False), ('{"revison": 1}', True)],
    ids=["agrees", "differs", "is refused for something else"],
)
def test_control_totals_agree_unless_a_delivery_is_refused_for_them(
    landing: Landing, raw: Path, sidecar: str, passes: bool
) -> None:
    result = control_totals_result(dg.AssetKey(["landing", CRIME]), refusals(landing, raw, sidecar))
    assert (result.passed, list(result.metadata)) == (passes, [] if passes else [NAME])
