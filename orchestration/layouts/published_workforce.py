"""Workforce as other people publish it.

Here: the force's strength by month, and the officers of every force by rank, gender and ethnic group.
Belongs here: a published shape of workforce, read as published and unedited.
Does not belong here: which ranks or groups a measure counts.
"""

import math
import re

import polars as pl

from orchestration.landing.received import Received
from orchestration.layouts.layout import Layout, area_id, exact_header, plain_number, short_month

STRENGTH_ROLES = {
    "Police Officer Strength": "officer",
    "Police Staff Strength": "staff",
    "PCSO Strength": "pcso",
}
YEAR = "As at 31 March..."
FULL_TIME_EQUIVALENT = "Total (FTE)"
RANKS_HEADER = (
    YEAR,
    "Geo code",
    "Force Name",
    "Region",
    "Gender",
    "Rank description",
    "Worker type",
    "Ethnicity",
    "Ethnic group",
    "Total (headcount)",
    FULL_TIME_EQUIVALENT,
)
CELL = ["Force Name", "Gender", "Rank description", "Ethnicity"]
# Every number is written between two spaces, zero as a dash behind one: a number that is cut lacks the second.
WHOLE_NUMBER = re.compile(r" (-|[\d,.]+ )$")
FORCES = {"metropolitan_police": "force", "london_city_of": "city_of_london"}
ETHNIC_GROUPS = {
    "asian_or_asian_british": "asian",
    "black_or_black_british": "black",
    "chinese_or_other_ethnic_group_pre_2021_category": "chinese_or_other",
}


def _read_strength(received: Received) -> pl.DataFrame:
    """One row per month and role: full-time equivalents of the force."""
    return (
        received.tables[0]
        .named()
        .unpivot(on=list(STRENGTH_ROLES), index=["line_number", "Date"], variable_name="role", value_name="fte")
        .select(
            "line_number",
            period_month=short_month("Date"),
            months_covered=pl.lit(1),
            area=pl.lit("force"),
            role=pl.col("role").replace(STRENGTH_ROLES),
            fte="fte",
        )
    )


def _ranks_differences(received: Received) -> list[str]:
    """The header's, then what is cut: the publisher writes every combination for every year, zeros among them."""
    differences = exact_header(*RANKS_HEADER)(received)
    if differences:
        return differences
    rows = received.tables[0].named()
    combinations = math.prod(rows.get_column(name).n_unique() for name in CELL)
    years = rows.group_by(YEAR).agg(combinations=pl.struct(CELL).n_unique())
    short = years.filter(pl.col("combinations") < combinations).height
    if short:
        differences.append(
            f"{short} of {years.height} years without every combination of force, gender, rank and ethnic group"
        )
    if not received.ends_with_line_break and not WHOLE_NUMBER.match(rows.item(-1, FULL_TIME_EQUIVALENT) or ""):
        differences.append("the last field is cut short")
    return differences


def _read_ranks(received: Received) -> pl.DataFrame:
    """One row per force, year, gender, rank and ethnic group: officers at the end of March; white is not split."""
    forces = area_id("Force Name", FORCES)
    return (
        received.tables[0]
        .named()
        .select(
            "line_number",
            period_month=pl.col(YEAR).cast(pl.String).str.strip_chars() + "-03-01",
            months_covered=pl.lit(1),
            area=pl.when(forces == "force").then(forces).otherwise(forces + "_police"),
            role=area_id("Worker type", {"police_officer": "officer"}),
            rank=area_id("Rank description"),
            gender=area_id("Gender"),
            ethnic_group=area_id("Ethnicity", ETHNIC_GROUPS),
            headcount=plain_number("Total (headcount)").replace("-", "0"),
            fte=plain_number(FULL_TIME_EQUIVALENT).replace("-", "0"),
        )
    )


LAYOUTS = [
    Layout(
        source="police_force_strength",
        extract="workforce",
        title="Police force strength by month",
        carries=frozenset({"period_month", "months_covered", "area", "role", "fte"}),
        areas="forces",
        header=("Date", *STRENGTH_ROLES),
        read=_read_strength,
        differences=exact_header("Date", *STRENGTH_ROLES),
    ),
    Layout(
        source="officer_rank",
        extract="workforce",
        title="Police officers by force, gender, rank and ethnic group, at 31 March",
        carries=frozenset(
            {
                "period_month",
                "months_covered",
                "area",
                "role",
                "rank",
                "gender",
                "ethnic_group",
                "headcount",
                "fte",
            }
        ),
        areas="forces",
        header=RANKS_HEADER,
        read=_read_ranks,
        differences=_ranks_differences,
        ends_without_line_break=True,
    ),
]
