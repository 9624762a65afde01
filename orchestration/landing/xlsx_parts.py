"""The parts of an XLSX looked through in bounded memory, before the reader sees them.

Here: unpacking with a bound on real bytes, XML without entities, and what the workbook says of its sheets.
Belongs here: what an Office Open XML package may be and a delivery must not.
Does not belong here: what a sheet holds (`xlsx_sheet.py`), and reading the cells (fastexcel does).
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Protocol
from xml.parsers import expat

from orchestration.landing.table import Refused, refuse_unpacked

# Set 2026-11-24: a million cells take about 40 MB as XML, and ten million are the most that are read.
LARGEST_UNPACKED_WORKBOOK = 512 * 1024**2
# Set 2026-11-24: Excel packs its XML 10 to 40 times, and 200 times where most cells are blank.
MOST_PACKED = 300
# Set 2026-11-24: parts beside the sheets and their texts have some 10 kB.
SMALL = 16 * 1024**2
# Set 2026-11-24: a workbook of 20 sheets with drawings and comments has some 200 parts.
MOST_PARTS = 1_000
# Set 2026-11-24: the deepest element of a sheet is ten below its root; different names are about a hundred.
DEEPEST = 100
MOST_NAMES = 10_000
BLOCK = 256 * 1024
PERCENT_FORMATS = {"9", "10"}
# A shared text as nearly all are; passing over them takes a tenth of the time that following their elements takes.
SHORT = 100
SHORT_TEXT = re.compile(rb'<si><t(?: xml:space="preserve")?>[^<]{0,%d}</t></si>' % SHORT)
MACROS = ("vbaproject", "xlmacrosheet", "xlintlmacrosheet")
Attributes = dict[str, str]


class Part(Protocol):
    """What follows the elements of a part; names come without their prefix, as the reader matches them too."""

    def start(self, element: str, attributes: Attributes) -> None: ...
    def end(self, element: str) -> None: ...
    def text(self, characters: str) -> None: ...
    def between(self) -> None: ...


class Package:
    """The members of a ZIP, each unpacked once while real bytes are counted."""

    def __init__(self, content: bytes) -> None:
        _refuse_odd_directory(content)
        try:
            archive = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise _cannot_open() from error
        self._content = content
        self._unread = {item.filename.replace("\\", "/").lower(): item for item in archive.infolist()}
        if len(self._unread) != len(archive.infolist()):
            raise damaged("two parts of one name")
        if any(name.endswith("vbaproject.bin") for name in self._unread):
            raise has_macros()
        self._unpacked = 0

    def has(self, name: str) -> bool:
        return name.lower() in self._unread

    def blocks(self, name: str, largest: int = LARGEST_UNPACKED_WORKBOOK) -> Iterator[bytes]:
        """The member's real bytes; refuses what is not the size declared, and what unpacks to too much."""
        if not self.has(name):
            raise damaged("a part that is missing")
        item = self._unread.pop(name.lower())
        size, checksum = 0, 0
        for block in _inflated(self._packed(item), item.compress_type):
            size += len(block)
            self._unpacked += len(block)
            checksum = zlib.crc32(block, checksum)
            refuse_unpacked(self._unpacked, LARGEST_UNPACKED_WORKBOOK)
            refuse_unpacked(size, largest)
            if size > SMALL and size > item.compress_size * MOST_PACKED:
                raise Refused(
                    "unpacked_size",
                    f"A part of the workbook unpacks to more than {MOST_PACKED} times its size",
                    "Save it again in Excel, or deliver it as CSV",
                )
            yield block
        if (size, checksum) != (item.file_size, item.CRC):
            raise damaged("a part that is not what its directory says")

    def _packed(self, item: zipfile.ZipInfo) -> memoryview:
        start = item.header_offset
        header = self._content[start : start + 30]
        if len(header) < 30 or header[:4] != b"PK\x03\x04":
            raise damaged("a part that is missing")
        if item.flag_bits & 1:
            raise is_encrypted()
        start += 30 + sum(struct.unpack("<HH", header[26:30]))
        return memoryview(self._content)[start : start + item.compress_size]

    def longest_text(self) -> int:
        """Look through the parts not read yet; returns the characters of the longest shared text, or `SHORT`."""
        texts = _SharedTexts()
        for name in list(self._unread):
            if name.endswith((".xml", ".rels", ".vml")):
                parse((SHORT_TEXT.sub(b"", block) for block in self.blocks(name)), texts)
            else:
                for _ in self.blocks(name):
                    pass
        return texts.longest


def _refuse_odd_directory(content: bytes) -> None:
    """The directory's end must be the file's end: then there is one reading of where the members are."""
    end = content[-22:]
    if len(end) < 22 or end[:4] != b"PK\x05\x06" or end[20:] != b"\0\0":
        raise _cannot_open()
    entries, size = struct.unpack("<HI", end[10:16])
    if entries > MOST_PARTS or size > MOST_PARTS * 1024:
        raise Refused(
            "unpacked_size", f"The workbook has more than {MOST_PARTS:,} parts", "Save it again in Excel, or as CSV"
        )


def _inflated(packed: memoryview, method: int) -> Iterator[bytes]:
    if method == zipfile.ZIP_STORED:
        for start in range(0, len(packed), BLOCK):
            yield bytes(packed[start : start + BLOCK])
        return
    if method != zipfile.ZIP_DEFLATED:
        raise damaged("a part packed in an unusual way")
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for start in range(0, len(packed), BLOCK):
            rest = bytes(packed[start : start + BLOCK])
            while rest:
                yield inflater.decompress(rest, BLOCK)
                rest = inflater.unconsumed_tail
        # What the window still holds is at most a block, and is taken a block at a time.
        while block := inflater.decompress(b"", BLOCK):
            yield block
    except zlib.error as error:
        raise damaged("a part that cannot be unpacked") from error


def parse(blocks: Iterator[bytes], part: Part) -> None:
    """Hand every element of a part to its follower; entities are refused before they are defined."""
    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    parser.buffer_text = True
    local: dict[str, str] = {}
    depth = 0

    def without_prefix(name: str) -> str:
        if name not in local:
            if len(local) > MOST_NAMES:
                raise damaged("more names of elements than any workbook")
            local[name] = name.rpartition(":")[2]
        return local[name]

    def start(name: str, attributes: list[str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise damaged("elements deeper than any workbook's")
        pairs = zip(attributes[::2], attributes[1::2], strict=True)
        part.start(without_prefix(name), {without_prefix(key): value for key, value in pairs})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        part.end(without_prefix(name))

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = part.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartCdataSectionHandler = part.between
    parser.CommentHandler = lambda text: part.between()
    parser.ProcessingInstructionHandler = lambda target, text: part.between()
    try:
        for block in blocks:
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError) as error:
        raise damaged("a part that is not XML") from error


def _refuse_doctype(*declared: object) -> None:
    raise Refused(
        "xml_entities", "The workbook's XML declares entities, which Excel never does", "Save it again in Excel"
    )


class Follower:
    """A part of which nothing is of interest; others say what is."""

    def start(self, element: str, attributes: Attributes) -> None:
        pass

    def end(self, element: str) -> None:
        pass

    def text(self, characters: str) -> None:
        pass

    def between(self) -> None:
        pass


class _SharedTexts(Follower):
    """The most characters in one `<si>`, as the texts that cells share are kept."""

    def __init__(self) -> None:
        self.longest = SHORT
        self._length: int | None = None

    def start(self, element: str, attributes: Attributes) -> None:
        if element == "si":
            self._length = 0

    def end(self, element: str) -> None:
        if element == "si":
            self._length = None

    def text(self, characters: str) -> None:
        if self._length is not None:
            self._length += len(characters)
            self.longest = max(self.longest, self._length)


class Relationships(Follower):
    """The parts of the workbook by relationship: kind of part and its name in the package."""

    def __init__(self) -> None:
        self.parts: dict[str, tuple[str, str]] = {}

    def start(self, element: str, attributes: Attributes) -> None:
        if element != "Relationship":
            return
        kind, target = attributes.get("Type", "").rpartition("/")[2], attributes.get("Target", "")
        if kind.lower() in MACROS:
            raise has_macros()
        part = target.removeprefix("/") if target.startswith(("/xl/", "xl/")) else f"xl/{target}"
        self.parts[attributes.get("Id", "")] = (kind, part)


class Book(Follower):
    """What the workbook says: its sheets (name, part, hidden), its date system, and whether it is to be calculated."""

    def __init__(self, parts: dict[str, tuple[str, str]]) -> None:
        self._parts = parts
        self.sheets: list[tuple[str, str, bool]] = []
        self.counts_from_1904 = False
        self.is_uncalculated = False

    def start(self, element: str, attributes: Attributes) -> None:
        if element == "sheet":
            kind, part = self._parts.get(attributes.get("id", ""), ("", ""))
            # A sheet that is a chart alone has no cells.
            part = part if kind == "worksheet" else ""
            is_hidden = attributes.get("state", "visible") != "visible"
            self.sheets.append((attributes.get("name", ""), part, is_hidden))
        elif element == "workbookPr":
            self.counts_from_1904 = is_true(attributes.get("date1904"))
        elif element == "calcPr":
            self.is_uncalculated = is_true(attributes.get("fullCalcOnLoad"))


class Styles(Follower):
    """The numbers of the cell styles that show a percentage."""

    def __init__(self) -> None:
        self.percent: set[str] = set()
        self._percent_formats = set(PERCENT_FORMATS)
        self._count: int | None = None

    def start(self, element: str, attributes: Attributes) -> None:
        if element == "numFmt" and "%" in attributes.get("formatCode", ""):
            self._percent_formats.add(attributes.get("numFmtId", ""))
        elif element == "cellXfs":
            self._count = 0
        elif element == "xf" and self._count is not None:
            if attributes.get("numFmtId") in self._percent_formats:
                self.percent.add(str(self._count))
            self._count += 1

    def end(self, element: str) -> None:
        if element == "cellXfs":
            self._count = None


def is_true(written: str | None) -> bool:
    return written in ("1", "true")


def has_macros() -> Refused:
    return Refused("macros", "The workbook holds macros", "Save it as a workbook without macros (.xlsx)")


def is_encrypted() -> Refused:
    return Refused("encrypted", "The workbook is protected with a password", "Save it without one")


def damaged(what: str) -> Refused:
    """A workbook that holds what no program writes."""
    return Refused("unreadable", f"The workbook has {what}", "It may be damaged: save it again in Excel")


def _cannot_open() -> Refused:
    return Refused("unreadable", "The workbook cannot be opened", "It may be cut off: deliver it again, whole")
