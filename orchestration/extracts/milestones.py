"""Milestones: each milestone of a programme, as it stands at a month end.

Here: the columns and rules of the extract.
Belongs here: what makes one delivered milestone valid.
Does not belong here: its status at the reporting month, which follows from the dates.
"""

import datetime as dt

import pandera.polars as pa
import polars as pl

from orchestration.extracts.rules import REFERENCE, SENTENCE, SLUG, ExtractModel, rule

STATUSES = ["not_started", "on_track", "at_risk", "off_track", "completed"]


class Milestones(ExtractModel):
    """One row per milestone and month end, for the whole force: a delivery holds every milestone there is."""

    milestone_ref: str = pa.Field(
        str_length=REFERENCE, description="the milestone's reference, the same in every month"
    )
    programme: str = pa.Field(str_matches=SLUG, description="programme it belongs to")
    title: str = pa.Field(str_matches=SENTENCE, description="what is to be done")
    owner: str = pa.Field(str_matches=SENTENCE, description="role that answers for it")
    original_due: dt.date = pa.Field(description="day it was first due")
    current_due: dt.date = pa.Field(description="day it is due now; differs once re-dated")
    completed_date: dt.date = pa.Field(nullable=True, description="day it was achieved; null before")
    status: str = pa.Field(isin=STATUSES, description="the owner's own assessment")

    @rule("milestone_ref occurs more than once in the month")
    def milestone_repeated() -> pl.Expr:
        return pl.struct("milestone_ref", "period_month").is_unique()

    @rule("status completed and completed_date come together")
    def completion_incomplete() -> pl.Expr:
        return (pl.col("status") == "completed") == pl.col("completed_date").is_not_null()

    @rule("completed_date is after the month the milestone is reported for")
    def completed_in_the_future() -> pl.Expr:
        return pl.col("completed_date") <= pl.col("period_month").dt.month_end()

    # An empty cell of a spreadsheet can come as a day of 1900: such a milestone would be due from the start.
    @rule("original_due, current_due or completed_date is before January 1990")
    def milestone_before_1990() -> pl.Expr:
        return pl.min_horizontal("original_due", "current_due", "completed_date") >= dt.date(1990, 1, 1)

    # Set 2026-11-24: the longest programmes run about ten years. A day that stands for no date (31 December 9999), or a
    # slip of the keys (2088 for 2008), would never fall due.
    @rule("original_due or current_due is more than 20 years after the month")
    def due_too_late() -> pl.Expr:
        return pl.max_horizontal("original_due", "current_due") <= pl.col("period_month").dt.offset_by("20y")
