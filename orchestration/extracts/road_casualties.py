"""Road casualties: a STATS19 casualty, or a count of like casualties.

Here: the columns and rules of the extract.
Belongs here: what makes one delivered row of casualties valid.
Does not belong here: which areas and severities a measure counts.
"""

import datetime as dt

import pandera.polars as pa
import polars as pl

from orchestration.extracts.rules import (
    PLACES,
    REFERENCE,
    SLUG,
    ExtractModel,
    dated_row_covers_one_month,
    record_is_of_no_total,
    rule,
    unique,
    unique_among,
)

SEVERITIES = ["fatal", "serious", "slight", "killed_or_serious"]
PERIOD = ["period_month", "months_covered", "area"]


class RoadCasualties(ExtractModel):
    """One row per casualty (a person, not a collision), or per count of like casualties."""

    casualty_ref: str = pa.Field(
        nullable=True, str_length=REFERENCE, description="the casualty's reference; null for a count"
    )
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

    @rule("a dated casualty covers more than one month")
    def record_covers_one_month() -> pl.Expr:
        return dated_row_covers_one_month("collision_date")

    @rule("the area is not in seeds/areas.csv, or is no place")
    def area_unknown() -> pl.Expr:
        return pl.col("area").is_in(sorted(PLACES))

    @rule("a record's area is a total of areas")
    def record_of_a_total() -> pl.Expr:
        return record_is_of_no_total("casualty_ref")

    @rule("two counts for one period, area, severity and mode of travel")
    def count_repeated() -> pl.Expr:
        return unique_among(pl.col("casualty_ref").is_null(), [*PERIOD, "severity", "mode"])

    # Whoever is fatally or seriously injured would count twice.
    @rule("killed_or_serious beside fatal or serious for one period and area")
    def severities_overlap() -> pl.Expr:
        severity = pl.col("severity")
        together = (severity == "killed_or_serious").any().over(PERIOD)
        apart = severity.is_in(["fatal", "serious"]).any().over(PERIOD)
        return (severity == "slight") | ~(together & apart)

    # Set 2026-11-24: all of Great Britain has had at most 34,000 a month. More is a reference or a date.
    @rule("more than 50,000 casualties a month")
    def too_many_casualties() -> pl.Expr:
        return pl.col("casualties") <= 50_000 * pl.col("months_covered")
