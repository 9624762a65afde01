"""What a layout is: one known shape of a delivery, and how it becomes an extract's columns.

Here: the `Layout` type and the small readings that several layouts share.
Belongs here: what every layout needs.
Does not belong here: any one published file's quirks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from orchestration.landing.received import Received
from orchestration.landing.table import shown

LONGEST_SHOWN = 40


@dataclass(frozen=True)
class Layout:
    """One shape a delivery arrives in.

    `source` names the figures that come of it and is what `seeds/source_preference.csv` ranks. `carries` is the set
    of extract columns it fills; the others are null, and a measure that needs one of them has no figure from here.
    `areas` says whether its rows are areas of a force (a total among them is then a source of its own) or forces.
    `header` is what makes the shape recognisable; `differences` lists what keeps a delivery from having it, and empty
    means recognised. `read` gives text or typed columns `line_number` plus `carries`; it raises nothing for a bad
    cell, it leaves the cell as it is (or null) for the extract's rules to find. `ends_without_line_break` excepts a
    shape published so from the refusal of a CSV without a line break at its end; its `differences` then has to tell
    a whole file from a cut one by other means.
    """

    source: str
    extract: str
    title: str
    carries: frozenset[str]
    areas: Literal["boroughs", "forces"]
    header: tuple[str, ...]
    read: Callable[[Received], pl.DataFrame]
    differences: Callable[[Received], list[str]]
    ends_without_line_break: bool = False


def header_differences(
    received: Received,
    expected: tuple[str, ...],
    any_order: bool = False,
    also: Callable[[str], bool] = lambda name: False,
) -> list[str]:
    """What keeps a delivery from being one table with exactly the expected columns and those `also` allows.

    Unexpected names are quoted only when most expected ones are there: else they may be the first row of a file
    without a header.
    """
    if len(received.tables) != 1:
        return [f"{len(received.tables)} sheets instead of one"]
    header, merged = received.tables[0].header, received.tables[0].merged
    joined = [f"merged cells ({', '.join(merged[:5])})"] if merged else []
    missing = [name for name in expected if name not in header]
    extra = [name for name in header if name not in expected and not also(name)]
    absent = [f"missing column «{name}»" for name in missing]
    if len(missing) * 2 > len(expected):
        unexpected = [f"{len(extra)} unexpected columns"] if extra else []
    else:
        unexpected = [_unexpected(name, header, missing) for name in dict.fromkeys(extra)]
    repeated = [f"column «{name}» twice" for name in expected if header.count(name) > 1]
    if missing or extra or repeated or joined or any_order or header == expected:
        return absent + unexpected + repeated + joined
    return [] if any(also(name) for name in header) else ["columns in another order"]


def _unexpected(name: str, header: tuple[str, ...], missing: list[str]) -> str:
    """An unexpected column in words: its name, or its places where it has none or occurs more than once."""
    places = ", ".join(str(place) for place, other in enumerate(header, start=1) if other == name)
    if not name:
        return f"no name over column {places}"
    called = f"unexpected column «{shown(name, LONGEST_SHOWN)}»"
    if name.strip() in missing:
        return f"{called}, with spaces around its name"
    return f"{called} in places {places}" if header.count(name) > 1 else called


def exact_header(*expected: str, any_order: bool = False) -> Callable[[Received], list[str]]:
    """Recognise one table by its header: every expected column and no other."""
    return lambda received: header_differences(received, expected, any_order)


def area_id(name: str | pl.Expr, names: Mapping[str, str] | None = None) -> pl.Expr:
    """A published area name as an `area_id`: lower case, words joined by `_`, then the layout's own `names`."""
    column = pl.col(name) if isinstance(name, str) else name
    slug = (
        column.cast(pl.String)
        .str.to_lowercase()
        .str.replace_all("&", "and", literal=True)
        .str.replace_all(r"[^a-z0-9]+", "_")
        .str.strip_chars("_")
    )
    return slug.replace(dict(names)) if names else slug


def plain_number(name: str) -> pl.Expr:
    """A number published with thousands commas, without them; any other text stays as it is, but for spaces around."""
    text = pl.col(name).cast(pl.String).str.strip_chars()
    is_grouped = text.str.contains(r"^\d{1,3}(,\d{3})+(\.\d+)?$")
    return pl.when(is_grouped).then(text.str.replace_all(",", "", literal=True)).otherwise(text)


def short_month(name: str) -> pl.Expr:
    """A month published as `Dec-14`."""
    return ("1-" + pl.col(name)).str.to_date("%d-%b-%y", strict=False)
