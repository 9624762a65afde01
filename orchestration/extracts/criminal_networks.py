"""Criminal networks: a disruption.

Here: the columns and rules of the extract.
Belongs here: what makes one delivered disruption valid.
Does not belong here: how often a network may count in a year.
"""

import datetime as dt

import pandera.polars as pa
import polars as pl

from orchestration.extracts.rules import REFERENCE, SLUG, ExtractModel, rule, unique


class CriminalNetworks(ExtractModel):
    """One row per disruption of a network, for the whole force: the extract carries no area of its own."""

    disruption_ref: str = pa.Field(str_length=REFERENCE, description="the disruption's reference")
    network_ref: str = pa.Field(str_length=REFERENCE, description="the network disrupted")
    disruption_date: dt.date = pa.Field(description="day of the disruption")
    business_group: str = pa.Field(str_matches=SLUG, description="business group that disrupted it")
    involves_drugs: bool = pa.Field(description="the network dealt in drugs")
    involves_firearms: bool = pa.Field(description="the network used or supplied firearms")

    @rule("disruption_ref occurs more than once in the delivery")
    def disruption_ref_repeated() -> pl.Expr:
        return unique("disruption_ref")

    @rule("disruption_date is outside the period")
    def disruption_outside_period() -> pl.Expr:
        return pl.col("disruption_date").dt.truncate("1mo") == pl.col("period_month")
