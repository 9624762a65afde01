"""The pack on paper: a tagged PDF that keeps to PDF/UA-1.

Here: the pack as JSON for the template `board_pack.typ`, and its compilation.
Belongs here: what printing asks for beyond the pack: characters that the font has, texts used once for a whole table.
Does not belong here: what is said (`content.py`), how a page looks (`board_pack.typ`).

Data reaches the template as JSON alone, so that none of it is ever markup. The compiler holds the document against
PDF/UA-1 and fails when a chart lacks alternative text, a heading leaves out a level or a character cannot be shown.
"""

import datetime as dt
import importlib.resources
import io
import json
import re
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pikepdf
import typst

from orchestration.board_pack import charts, words
from orchestration.board_pack.content import Pack, Panel
from orchestration.board_pack.html import HEADINGS, KINDS

TEMPLATE = Path(__file__).with_name("templates") / "board_pack.typ"
FONT = "font_source_sans_pro"
# What the fonts can show, with a test that sets every one of them: Latin, Greek and Cyrillic with their marks,
# punctuation, signs of arithmetic. Anything else is printed as its code: PDF/UA allows no empty box.
_NOT_IN_THE_FONT = re.compile(
    "[^\n\t -~\u00a0-\u017e\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce\u0400-\u045f"
    "\u1e80-\u1e85\u1ea0-\u1ef9\u2013\u2014\u2018-\u201e\u2020-\u2022\u2026\u2030\u2032\u2033\u2039\u203a"
    "\u20ac\u2122\u2190-\u2193\u2212\u2248\u2260\u2264\u2265\u25b2\u25bc]"
)


def pdf_of(pack: Pack) -> bytes:
    """The pack as PDF; the same pack gives the same bytes. Raises `typst.TypstError` when it breaks PDF/UA-1."""
    compiler = typst.Compiler(
        TEMPLATE.read_bytes(),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"pack": json.dumps(_for_print(pack))},
    )
    printed = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=pack.built_at)
    if not isinstance(printed, bytes):
        raise TypeError(f"One PDF is one sequence of bytes, not {type(printed).__name__}.")
    return _packed(printed)


def _fonts() -> typst.Fonts:
    """The fonts of the packages alone: those of a machine would give each machine pages of its own."""
    return typst.Fonts(include_system_fonts=False, font_paths=[Path(str(importlib.resources.files(FONT) / "files"))])


def _packed(printed: bytes) -> bytes:
    """The same document at half the size: the compiler leaves the tags, an object a table cell, uncompressed."""
    packed = io.BytesIO()
    with pikepdf.open(io.BytesIO(printed)) as document:
        document.save(packed, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return packed.getvalue()


def _for_print(pack: Pack) -> dict[str, Any]:
    """The pack as JSON has it, with the charts of each panel and what is said once for a whole table."""
    usual = Counter(line.basis_text for line in pack.lines if line.basis_text).most_common(1)
    shown = {line.verdict for line in pack.lines}
    view: dict[str, Any] = _printable(
        asdict(pack)
        | {
            "usual_basis_text": usual[0][0] if usual else None,
            "headings": HEADINGS,
            "kinds": KINDS,
            "icons": {
                verdict: {"svg": charts.icon(verdict).svg, "colour": charts.verdict_colour(verdict)}
                for verdict in words.VERDICTS
            },
            "verdict_texts": {verdict: text for verdict, text in words.VERDICTS.items() if verdict in shown},
        }
    )
    for panel, printed in zip(pack.panels, view["panels"], strict=True):
        printed["drawn"] = _drawn(panel)
        # Drawn above, and most of the JSON.
        for name, drawn in (("trend", "points"), ("boroughs", "rows")):
            if printed[name]:
                del printed[name][drawn]
    return view


def _drawn(panel: Panel) -> dict[str, list[dict[str, str]]]:
    """The drawings of a panel by what they show, each with the words that stand for it."""
    drawings = {
        "trend": [charts.trend(panel.trend)] if panel.trend else [],
        "map": [charts.tile_map(panel.boroughs)] if panel.boroughs else [],
        "ranking": [charts.funnel(panel.boroughs)] if panel.boroughs else [],
        "gaps": [charts.gap_trend(gap) for gap in panel.gaps if len(gap.points) > 1],
    }
    return {
        name: [{"svg": _in_the_font(chart.svg), "alt": _in_the_font(chart.alt)} for chart in drawn]
        for name, drawn in drawings.items()
    }


def _printable(value: Any) -> Any:
    """The same with every text fit to be set, and every day as text."""
    match value:
        case str():
            return _in_the_font(value)
        case dict():
            return {key: _printable(part) for key, part in value.items()}
        case list() | tuple():
            return [_printable(part) for part in value]
        case dt.date():
            return value.isoformat()
    return value


def _in_the_font(text: str) -> str:
    return _NOT_IN_THE_FONT.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)
