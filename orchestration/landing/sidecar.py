"""The sidecar: what a delivery's name cannot say, declared in a small JSON file beside it.

Here: revision, partial, encoding, control figures and the confirmation of an unusual month, read strictly.
Belongs here: a declaration about one delivery by who sends it.
Does not belong here: what follows from it.
"""

import codecs
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.landing.table import Refused, shown

# Set 2026-11-24: five keys, a dozen control figures and a sentence have under a thousand bytes.
LARGEST_SIDECAR = 10_000
# File systems hold names of up to 255 bytes; a delivery whose sidecar could not be named has none.
LONGEST_NAME = 255
LAST_REVISION = 9_999
DELIVERED = (".csv", ".parquet", ".xlsx", ".xls")
KEYS = {"revision", "partial", "encoding", "control", "confirmed"}
# Encodings of text that systems here write; a codec that rewrites text (rot13, idna, escapes) is none.
ENCODINGS = ("ascii", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "iso8859-1") + (
    "iso8859-15",
    "cp437",
    "cp850",
    "mac-roman",
)


@dataclass(frozen=True)
class Declared:
    """What the sidecar declares; `control` holds the number of `rows`, or the sum of a column by its name, and
    `confirmed_because` why a month that looks wrong is right."""

    revision: int | None = None
    is_partial: bool = False
    encoding: str | None = None
    control: Mapping[str, int | float] = field(default_factory=dict)
    confirmed_because: str | None = None


def sidecar_of(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def is_sidecar(path: Path) -> bool:
    """True for a name like `2008-12.csv.json`."""
    return path.suffix == ".json" and path.with_suffix("").suffix.lower() in DELIVERED


def sidecar_bytes(path: Path) -> bytes:
    """The content of a delivery's sidecar, no more than is read of one; nothing where there is no regular file."""
    sidecar = sidecar_of(path)
    if not can_be_named(sidecar) or sidecar.is_symlink() or not sidecar.is_file():
        return b""
    with sidecar.open("rb") as stream:
        return stream.read(LARGEST_SIDECAR + 1)


def read_sidecar(path: Path) -> Declared:
    """What is declared beside a delivery; raises `Refused` for anything that is not understood."""
    sidecar = sidecar_of(path)
    if not can_be_named(sidecar) or not os.path.lexists(sidecar):
        return Declared()
    remedy = f"Mend {shown(sidecar.name)}"
    if sidecar.is_symlink() or not sidecar.is_file():
        raise Refused("sidecar", "The sidecar is not a regular file", remedy)
    content = sidecar_bytes(path)
    if len(content) > LARGEST_SIDECAR:
        raise Refused("sidecar", f"The sidecar has more than {LARGEST_SIDECAR:,} bytes", remedy)
    try:
        said = json.loads(content.decode("utf-8"), object_pairs_hook=_each_key_once)
    except (ValueError, RecursionError) as error:
        raise Refused("sidecar", "The sidecar is not JSON in which each key occurs once", remedy) from error
    if not _is_understood(said):
        raise Refused(
            "sidecar",
            "The sidecar holds something other than revision (1 to 9999), partial (true or false), encoding, "
            "confirmed (a reason in words), and control (rows or columns, each with a number)",
            remedy,
        )
    encoding = said.get("encoding")
    if encoding is not None and not _is_text_encoding(encoding):
        raise Refused("sidecar", "The encoding in the sidecar is not known here", f"{remedy}: {', '.join(ENCODINGS)}")
    return Declared(
        said.get("revision"), said.get("partial", False), encoding, said.get("control", {}), said.get("confirmed")
    )


def can_be_named(sidecar: Path) -> bool:
    """Whether a file system holds so long a name."""
    return len(os.fsencode(sidecar.name)) <= LONGEST_NAME


def _each_key_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key occurs twice")
    return dict(pairs)


def _is_understood(said: object) -> bool:
    if not isinstance(said, dict) or not set(said) <= KEYS:
        return False
    revision, control = said.get("revision", 1), said.get("control", {})
    return (
        type(revision) is int
        and 1 <= revision <= LAST_REVISION
        and isinstance(said.get("partial", False), bool)
        and isinstance(said.get("encoding", ""), str)
        and isinstance(said.get("confirmed", "-"), str)
        and said.get("confirmed", "-").strip() != ""
        and isinstance(control, dict)
        and all(type(figure) in (int, float) and math.isfinite(figure) for figure in control.values())
    )


def _is_text_encoding(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name in {codecs.lookup(known).name for known in ENCODINGS}
    except (LookupError, ValueError):
        return False
