"""Control figures: what the sender counted and added up, held against what was received.

Here: the rows and sums that a sidecar brings.
Belongs here: a total by which a delivery is known to be whole.
Does not belong here: reading the sidecar, and row rules.
"""

import math

import polars as pl

from orchestration.landing.received import Received
from orchestration.landing.table import Refused, shown
from orchestration.layouts.layout import Layout

CONTROL_TOTAL = "control_total"
ROWS = "rows"
# Set 2026-11-24: sums of pounds and hours agree when they do to half a penny; whole numbers have to agree exactly.
FRACTION = 0.005


def refuse_unlike_control(received: Received, layout: Layout, typed: pl.DataFrame) -> None:
    """Refuse a delivery whose rows, or sums over the cells that can be read, are not those the sender declares."""
    apart = []
    for name, expected in received.control.items():
        if name == ROWS:
            found: int | float = sum(table.rows.height for table in received.tables)
        elif name in layout.carries and typed.schema.get(name) in (pl.Int64, pl.Float64):
            found = _sum(typed[name])
        else:
            raise Refused(
                CONTROL_TOTAL,
                f"There is a control figure for «{shown(name, 40)}», which is no column of numbers in this layout",
                "Correct the control figures in the sidecar",
            )
        if not _agree(expected, found):
            what = "rows" if name == ROWS else f"the sum of {name}"
            apart.append(f"{what}: {expected:,} expected, {found:,} found")
    if apart:
        raise Refused(
            CONTROL_TOTAL,
            f"The delivery differs from its control figures: {'; '.join(apart)}",
            "Deliver it again, whole, or correct the control figures in the sidecar",
            rows=sum(table.rows.height for table in received.tables),
        )


def _sum(numbers: pl.Series) -> int | float:
    if numbers.dtype == pl.Int64:
        return int(numbers.cast(pl.Int128).sum())
    return math.fsum(numbers.drop_nulls())


def _agree(expected: int | float, found: int | float) -> bool:
    return expected == found if isinstance(found, int) else abs(expected - found) <= FRACTION
