"""The file gate: from a path in `raw/` to tables of cells, or a refusal in words.

Here: name, size, encoding and shape of a file, before anything is known of its meaning.
Belongs here: what holds for every delivery whatever its extract.
Does not belong here: columns and rows (`layouts/`, `extracts/`).
"""

import codecs
import csv
import datetime as dt
import json
import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import fastexcel
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

# Set 2026-11-22: a year of the largest extract is about 0.3 GB as CSV; ten times that is a mistake, not a delivery.
LARGEST_FILE = 4 * 1024**3
LARGEST_UNPACKED = 8 * 1024**3
WORKBOOKS = {".xlsx", ".xls"}
EXTENSIONS = {".csv", ".parquet"} | WORKBOOKS
# A file of this name in raw/ says that its deliveries are synthetic.
SYNTHETIC_MARKER = "SYNTHETIC.txt"
SIDECAR_KEYS = {"revision", "partial", "encoding", "confirmed"}
NAME_WITH_PERIOD = re.compile(r"^(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])(?:_r(?P<revision>\d{1,4}))?$")
NAME_WITH_REVISION = re.compile(r"_r(?P<revision>\d{1,4})$")


class Refused(Exception):
    """A delivery that cannot be taken: the rule it breaks and the remedy, without any value from a row."""

    def __init__(self, rule: str, sentence: str, remedy: str, rows: int | None = None) -> None:
        super().__init__(f"{sentence}. {remedy}.")
        self.rule = rule
        self.rows = rows


@dataclass(frozen=True)
class Table:
    """One sheet or file: its header as received, and its rows with columns named "0", "1", … by position."""

    name: str
    header: tuple[str, ...]
    rows: pl.DataFrame

    def named(self) -> pl.DataFrame:
        """The rows under their received header, with `line_number` (1-based line or sheet row) in front."""
        frame = self.rows.rename({str(i): name for i, name in enumerate(self.header)})
        return frame.with_row_index("line_number", offset=2)


@dataclass(frozen=True)
class Received:
    """A delivery that passed the gate.

    `ends_with_line_break` is true for every kind of file but a CSV: only there can a missing one mean a cut.
    """

    file_name: str
    sha256: str
    revision: int
    is_partial: bool
    confirmed_because: str | None
    file_month: dt.date | None
    ends_with_line_break: bool
    tables: tuple[Table, ...] = field(repr=False)


def delivery_files(folder: Path) -> Iterator[Path]:
    """Every delivered file of one extract's folder, in name order; sidecars and dot files are not deliveries."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or is_sidecar(path) or path.is_dir():
            continue
        yield path


def misplaced(raw: Path, extracts: set[str]) -> list[str]:
    """Entries of `raw/` that no extract would read: files at its top, unknown folders, folders within a folder."""
    top = [path for path in raw.iterdir() if not path.name.startswith(".")]
    strangers = [path for path in top if path.name not in extracts and path.name != SYNTHETIC_MARKER]
    known = [path for path in top if path.name in extracts and path.is_dir()]
    nested = [path for folder in known for path in folder.iterdir() if path.is_dir() and path.name[0] != "."]
    return sorted(str(path.relative_to(raw)) for path in strangers + nested)


def is_sidecar(path: Path) -> bool:
    """True for `<delivery>.json`, which declares what a file name cannot: revision, partial, encoding, confirmed."""
    return path.suffix == ".json" and path.with_suffix("").suffix.lower() in EXTENSIONS


def named_revision(path: Path) -> int:
    """The revision a file's name states (`…_r2`), else 1."""
    revised = NAME_WITH_REVISION.search(path.stem)
    return int(revised["revision"]) if revised else 1


def revision_of(path: Path) -> int:
    """The revision a delivery claims: its sidecar's, else its name's. A sidecar that is refused claims none."""
    try:
        return int(_read_sidecar(path).get("revision", named_revision(path)))
    except Refused:
        return named_revision(path)


def receive(path: Path, sha256: str) -> Received:
    """Gate one file and read it into tables of cells; raises `Refused`."""
    if not is_regular(path):
        raise Refused("not_a_file", "The delivery is not a regular file", "Deliver a copy of the file")
    if closed := unreadable(path):
        raise Refused(
            "permission",
            f"The user who refreshes has no permission to read {closed.name}",
            "Give it to that user (chmod, chown)",
        )
    suffix = path.suffix.lower()
    if suffix not in EXTENSIONS:
        known = ", ".join(sorted(EXTENSIONS))
        raise Refused("extension", "The file's extension is not known", f"Deliver one of {known}")
    size = path.stat().st_size
    if size == 0:
        raise Refused("empty", "The file is empty", "Deliver it again, whole", rows=0)
    if size > LARGEST_FILE:
        raise Refused("size", f"The file has {size:,} bytes, more than {LARGEST_FILE:,}", "Split the delivery")
    declared = _read_sidecar(path)
    tables: tuple[Table, ...]
    if suffix == ".csv":
        tables = (_read_csv(path, declared.get("encoding", "utf-8")),)
    elif suffix == ".parquet":
        tables = (_read_parquet(path),)
    else:
        tables = _read_workbook(path)
    if not any(table.rows.height for table in tables):
        raise Refused("empty", "The file has a header and no rows", "Deliver it again, whole", rows=0)
    named = NAME_WITH_PERIOD.match(path.stem)
    return Received(
        file_name=path.name,
        sha256=sha256,
        revision=int(declared.get("revision", named_revision(path))),
        is_partial=bool(declared.get("partial", False)),
        confirmed_because=declared.get("confirmed"),
        file_month=dt.date(int(named["year"]), int(named["month"]), 1) if named else None,
        ends_with_line_break=suffix != ".csv" or _ends_with_line_break(path),
        tables=tables,
    )


def unreadable(path: Path) -> Path | None:
    """The delivery, or its sidecar, that is there and that this user may not read."""
    parts = [part for part in (path, sidecar_of(path)) if is_regular(part)]
    return next((part for part in parts if not os.access(part, os.R_OK)), None)


def is_regular(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _ends_with_line_break(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-min(4, path.stat().st_size), 2)
        # In UTF-16 and UTF-32 the break is padded with zeros.
        return stream.read().rstrip(b"\0").endswith(b"\n")


def sidecar_of(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _read_sidecar(path: Path) -> dict[str, str]:
    sidecar = sidecar_of(path)
    if not sidecar.is_file():
        return {}
    try:
        declared = json.loads(sidecar.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Refused("sidecar", "The sidecar is not JSON", f"Mend {sidecar.name}") from error
    valid = (
        isinstance(declared, dict)
        and set(declared) <= SIDECAR_KEYS
        and type(declared.get("revision", 1)) is int
        and declared.get("revision", 1) > 0
        and isinstance(declared.get("partial", False), bool)
        and isinstance(declared.get("encoding", ""), str)
        and isinstance(declared.get("confirmed", "-"), str)
        and declared.get("confirmed", "-").strip() != ""
    )
    if not valid:
        raise Refused(
            "sidecar",
            "The sidecar holds something other than revision (1 or more), partial (true or false), encoding and "
            "confirmed (a reason in words)",
            f"Mend {sidecar.name}",
        )
    return declared


def _read_csv(path: Path, encoding: str) -> Table:
    """Every field as text, a ragged line refused: a reader that guesses hides damage."""
    try:
        is_utf8 = codecs.lookup(encoding).name == "utf-8"
        with path.open(encoding="utf-8-sig" if is_utf8 else encoding, newline="") as lines:
            header = tuple(next(csv.reader([lines.readline()]), []))
            has_rows = bool(lines.readline())
    except (UnicodeDecodeError, LookupError) as error:
        raise Refused(
            "encoding",
            f"The file is not {encoding} text",
            'Save it as UTF-8, or declare {"encoding": …} in its sidecar',
        ) from error
    if not has_rows:
        return Table(path.name, header, pl.DataFrame(schema=[str(i) for i in range(len(header))]))
    ragged: list[int] = []

    def skip(row: pa.csv.InvalidRow) -> str:
        ragged.append(row.number or 0)
        return "skip"

    columns = [str(i) for i in range(len(header))]
    try:
        table = pa.csv.read_csv(
            path,
            read_options=pa.csv.ReadOptions(column_names=columns, skip_rows=1, encoding=encoding),
            # A blank line that is passed over would shift the line number of every row behind it.
            parse_options=pa.csv.ParseOptions(invalid_row_handler=skip, ignore_empty_lines=False),
            convert_options=pa.csv.ConvertOptions(
                column_types={name: pa.string() for name in columns},
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        # The library's message quotes the line it stumbled on, so only its kind is passed on.
        kind = "encoding" if isinstance(error, UnicodeDecodeError) or "UTF8" in str(error) else "unreadable"
        sentence = {
            "encoding": f"The file holds bytes that are not {encoding.upper()}",
            "unreadable": "The file cannot be read as CSV",
        }[kind]
        raise Refused(kind, sentence, "Save it again as CSV in UTF-8") from error
    if ragged:
        raise Refused(
            "ragged",
            f"{len(ragged):,} lines do not have the header's {len(header)} fields",
            "It may be cut off, or hold blank lines or unquoted commas: deliver it again, whole",
            rows=len(ragged),
        )
    return Table(path.name, header, pl.DataFrame(table))


def _read_parquet(path: Path) -> Table:
    try:
        metadata = pa.parquet.ParquetFile(path).metadata
    except (pa.ArrowInvalid, OSError) as error:
        raise Refused(
            "unreadable",
            "The file is not a whole Parquet file",
            "It may be cut off: deliver it again, whole",
        ) from error
    unpacked = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    _refuse_unpacked(unpacked)
    try:
        # Through an open file: polars takes a path for a pattern.
        with path.open("rb") as stream:
            frame = pl.read_parquet(stream)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise Refused(
            "unreadable",
            "The file's pages cannot be read",
            "It may be damaged: deliver it again",
        ) from error
    nested = sum(dtype.is_nested() for dtype in frame.dtypes)
    if nested:
        raise Refused(
            "unreadable", f"{nested} columns hold lists or structures, not cells", "Deliver one value in each cell"
        )
    header = tuple(frame.columns)
    return Table(path.name, header, frame.rename({name: str(i) for i, name in enumerate(header)}))


def _read_workbook(path: Path) -> tuple[Table, ...]:
    """Each visible sheet with its first row as header, every cell as text."""
    if path.suffix.lower() == ".xlsx":
        try:
            with zipfile.ZipFile(path) as archive:
                _refuse_unpacked(sum(item.file_size for item in archive.infolist()))
        except zipfile.BadZipFile as error:
            raise Refused(
                "unreadable", "The workbook cannot be opened", "It may be cut off: deliver it again, whole"
            ) from error
    try:
        workbook = fastexcel.read_excel(path)
        sheets = []
        for name in workbook.sheet_names:
            sheet = workbook.load_sheet(name, header_row=None, dtypes="string")
            if sheet.visible == "visible":
                sheets.append((name, sheet.to_polars()))
    except (fastexcel.FastExcelError, OSError) as error:
        raise Refused(
            "unreadable", "The workbook cannot be read", "It may be damaged: save it again in Excel"
        ) from error
    return tuple(_sheet_table(name, cells) for name, cells in sheets)


def _sheet_table(name: str, cells: pl.DataFrame) -> Table:
    cells = cells.rename({column: str(i) for i, column in enumerate(cells.columns)})
    header = tuple("" if cell is None else str(cell) for cell in cells.row(0)) if cells.height else ()
    return Table(name, header, cells.slice(1))


def _refuse_unpacked(size: int) -> None:
    if size > LARGEST_UNPACKED:
        raise Refused(
            "unpacked_size",
            f"The file unpacks to {size:,} bytes, more than {LARGEST_UNPACKED:,}",
            "Split the delivery",
        )
