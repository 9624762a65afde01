"""Population: an area's mid-year estimate or projection.

Here: the columns and rules of the extract.
Belongs here: what makes one delivered estimate valid.
Does not belong here: which year's estimate a month uses.
"""

import pandera.polars as pa
import polars as pl

from orchestration.extracts.rules import ExtractModel, rule


class Population(ExtractModel):
    """One row per area and calendar year; its period is the year's twelve months."""

    year: int = pa.Field(ge=1801, le=2100, description="calendar year of the mid-year estimate")
    population: int = pa.Field(ge=0, description="residents at mid-year")
    is_projection: bool = pa.Field(description="a projection, not an estimate")
    edition: str = pa.Field(description="the publication the figure is from")

    @rule("an area has two figures for one year")
    def area_year_repeated() -> pl.Expr:
        return pl.struct("area", "year").is_unique()
