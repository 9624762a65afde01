"""Measure returns: a figure that a unit, or another force, returns by hand.

Here: the columns and rules of the extract.
Belongs here: what makes one returned figure valid.
Does not belong here: what the measure means (`dbt_project/seeds/measures.csv`).
"""

import pandera.polars as pa
import polars as pl

from orchestration.extracts.rules import SLUG, ExtractModel, measure_is_known, rule
from orchestration.extracts.seeds import measure_ids

GROUP = r"^(all|[a-z0-9][a-z0-9_]{0,39}:[a-z0-9][a-z0-9_]{0,39})$"
# Set 2026-11-24: the police of England and Wales spend about 20 billion pounds a year; more than five times that is a
# reference or a date.
MOST = 100_000_000_000
CELL = ["measure_id", "period_month", "months_covered", "area", "population_group"]


class MeasureReturns(ExtractModel):
    """One row per measure, period, area and population group: a numerator with its denominator where the measure has
    one, or a published value without a base. Numerator and denominator are as counted, before the measure's multiplier;
    a published value is in the measure's unit, 77.5 for 77.5 percent."""

    measure_id: str = pa.Field(description="measure_id of seeds/measures.csv")
    population_group: str = pa.Field(str_matches=GROUP, description="all, or dimension:value")
    numerator: float = pa.Field(nullable=True, ge=0, le=MOST, description="count, sum or amount")
    denominator: float = pa.Field(nullable=True, ge=0, le=MOST, description="what it is held against")
    published_value: float = pa.Field(
        nullable=True, ge=-MOST, le=MOST, description="the figure itself, in the measure's unit, without a base"
    )
    # Set 2026-11-24: the largest survey of residents asks about 50,000; a million is a population.
    respondents: int = pa.Field(nullable=True, ge=0, le=1_000_000, description="people who answered, for a survey")
    returned_by: str = pa.Field(str_matches=SLUG, description="unit or force that returned it")

    @rule("the measure is not in seeds/measures.csv")
    def measure_unknown() -> pl.Expr:
        return measure_is_known()

    @rule("a row has either a numerator or a published value")
    def numerator_or_value() -> pl.Expr:
        return pl.col("numerator").is_null() == pl.col("published_value").is_not_null()

    @rule("a published value comes without a denominator")
    def value_with_base() -> pl.Expr:
        return pl.col("published_value").is_null() | pl.col("denominator").is_null()

    # Of denominators that add up over months: a year's sum would lack this row's, and the figure come out too high.
    @rule("the measure has a denominator and the row has none")
    def denominator_missing() -> pl.Expr:
        is_needed = pl.col("measure_id").is_in(sorted(measure_ids(denominator_kind="flow")))
        return ~is_needed | pl.col("numerator").is_null() | pl.col("denominator").is_not_null()

    @rule("the percentage of a survey is not between 0 and 100")
    def survey_outside_percent() -> pl.Expr:
        is_survey = pl.col("measure_id").is_in(sorted(measure_ids(measure_type="survey_percentage")))
        is_share = (pl.col("numerator") <= pl.col("denominator")).fill_null(True)
        return ~is_survey | (is_share & pl.col("published_value").is_between(0, 100).fill_null(True))

    @rule("the measure has two figures for one period, area and group")
    def return_repeated() -> pl.Expr:
        return pl.struct(CELL).is_unique()
