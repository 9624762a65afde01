"""Surveys and population as other people publish them.

Here: one published shape each of public perception and borough population.
Belongs here: a published shape of an extract that has only one.
Does not belong here: recorded crime, casualties and workforce (their own modules).
"""

import polars as pl

from orchestration.landing.received import Received
from orchestration.layouts.layout import Layout, area_id, exact_header, short_month

QUESTIONS = {
    "Agree the police are dealing with the things that matter to this community": (
        "police_deal_with_things_that_matter"
    ),
    "Agree the police can be relied upon to be there when needed": "police_can_be_relied_on",
    "Agree the police listen to the concerns of local people": "police_listen_to_concerns",
    "Agree the police treat everyone fairly regardless of who they are": "police_treat_everyone_fairly",
    "Feels well informed about local police activities over the last 12 months": "informed_about_local_police",
    "Knows how to contact their local ward officer": "knows_how_to_contact_ward_officer",
    "Police do a good job in the local area": "police_do_a_good_job",
}
POPULATION_HEADER = (
    "Code",
    "Name",
    "Year",
    "Source",
    "Population",
    "Inland_Area _Hectares",
    "Total_Area_Hectares",
    "Population_per_hectare",
    "Square_Kilometres",
    "Population_per_square_kilometre",
)


def _read_perception(received: Received) -> pl.DataFrame:
    """One row per quarter and question: a percentage without a base.

    The publisher does not say whether a figure covers the quarter or the twelve months to it. It is read as the
    quarter, the narrower claim, so that it never stands in for a year it may not cover.
    """
    return (
        received.tables[0]
        .named()
        .select(
            "line_number",
            period_month=short_month("date"),
            months_covered=pl.lit(3),
            area=pl.lit("force"),
            survey=pl.lit("pas"),
            question=pl.col("measure").replace_strict(QUESTIONS, default=None),
            published_value="proportion",
        )
    )


def _read_population(received: Received) -> pl.DataFrame:
    """One row per area and year; the publisher's estimates, then its projections. Densities are not read."""
    return (
        received.tables[0]
        .named()
        .select(
            "line_number",
            period_month=pl.col("Year") + "-12-01",
            months_covered=pl.lit(12),
            area=area_id("Name", {"london": "greater_london"}),
            year="Year",
            population="Population",
            is_projection=(pl.col("Source") != "ONS MYE").cast(pl.String),
            edition="Source",
        )
    )


LAYOUTS = [
    Layout(
        source="public_perception",
        extract="public_attitude",
        title="Public perception: quarterly percentages",
        carries=frozenset({"period_month", "months_covered", "area", "survey", "question", "published_value"}),
        areas="forces",
        header=("date", "measure", "proportion"),
        read=_read_perception,
        differences=exact_header("date", "measure", "proportion"),
    ),
    Layout(
        source="borough_population",
        extract="population",
        title="Population and density by borough and year",
        carries=frozenset({"period_month", "months_covered", "area", "year", "population", "is_projection", "edition"}),
        areas="boroughs",
        header=POPULATION_HEADER,
        read=_read_population,
        differences=exact_header(*POPULATION_HEADER),
    ),
]
