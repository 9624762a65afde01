"""Population: an area's mid-year estimate or projection.

Here: the columns and rules of the extract.
Belongs here: what makes one delivered estimate valid.
Does not belong here: which year's estimate a month uses.
"""

import datetime as dt

import pandera.polars as pa
import polars as pl

from orchestration.extracts.rules import ExtractModel, rule
from orchestration.extracts.seeds import area_ids, boroughs

INHABITED = area_ids("borough", "city", "force", "region", "region_part", "country", "other_force")


class Population(ExtractModel):
    """One row per area and calendar year; its period is the year's twelve months."""

    year: int = pa.Field(description="calendar year of the mid-year estimate")
    # Set 2026-11-24: the City of London, the smallest area, has 6,500 residents and more, Great Britain under 70
    # million. Less may be thousands, more is some other number.
    population: int = pa.Field(ge=1_000, le=100_000_000, description="residents at mid-year")
    is_projection: bool = pa.Field(description="a projection, not an estimate")
    edition: str = pa.Field(str_length={"max_value": 100}, description="the publication the figure is from")

    # Projections are made for years ahead: the bound of the other extracts does not hold.
    @rule("the year is after 2100")
    def period_too_late() -> pl.Expr:
        return pl.col("period_month") < dt.date(2101, 1, 1)

    @rule("the area is not in seeds/areas.csv, or is of a type that has no residents")
    def area_unknown() -> pl.Expr:
        return pl.col("area").is_in(sorted(INHABITED))

    # Set 2026-11-24: London's boroughs have 146,000 to 504,000 residents in every estimate and projection from 1999 to
    # 2050. A digit too few or too many would move every rate of the borough, and of the force, ten times as far.
    @rule("a borough has fewer than 100,000 residents, or more than 1,000,000")
    def borough_out_of_range() -> pl.Expr:
        return ~pl.col("area").is_in(sorted(boroughs())) | pl.col("population").is_between(100_000, 1_000_000)

    @rule("an area has two figures for one year")
    def area_year_repeated() -> pl.Expr:
        return pl.struct("area", "year").is_unique()
