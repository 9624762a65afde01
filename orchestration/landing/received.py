"""The file gate: from a path in `raw/` to tables of cells, or a refusal in words.

Here: name, size and kind of a file and what its sidecar declares, before anything is known of its meaning.
Belongs here: what holds for every delivery whatever its extract.
Does not belong here: reading a kind of file (a module each), columns and rows (`layouts/`, `extracts/`).
"""

import datetime as dt
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.landing.csv_file import ends_with_line_break, read_csv
from orchestration.landing.parquet_file import read_parquet
from orchestration.landing.sidecar import Declared, can_be_named, is_sidecar, read_sidecar, sidecar_of
from orchestration.landing.table import Refused, Table, shown
from orchestration.landing.workbook import read_workbook

# Set 2026-11-22: a year of the largest extract is about 0.3 GB as CSV; ten times that is a mistake, not a delivery.
LARGEST_FILE = 4 * 1024**3
# What a file of each extension begins with; a CSV has no mark of its own.
MARKS = {".parquet": b"PAR1", ".xlsx": b"PK\x03\x04", ".xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".csv": b""}
KINDS = {
    b"\x1f\x8b": "a gzip archive",
    b"PK\x03\x04": "a ZIP archive or a workbook (.xlsx)",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old workbook (.xls), or one protected with a password",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF document",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"7z\xbc\xaf": "a 7z archive",
}
MARKUP = re.compile(rb"\s*<(?:!doctype|html|\?xml|table|head|body)", re.IGNORECASE)
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# Encrypted workbooks name this stream, as wide characters, in their directory.
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
REMEDIES = {
    ".xlsm": "Save it as a workbook without macros (.xlsx)",
    ".gz": "Unpack it, and deliver what is in it",
    ".zip": "Unpack it, and deliver what is in it",
    ".json": "Name a sidecar as its delivery with .json behind it, like 2008-12.csv.json",
}
# A file of this name in raw/ says that its deliveries are synthetic.
SYNTHETIC_MARKER = "SYNTHETIC.txt"
NAME_WITH_PERIOD = re.compile(
    r"^(?P<year>(?:19|20)\d{2})-(?P<month>0[1-9]|1[0-2])(?:_r(?P<revision>\d{1,4}))?$", re.ASCII
)
NAME_WITH_REVISION = re.compile(r"_r(?P<revision>0*[1-9]\d{0,3})$", re.ASCII)
YEAR_IN_NAME = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
# What a person means as a period or a revision, however it is written.
LIKE_A_PERIOD = re.compile(r"^\d{4}[-_. ]?\d{1,2}(?:[-_. ]*(?:r|rev|revision|v)[-_. ]*\d+)?$", re.IGNORECASE)
LIKE_A_REVISION = re.compile(r"(?:^|[^a-z])(?:r|rev|revision)[-_. ]*\d+$", re.IGNORECASE)


@dataclass(frozen=True)
class Received:
    """A delivery that passed the gate.

    `ends_with_line_break` is true for every kind of file but a CSV: only there can a missing one mean a cut.
    `day_zero` is the day that bare numbers in a workbook's date columns count from; None for every other kind.
    """

    file_name: str
    sha256: str
    revision: int
    is_partial: bool
    confirmed_because: str | None
    file_month: dt.date | None
    ends_with_line_break: bool
    tables: tuple[Table, ...] = field(repr=False)
    control: Mapping[str, int | float] = field(default_factory=dict)
    day_zero: dt.date | None = None


def delivery_files(folder: Path) -> Iterator[Path]:
    """Every entry of one extract's folder that is to be a delivery, in name order.

    Sidecars beside their delivery and dot files are none; what cannot be one (a folder, a stray sidecar, the extract's
    folder if it is a link or a file) is handed on too, so that it is refused and not passed over.
    """
    if os.path.lexists(folder) and (folder.is_symlink() or not folder.is_dir()):
        yield folder
        return
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if not path.name.startswith(".") and not (is_sidecar(path) and os.path.lexists(path.with_suffix(""))):
            yield path


def misplaced(raw: Path, extracts: set[str]) -> list[str]:
    """Entries of `raw/` that no extract would read: files at its top and unknown folders."""
    top = [path.name for path in raw.iterdir() if not path.name.startswith(".")]
    return sorted(shown(name) for name in top if name not in extracts and name != SYNTHETIC_MARKER)


def named_revision(path: Path) -> int:
    """The revision a file's name states (`…_r2`), else 1."""
    revised = NAME_WITH_REVISION.search(path.stem)
    return int(revised["revision"]) if revised else 1


def named_month(file_name: str) -> dt.date | None:
    """The month a file's name states (`2008-12`, `2008-12_r2`)."""
    named = NAME_WITH_PERIOD.match(Path(file_name).stem)
    return dt.date(int(named["year"]), int(named["month"]), 1) if named else None


def read_as(file_name: str) -> str:
    """What a file's name says of how its content is read: the kind of file, and the month or year it states; a name
    that is refused says nothing."""
    if _fault_of_name(file_name):
        return file_name
    year = YEAR_IN_NAME.search(file_name)
    return f"{Path(file_name).suffix.lower()} {named_month(file_name) or (year[0] if year else '')}"


def revision_of(path: Path) -> int:
    """The revision a delivery claims: its sidecar's, else its name's. A sidecar that is refused claims none."""
    try:
        return read_sidecar(path).revision or named_revision(path)
    except Refused:
        return named_revision(path)


def receive(path: Path, sha256: str) -> Received:
    """Gate one file and read it into tables of cells; raises `Refused`."""
    if not is_regular(path):
        kind = "a symbolic link" if path.is_symlink() else "a folder" if path.is_dir() else "no regular file"
        raise Refused("not_a_file", f"The delivery is {kind}", "Deliver a copy of the file itself")
    if closed := unreadable(path):
        raise Refused(
            "permission",
            f"The user who refreshes has no permission to read {shown(closed.name)}",
            "Give it to that user (chmod, chown)",
        )
    if fault := _fault_of_name(path.name):
        raise fault
    _refuse_kind(path)
    declared = read_sidecar(path)
    tables, day_zero = _read(path, declared)
    if not any(table.rows.height for table in tables):
        raise Refused("empty", "The file has a header and no rows", "Deliver it again, whole", rows=0)
    return Received(
        file_name=shown(path.name),
        sha256=sha256,
        revision=declared.revision or named_revision(path),
        is_partial=declared.is_partial,
        confirmed_because=declared.confirmed_because,
        file_month=named_month(path.name),
        ends_with_line_break=path.suffix.lower() != ".csv" or ends_with_line_break(path),
        tables=tables,
        control=declared.control,
        day_zero=day_zero,
    )


def unreadable(path: Path) -> Path | None:
    """The delivery, or its sidecar, that is there and that this user may not read."""
    parts = [part for part in (path, sidecar_of(path)) if can_be_named(part) and is_regular(part)]
    return next((part for part in parts if not os.access(part, os.R_OK)), None)


def is_regular(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _fault_of_name(file_name: str) -> Refused | None:
    """An extension that is not read, or a period or revision that would not be seen as one."""
    path = Path(file_name)
    if path.suffix.lower() not in MARKS:
        known = ", ".join(sorted(MARKS))
        return Refused(
            "extension",
            "The file's extension is not known",
            REMEDIES.get(path.suffix.lower(), f"Deliver one of {known}"),
        )
    named = NAME_WITH_PERIOD.match(path.stem) and (NAME_WITH_REVISION.search(path.stem) or len(path.stem) == 7)
    if LIKE_A_PERIOD.match(path.stem) and not named:
        return Refused(
            "name",
            "The file's name looks like a month, or a revision of one, and is none",
            "Name it like 2008-12 for December 2008, and 2008-12_r2 for its second revision",
        )
    if LIKE_A_REVISION.search(path.stem) and not NAME_WITH_REVISION.search(path.stem):
        return Refused(
            "name",
            "The file's name ends with a revision that is not written as one",
            "End the name with _r2 for the second revision (1 to 9999)",
        )
    return None


def _refuse_kind(path: Path) -> None:
    """Refuse what is empty, too large, or of another kind than its extension says."""
    size = path.stat().st_size
    if size == 0:
        raise Refused("empty", "The file is empty", "Deliver it again, whole", rows=0)
    if size > LARGEST_FILE:
        raise Refused("size", f"The file has {size:,} bytes; the most is {LARGEST_FILE:,}", "Split the delivery")
    with path.open("rb") as stream:
        beginning = stream.read(1024)
    suffix = path.suffix.lower()
    kind = next((words for mark, words in KINDS.items() if beginning.startswith(mark)), None)
    if kind is None and MARKUP.match(beginning):
        kind = "a web page or other markup"
    if kind is None and suffix != ".csv":
        kind = "text, or something unknown"
    if beginning.startswith(MARKS[suffix]) and (MARKS[suffix] or kind is None):
        return
    if suffix == ".xlsx" and beginning.startswith(MARKS[".xls"]) and _is_encrypted(path):
        raise Refused("encrypted", "The workbook is protected with a password", "Save it without one")
    raise Refused(
        "content",
        f"The file is not what its extension {suffix} says: it is {kind}",
        "Deliver it as CSV, Parquet or a workbook, under its own extension",
    )


def _is_encrypted(path: Path) -> bool:
    """Whether an encrypted package is named in the first or last megabyte, where programs put the directory."""
    with path.open("rb") as stream:
        first = stream.read(1024**2)
        stream.seek(-min(1024**2, path.stat().st_size), os.SEEK_END)
        return ENCRYPTED in first or ENCRYPTED in stream.read()


def _read(path: Path, declared: Declared) -> tuple[tuple[Table, ...], dt.date | None]:
    suffix = path.suffix.lower()
    if suffix == ".csv":
        with path.open("rb") as stream:
            is_utf_16 = stream.read(2) in UTF_16_MARKS
        if is_utf_16 and declared.encoding is None:
            raise Refused(
                "encoding",
                "The file is UTF-16, and nothing says so",
                'Save it as UTF-8, or declare {"encoding": "utf-16"} in its sidecar',
            )
        return (read_csv(path, declared.encoding or "utf-8"),), None
    if declared.encoding is not None:
        raise Refused(
            "sidecar",
            "The sidecar declares an encoding, which only a CSV has",
            f"Mend {shown(sidecar_of(path).name)}",
        )
    if suffix == ".parquet":
        return (read_parquet(path),), None
    return read_workbook(path)
