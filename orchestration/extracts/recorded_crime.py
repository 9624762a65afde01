"""Recorded crime: an offence, a count of like offences, or a published rate.

Here: the columns and rules of the extract.
Belongs here: what makes one delivered row of recorded crime valid.
Does not belong here: which offences a measure counts.
"""

import datetime as dt

import pandera.polars as pa
import polars as pl

from orchestration.extracts.rules import SLUG, ExtractModel, record_has_key_and_date, rule, unique

OUTCOMES = ["charge", "summons", "caution", "taken_into_consideration", "penalty_notice", "cannabis_warning"]


class RecordedCrime(ExtractModel):
    """One row per offence, or per count of like offences, net of records later cancelled; or per published rate."""

    offence_ref: str = pa.Field(nullable=True, description="the record's reference; null for a count")
    recorded_date: dt.date = pa.Field(nullable=True, description="day recorded; null for a count")
    offence_code: str = pa.Field(description="the offence as its source labels it")
    is_domestic: bool = pa.Field(description="flagged as domestic violence")
    is_gun_enabled: bool = pa.Field(description="a gun was fired, used as a blunt instrument or as a threat")
    is_knife_enabled: bool = pa.Field(description="a knife was used or threatened")
    victims_under_20: int = pa.Field(ge=0, description="victims aged under 20")
    victim_group: str = pa.Field(nullable=True, str_matches=SLUG, description="equality group of the victim")
    arrest_date: dt.date = pa.Field(nullable=True, description="first arrest for the offence, when known")
    outcome_type: str = pa.Field(nullable=True, isin=OUTCOMES, description="sanction detection, when known")
    outcome_date: dt.date = pa.Field(nullable=True, description="day of the outcome")
    drug_type: str = pa.Field(nullable=True, str_matches=SLUG, description="drug, for drug offences")
    offences: int = pa.Field(
        nullable=True, ge=0, description="offences the row stands for; 1 for a record, null for a published rate"
    )
    published_rate: float = pa.Field(
        nullable=True, ge=0, description="offences per 1,000 residents as the publisher computed it"
    )

    @rule("offence_ref occurs more than once in the delivery")
    def offence_ref_repeated() -> pl.Expr:
        return unique("offence_ref")

    @rule("a record has both offence_ref and recorded_date, a count neither")
    def record_or_count() -> pl.Expr:
        return record_has_key_and_date("offence_ref", "recorded_date")

    @rule("a record stands for exactly one offence")
    def record_counts_one() -> pl.Expr:
        return pl.col("offence_ref").is_null() | (pl.col("offences") == 1)

    @rule("offences is missing, without a published rate in its place")
    def offences_missing() -> pl.Expr:
        return pl.col("offences").is_not_null() | pl.col("published_rate").is_not_null()

    @rule("a row has either a count of offences or a published rate")
    def count_or_rate() -> pl.Expr:
        is_rate_alone = pl.col("offences").is_null() & pl.col("offence_ref").is_null()
        return pl.col("published_rate").is_null() | is_rate_alone

    @rule("recorded_date is outside the period")
    def recorded_outside_period() -> pl.Expr:
        return pl.col("recorded_date").dt.truncate("1mo") == pl.col("period_month")

    @rule("outcome_date is earlier than recorded_date")
    def outcome_before_record() -> pl.Expr:
        return pl.col("outcome_date") >= pl.col("recorded_date")

    @rule("outcome_type and outcome_date come together")
    def outcome_incomplete() -> pl.Expr:
        return pl.col("outcome_type").is_null() == pl.col("outcome_date").is_null()
