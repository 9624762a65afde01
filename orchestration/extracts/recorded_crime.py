"""Recorded crime: an offence, a count of like offences, or a published rate.

Here: the columns and rules of the extract.
Belongs here: what makes one delivered row of recorded crime valid.
Does not belong here: which offences a measure counts.
"""

import datetime as dt

import pandera.polars as pa
import polars as pl

from orchestration.extracts.rules import (
    REFERENCE,
    SLUG,
    TOO_LATE,
    ExtractModel,
    dated_row_covers_one_month,
    record_has_key_and_date,
    record_is_of_no_total,
    rule,
    unique,
    unique_among,
)
from orchestration.extracts.seeds import area_ids

OUTCOMES = ["charge", "summons", "caution", "taken_into_consideration", "penalty_notice", "cannabis_warning"]
CELL = [
    *("period_month", "months_covered", "area", "offence_code", "is_domestic", "is_gun_enabled", "is_knife_enabled"),
    *("victims_under_20", "victim_group", "arrest_date", "outcome_type", "outcome_date", "drug_type"),
]
# Set 2026-11-24: an arrest on the spot comes some days before its record, an arrest of somebody in custody for another
# offence some months. Half a year keeps those, and finds the year before typed for this one.
ARREST_BEFORE_RECORD = dt.timedelta(days=183)


class RecordedCrime(ExtractModel):
    """One row per offence, or per count of like offences, net of records later cancelled; or per published rate."""

    offence_ref: str = pa.Field(
        nullable=True, str_length=REFERENCE, description="the record's reference; null for a count"
    )
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
    # Set 2026-11-24: the highest published is 463, of Westminster; the City of London's would be about 1,000. More is a
    # count in the rate's place.
    published_rate: float = pa.Field(
        nullable=True, ge=0, le=5_000, description="offences per 1,000 residents as the publisher computed it"
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

    @rule("a record covers more than one month")
    def record_covers_one_month() -> pl.Expr:
        return dated_row_covers_one_month("recorded_date")

    # A crime that a business group holds belongs to a borough or to central_units: elsewhere it would be in no total.
    @rule("the area is not in seeds/areas.csv, or is a business group")
    def area_unknown() -> pl.Expr:
        return pl.col("area").is_in(sorted(area_ids() - area_ids("business_group")))

    @rule("a record's area is a total of areas")
    def record_of_a_total() -> pl.Expr:
        return record_is_of_no_total("offence_ref")

    @rule("two counts of the same offence, period, area and particulars")
    def count_repeated() -> pl.Expr:
        is_count = pl.col("offence_ref").is_null() & pl.col("published_rate").is_null()
        return unique_among(is_count, CELL)

    # Set 2026-11-24: England and Wales record about 550,000 a month. More is a reference or a date.
    @rule("more than 1,000,000 offences a month")
    def too_many_offences() -> pl.Expr:
        return pl.col("offences") <= 1_000_000 * pl.col("months_covered")

    # Set 2026-11-24: an offence against a person has one victim, as a rule. More than a hundred is a year of birth.
    @rule("more than 100 victims under 20 an offence")
    def too_many_victims() -> pl.Expr:
        return pl.col("victims_under_20") <= 100 * pl.col("offences").clip(0)

    @rule("arrest_date is more than half a year earlier than recorded_date")
    def arrest_before_record() -> pl.Expr:
        return pl.col("recorded_date") - pl.col("arrest_date") <= ARREST_BEFORE_RECORD

    @rule("arrest_date or outcome_date is after December 2049")
    def fact_too_late() -> pl.Expr:
        return pl.max_horizontal("arrest_date", "outcome_date") < TOO_LATE
