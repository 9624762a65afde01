"""Workforce: a month-end count for a unit, role, rank, gender and ethnic group.

Here: the columns and rules of the extract.
Belongs here: what makes one delivered row of workforce valid.
Does not belong here: how strength or sickness is computed.
"""

import pandera.polars as pa
import polars as pl

from orchestration.extracts.rules import SLUG, ExtractModel, rule
from orchestration.extracts.surveys import ETHNIC_GROUPS

ROLES = ["officer", "staff", "pcso", "special"]
RANKS = [
    "constable",
    "sergeant",
    "inspector",
    "chief_inspector",
    "superintendent",
    "chief_superintendent",
    "chief_officer",
]
# Set 2026-11-24: the police of England and Wales have about 230,000 officers and staff; more is no count of people.
MOST = 250_000
CELL = ["period_month", "area", "business_group", "role", "rank", "gender", "ethnic_group"]


class Workforce(ExtractModel):
    """One row per month end, area, business group, role, rank, gender and ethnic group."""

    business_group: str = pa.Field(nullable=True, str_matches=SLUG, description="business group of the unit")
    role: str = pa.Field(isin=ROLES, description="officer, staff, pcso or special")
    rank: str = pa.Field(nullable=True, isin=RANKS, description="rank, for officers")
    gender: str = pa.Field(nullable=True, isin=["female", "male", "not_stated"], description="gender")
    ethnic_group: str = pa.Field(nullable=True, isin=ETHNIC_GROUPS, description="ethnic group")
    headcount: int = pa.Field(ge=0, le=MOST, description="people at month end")
    fte: float = pa.Field(ge=0, le=MOST, description="full-time equivalents at month end")
    budgeted_fte: float = pa.Field(nullable=True, ge=0, le=MOST, description="full-time equivalents budgeted")
    contracted_hours: float = pa.Field(ge=0, description="hours contracted in the month, without overtime")
    sickness_hours: float = pa.Field(ge=0, description="contracted hours lost to sickness in the month")

    @rule("the same unit, role, rank, gender and ethnic group occurs twice in the month")
    def workforce_cell_repeated() -> pl.Expr:
        return pl.struct(CELL).is_unique()

    @rule("more hours lost to sickness than contracted")
    def sickness_exceeds_contract() -> pl.Expr:
        return pl.col("sickness_hours") <= pl.col("contracted_hours")

    # Set 2026-11-24: nobody is more than one full-time equivalent; a tenth, and one more, allow for rounding and for
    # those contracted above full time.
    @rule("more full-time equivalents than people")
    def fte_exceeds_headcount() -> pl.Expr:
        return pl.col("fte") <= 1.1 * pl.col("headcount") + 1

    # Set 2026-11-24: a full-time month is 174 hours, and 250 allow for one of five weeks. Ten months more allow for
    # people who left before the month's end: their hours count, they do not.
    @rule("more than 250 contracted hours a head, and 2,500 for people who left")
    def hours_exceed_headcount() -> pl.Expr:
        return pl.col("contracted_hours") <= 250 * (pl.col("headcount") + 10)

    # Chief officers are among the staff too: directors of that grade. Specials have ranks of their own, named alike.
    @rule("staff or PCSOs with the rank of a police officer")
    def rank_of_officers_alone() -> pl.Expr:
        return ~pl.col("role").is_in(["staff", "pcso"]) | (pl.col("rank") == "chief_officer")
