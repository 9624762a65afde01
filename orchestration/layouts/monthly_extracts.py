"""The shape the business systems deliver: one table whose header is the extract's own columns, in any order.

Here: one layout per extract.
Belongs here: what a system's extract leaves out, because it is the same in every row or only others publish it.
Does not belong here: files that somebody else published (their own modules).
"""

import polars as pl

from orchestration.extracts import EXTRACTS, Extract
from orchestration.landing.received import Received
from orchestration.layouts.layout import Layout, area_id, exact_header

SOURCES = {
    "recorded_crime": "crime_system",
    "victim_satisfaction": "satisfaction_survey",
    "public_attitude": "attitude_survey",
    "workforce": "workforce_system",
    "road_casualties": "casualty_system",
    "criminal_networks": "networks_system",
    "asset_recovery": "recovery_system",
    "service_levels": "service_system",
    "complaints": "complaints_system",
    "milestones": "programme_office",
    "measure_returns": "unit_returns",
    "population": "population_estimates",
    "commentary": "measure_owners",
    "board_decisions": "board_secretariat",
}

# What the system does not send, because it is the same for every row or follows from another column.
IMPLIED: dict[str, dict[str, pl.Expr]] = {
    "workforce": {"months_covered": pl.lit(1)},
    "criminal_networks": {
        "area": pl.lit("force"),
        "period_month": pl.lit(None, pl.Date),
        "months_covered": pl.lit(1),
    },
    "asset_recovery": {"period_month": pl.lit(None, pl.Date), "months_covered": pl.lit(1)},
    "service_levels": {"area": pl.lit("force"), "months_covered": pl.lit(1)},
    "complaints": {"period_month": pl.lit(None, pl.Date), "months_covered": pl.lit(1)},
    "milestones": {"area": pl.lit("force"), "months_covered": pl.lit(1)},
    "population": {
        "period_month": pl.col("year").cast(pl.String) + "-12-01",
        "months_covered": pl.lit(12),
    },
    "commentary": {"area": pl.lit("force"), "months_covered": pl.lit(1)},
    "board_decisions": {"area": pl.lit("force"), "months_covered": pl.lit(1)},
}
# What the system does not send, because only others publish it: null, and not carried.
NOT_SENT: dict[str, frozenset[str]] = {
    "recorded_crime": frozenset({"published_rate"}),
}


def _layout(extract: Extract) -> Layout:
    implied = IMPLIED.get(extract.name, {})
    left_out = implied.keys() | NOT_SENT.get(extract.name, frozenset())
    columns = tuple(name for name in extract.model.to_schema().columns if name not in left_out)

    def read(received: Received) -> pl.DataFrame:
        frame = received.tables[0].named()
        if "area" in columns:
            # Each name once: a year of records has a few dozen of them.
            names = frame.select(pl.col("area").cast(pl.String).unique()).with_columns(as_id=area_id("area"))
            frame = frame.with_columns(pl.col("area").cast(pl.String).replace_strict(names["area"], names["as_id"]))
        return frame.with_columns(**implied)

    return Layout(
        source=SOURCES[extract.name],
        extract=extract.name,
        title=f"{extract.title}, the system's own extract",
        carries=frozenset(columns) | frozenset(implied),
        areas="boroughs" if "area" in columns else "forces",
        header=columns,
        read=read,
        differences=exact_header(*columns, any_order=True),
    )


LAYOUTS = [_layout(extract) for extract in EXTRACTS.values()]
