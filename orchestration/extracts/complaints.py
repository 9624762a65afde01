"""Complaints: a public complaint.

Here: the columns and rules of the extract.
Belongs here: what makes one delivered complaint valid.
Does not belong here: how days to close are averaged.
"""

import datetime as dt

import pandera.polars as pa
import polars as pl

from orchestration.extracts.rules import REFERENCE, TOO_LATE, ExtractModel, rule, unique


class Complaints(ExtractModel):
    """One row per complaint, in the month of its `received_date`; delivered again as complaints close."""

    complaint_ref: str = pa.Field(str_length=REFERENCE, description="the complaint's reference")
    received_date: dt.date = pa.Field(description="day it was received")
    closed_date: dt.date = pa.Field(nullable=True, description="day it was closed; null while open")

    @rule("complaint_ref occurs more than once in the delivery")
    def complaint_ref_repeated() -> pl.Expr:
        return unique("complaint_ref")

    @rule("closed_date is earlier than received_date")
    def closed_before_received() -> pl.Expr:
        return pl.col("closed_date") >= pl.col("received_date")

    # A date that stands for none would close the complaint and make its days thousands.
    @rule("closed_date is after December 2049")
    def closed_too_late() -> pl.Expr:
        return pl.col("closed_date") < TOO_LATE
