"""Board decisions: the register of what the Performance Board decided, as it stands at a month end.

Here: the columns and rules of the extract.
Belongs here: what makes one row of a delivered register valid.
Does not belong here: what becomes of a decision that a later register leaves out, and which are overdue.

The text is anybody's: it is stored as it was written (but for blanks at its ends), run by nothing, and stands in no
message.
"""

import datetime as dt

import pandera.polars as pa
import polars as pl

from orchestration.extracts.rules import (
    REFERENCE,
    SENTENCE,
    ExtractModel,
    measure_is_known,
    prose_fits,
    prose_has_words,
    prose_is_plain,
    rule,
)

PROSE = ("decision", "outcome")


class BoardDecisions(ExtractModel):
    """One row per decision and month end, for the whole force: a delivery holds every open decision, and those closed
    since the one before."""

    decision_ref: str = pa.Field(str_length=REFERENCE, description="the decision's reference, the same in every month")
    measure_id: str = pa.Field(nullable=True, description="measure_id of seeds/measures.csv; null when of no measure")
    decision: str = pa.Field(description="what was decided, as written")
    owner_role: str = pa.Field(
        str_matches=SENTENCE,
        description="role that answers for it, never a person's name: it is published, and no rule tells them apart",
    )
    decided_on: dt.date = pa.Field(description="day of the decision")
    due_on: dt.date = pa.Field(description="day it is to be carried out by")
    status: str = pa.Field(isin=["open", "closed"], description="open, or closed with its day and outcome")
    closed_on: dt.date = pa.Field(nullable=True, description="day it was closed; null while open")
    outcome: str = pa.Field(nullable=True, description="what came of it, as written; null while open")

    @rule("the measure is not in seeds/measures.csv")
    def measure_unknown() -> pl.Expr:
        return measure_is_known()

    @rule("decision_ref occurs more than once in the month")
    def decision_repeated() -> pl.Expr:
        return pl.struct("decision_ref", "period_month").is_unique()

    @rule("a closed decision has closed_on and outcome, an open one neither")
    def closure_incomplete() -> pl.Expr:
        is_closed = pl.col("status") == "closed"
        return pl.all_horizontal(pl.col("closed_on", "outcome").is_not_null() == is_closed)

    # Set 2026-11-24: nothing stays open for so long. An empty cell of a spreadsheet can come as a day of 1900; the days
    # it is due and closed on are not before this one.
    @rule("decided_on is more than 20 years before the month")
    def decided_too_early() -> pl.Expr:
        return pl.col("decided_on") >= pl.col("period_month").dt.offset_by("-20y")

    @rule("decided_on is after the month the register is of")
    def decided_in_the_future() -> pl.Expr:
        return pl.col("decided_on") <= pl.col("period_month").dt.month_end()

    @rule("due_on is before decided_on")
    def due_before_decided() -> pl.Expr:
        return pl.col("due_on") >= pl.col("decided_on")

    # Set 2026-11-24: a plan runs three years. A day that stands for no date (31 December 9999), or a slip of the keys
    # (2088 for 2008), would never fall due.
    @rule("due_on is more than 5 years after the month")
    def due_too_late() -> pl.Expr:
        return pl.col("due_on") <= pl.col("period_month").dt.offset_by("5y")

    @rule("closed_on is before decided_on")
    def closed_before_decided() -> pl.Expr:
        return pl.col("closed_on") >= pl.col("decided_on")

    @rule("closed_on is after the month the register is of")
    def closed_in_the_future() -> pl.Expr:
        return pl.col("closed_on") <= pl.col("period_month").dt.month_end()

    @rule("decision or outcome has more than 10,000 characters")
    def text_too_long() -> pl.Expr:
        return prose_fits(*PROSE)

    @rule("decision or outcome holds a control character other than a line break, or a mark of a lost one")
    def text_not_plain() -> pl.Expr:
        return prose_is_plain(*PROSE)

    @rule("decision or outcome has neither a letter nor a digit")
    def text_without_words() -> pl.Expr:
        return prose_has_words(*PROSE)
