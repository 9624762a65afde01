"""Road casualties: a STATS19 casualty, or a count of like casualties.

Here: the columns and rules of the extract.
Belongs here: what makes one delivered row of casualties valid.
Does not belong here: which areas and severities a measure counts.
"""

import datetime as dt

import pandera.polars as pa
import polars as pl

from orchestration.extracts.rules import SLUG, ExtractModel, rule, unique

SEVERITIES = ["fatal", "serious", "slight", "killed_or_serious"]


class RoadCasualties(ExtractModel):
    """One row per casualty (a person, not a collision), or per count of like casualties."""

    casualty_ref: str = pa.Field(nullable=True, description="the casualty's reference; null for a count")
    collision_date: dt.date = pa.Field(nullable=True, description="day of the collision; null for a count")
    severity: str = pa.Field(isin=SEVERITIES, description="fatal, serious, slight, or killed_or_serious")
    mode: str = pa.Field(nullable=True, str_matches=SLUG, description="mode of travel")
    casualties: int = pa.Field(ge=0, description="casualties the row stands for; 1 for a record")

    @rule("casualty_ref occurs more than once in the delivery")
    def casualty_ref_repeated() -> pl.Expr:
        return unique("casualty_ref")

    @rule("a dated casualty has a casualty_ref")
    def record_without_ref() -> pl.Expr:
        return pl.col("collision_date").is_null() | pl.col("casualty_ref").is_not_null()

    @rule("a record stands for exactly one casualty")
    def record_counts_one() -> pl.Expr:
        return pl.col("casualty_ref").is_null() | (pl.col("casualties") == 1)

    @rule("collision_date is outside the period")
    def collision_outside_period() -> pl.Expr:
        return pl.col("collision_date").dt.truncate("1mo") == pl.col("period_month")
