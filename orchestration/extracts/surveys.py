"""The two surveys: User Satisfaction (victims) and Public Attitude (residents, and other named surveys).

Here: the columns and rules of both extracts.
Belongs here: what makes one interview, or one published percentage, valid.
Does not belong here: which answers a measure counts as satisfied.
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
    record_has_key_and_date,
    rule,
    unique,
    unique_among,
)

SATISFACTION_ANSWERS = [
    "completely_satisfied",
    "very_satisfied",
    "fairly_satisfied",
    "neither",
    "fairly_dissatisfied",
    "very_dissatisfied",
    "completely_dissatisfied",
    "not_stated",
]
ATTITUDE_ANSWERS = [
    "strongly_agree",
    "tend_to_agree",
    "neither",
    "tend_to_disagree",
    "strongly_disagree",
    "do_not_know",
    "not_stated",
]
ETHNIC_GROUPS = [
    # White, not split: for a source that does not tell British, Irish and other apart.
    "white",
    "white_british",
    "white_irish",
    "white_other",
    "mixed",
    "asian",
    "black",
    "chinese_or_other",
    "not_stated",
]
IS_PUBLISHED = pl.col("published_value").is_not_null()
CELL = ["period_month", "months_covered", "area", "ethnic_group"]


class Survey(ExtractModel):
    """What an interview of either survey has; a published percentage leaves everything but its value null."""

    response_ref: str = pa.Field(
        nullable=True, str_length=REFERENCE, description="the interview's reference; null when published"
    )
    interview_date: dt.date = pa.Field(nullable=True, description="day of the interview; null when published")
    ethnic_group: str = pa.Field(nullable=True, isin=ETHNIC_GROUPS, description="respondent's ethnic group")
    # Set 2026-11-24: weights are about 1. An interview that counts for more than a hundred would be the figure.
    weight: float = pa.Field(nullable=True, gt=0, le=100, description="survey weight; 1 where unweighted")
    published_value: float = pa.Field(nullable=True, ge=0, le=100, description="published percentage")
    # Set 2026-11-24: nobody gives no percentage, and the largest survey of residents asks about 50,000; a million is a
    # population.
    respondents: int = pa.Field(nullable=True, ge=1, le=1_000_000, description="respondents the row stands for")

    @rule("the area is not in seeds/areas.csv, or is no place")
    def area_unknown() -> pl.Expr:
        return pl.col("area").is_in(sorted(PLACES))

    @rule("response_ref occurs more than once in the delivery")
    def response_ref_repeated() -> pl.Expr:
        return unique("response_ref")

    @rule("an interview has both response_ref and interview_date, a published percentage neither")
    def interview_or_published() -> pl.Expr:
        return record_has_key_and_date("response_ref", "interview_date")

    @rule("interview_date is outside the period")
    def interview_outside_period() -> pl.Expr:
        return pl.col("interview_date").dt.truncate("1mo") == pl.col("period_month")

    @rule("an interview covers more than one month")
    def interview_covers_one_month() -> pl.Expr:
        return dated_row_covers_one_month("interview_date")

    @rule("an interview has a weight and one respondent")
    def interview_incomplete() -> pl.Expr:
        return pl.col("response_ref").is_null() | (pl.col("weight").is_not_null() & pl.col("respondents").eq_missing(1))

    @rule("a row has either an interview or a published percentage")
    def value_or_interview() -> pl.Expr:
        return pl.col("response_ref").is_null() == pl.col("published_value").is_not_null()


class VictimSatisfaction(Survey):
    """One row per User Satisfaction Survey interview, or per published percentage of overall satisfaction."""

    crime_type: str = pa.Field(nullable=True, str_matches=SLUG, description="crime the victim reported")
    overall: str = pa.Field(nullable=True, isin=SATISFACTION_ANSWERS, description="the overall service")
    access: str = pa.Field(nullable=True, isin=SATISFACTION_ANSWERS, description="ease of contact")
    action: str = pa.Field(nullable=True, isin=SATISFACTION_ANSWERS, description="action taken")
    follow_up: str = pa.Field(nullable=True, isin=SATISFACTION_ANSWERS, description="being kept informed")
    treatment: str = pa.Field(nullable=True, isin=SATISFACTION_ANSWERS, description="treatment by staff")
    call_handling: str = pa.Field(
        nullable=True, isin=SATISFACTION_ANSWERS, description="how the call was handled; null without a call"
    )

    @rule("two percentages are published for one period, area, crime type and ethnic group")
    def published_repeated() -> pl.Expr:
        return unique_among(IS_PUBLISHED, [*CELL, "crime_type"])


class PublicAttitude(Survey):
    """One row per interview and question of a named survey, or per published percentage of a question."""

    survey: str = pa.Field(str_matches=SLUG, description="pas, bcs or another named survey")
    question: str = pa.Field(str_matches=SLUG, description="question asked")
    answer: str = pa.Field(nullable=True, isin=ATTITUDE_ANSWERS, description="answer given")

    @rule("response_ref occurs more than once for one question")
    def response_ref_repeated() -> pl.Expr:
        return pl.col("response_ref").is_null() | pl.struct("response_ref", "question").is_unique()

    @rule("two percentages are published for one question, period, area and ethnic group")
    def published_repeated() -> pl.Expr:
        return unique_among(IS_PUBLISHED, [*CELL, "survey", "question"])
