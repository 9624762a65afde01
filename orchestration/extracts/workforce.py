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
CELL = ["period_month", "area", "business_group", "role", "rank", "gender", "ethnic_group"]


class Workforce(ExtractModel):
    """One row per month end, area, business group, role, rank, gender and ethnic group."""

    business_group: str = pa.Field(nullable=True, str_matches=SLUG, description="business group of the unit")
    role: str = pa.Field(isin=ROLES, description="officer, staff, pcso or special")
    rank: str = pa.Field(nullable=True, isin=RANKS, description="rank, for officers")
    gender: str = pa.Field(nullable=True, isin=["female", "male", "not_stated"], description="gender")
    ethnic_group: str = pa.Field(nullable=True, isin=ETHNIC_GROUPS, description="ethnic group")
    headcount: int = pa.Field(ge=0, description="people at month end")
    fte: float = pa.Field(ge=0, description="full-time equivalents at month end")
    budgeted_fte: float = pa.Field(nullable=True, ge=0, description="full-time equivalents budgeted")
    contracted_hours: float = pa.Field(ge=0, description="hours contracted in the month, without overtime")
    sickness_hours: float = pa.Field(ge=0, description="contracted hours lost to sickness in the month")

    @rule("the same unit, role, rank, gender and ethnic group occurs twice in the month")
    def workforce_cell_repeated() -> pl.Expr:
        return pl.struct(CELL).is_unique()

    @rule("more hours lost to sickness than contracted")
    def sickness_exceeds_contract() -> pl.Expr:
        return pl.col("sickness_hours") <= pl.col("contracted_hours")
