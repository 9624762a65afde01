"""The shapes a delivery arrives in, recognised from what is in the file, never from its name.

Here: `LAYOUTS` and the recognition of one of them.
Belongs here: choosing a layout.
Does not belong here: reading one (a module per family of shapes).
"""

from orchestration.landing.received import Received, Refused
from orchestration.layouts import (
    monthly_extracts,
    published_casualties,
    published_crime,
    published_other,
    published_workforce,
)
from orchestration.layouts.layout import Layout

LAYOUTS: list[Layout] = [
    *monthly_extracts.LAYOUTS,
    *published_crime.LAYOUTS,
    *published_casualties.LAYOUTS,
    *published_workforce.LAYOUTS,
    *published_other.LAYOUTS,
]


def recognise(received: Received, extract: str) -> Layout:
    """The layout of `extract` a delivery arrives in; raises `Refused` with the nearest one and what differs."""
    _refuse_cut_off(received)
    candidates = [(layout.differences(received), layout) for layout in LAYOUTS if layout.extract == extract]
    for differences, layout in candidates:
        if not differences:
            return layout
    header = {name for table in received.tables for name in table.header}
    differences, nearest = min(
        candidates,
        key=lambda candidate: (-len(header & set(candidate[1].header)), len(candidate[0])),
    )
    elsewhere = [layout for layout in LAYOUTS if not layout.differences(received)]
    if elsewhere:
        raise Refused(
            "wrong_folder",
            f"The file is a delivery of {elsewhere[0].extract} ({elsewhere[0].title})",
            f"Move it to the folder {elsewhere[0].extract}",
        )
    shown = "; ".join(differences[:8]) + (f"; and {len(differences) - 8} more" if len(differences) > 8 else "")
    raise Refused(
        "layout",
        f"No known layout has this header. The nearest is «{nearest.title}»; it differs in: {shown}",
        "Deliver the columns as agreed",
    )


def _refuse_cut_off(received: Received) -> None:
    """A CSV ends with a line break, unless a layout with its header is published without one."""
    headers = [table.header for table in received.tables]
    excepted = any(layout.ends_without_line_break and headers == [layout.header] for layout in LAYOUTS)
    if not (received.ends_with_line_break or excepted):
        raise Refused(
            "cut_off",
            "The last line has no line break, so its last field may be cut short",
            "Deliver it again, whole, with a line break behind the last line",
        )
