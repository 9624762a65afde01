"""Commentary: what a role writes of a measure's month, for the Board.

Here: the columns and rules of the extract.
Belongs here: what makes one delivered commentary valid.
Does not belong here: which measures need one, and how it is shown.

The text is anybody's: it is stored as it was written (but for blanks at its ends), run by nothing, and stands in no
message.
"""

import datetime as dt

import pandera.polars as pa
import polars as pl

from orchestration.extracts.rules import (
    SENTENCE,
    ExtractModel,
    measure_is_known,
    prose_fits,
    prose_has_words,
    prose_is_plain,
    rule,
)

PROSE = ("commentary", "decision_asked")


class Commentary(ExtractModel):
    """One row per measure, month and role that writes of it, for the whole force."""

    measure_id: str = pa.Field(description="measure_id of seeds/measures.csv")
    author_role: str = pa.Field(
        str_matches=SENTENCE,
        description="role that wrote it, never a person's name: it is published, and no rule tells a name from a role",
    )
    written_on: dt.date = pa.Field(description="day it was written")
    commentary: str = pa.Field(description="what is to be said of the month's figure, as written")
    decision_asked: str = pa.Field(nullable=True, description="decision the Board is asked for; null without one")

    @rule("the measure is not in seeds/measures.csv")
    def measure_unknown() -> pl.Expr:
        return measure_is_known()

    @rule("the role has two commentaries on one measure and month")
    def commentary_repeated() -> pl.Expr:
        return pl.struct("measure_id", "period_month", "author_role").is_unique()

    @rule("written_on is before the month begins")
    def written_before_month() -> pl.Expr:
        return pl.col("written_on") >= pl.col("period_month")

    # Set 2026-11-24: the Board reads a month in the month after it, and a year's figures are reconciled within months.
    # What is written later than a year after is of another month, or a slip of the keys.
    @rule("written_on is more than a year after the month")
    def written_too_late() -> pl.Expr:
        return pl.col("written_on") <= pl.col("period_month").dt.offset_by("1y").dt.month_end()

    @rule("commentary or decision_asked has more than 10,000 characters")
    def text_too_long() -> pl.Expr:
        return prose_fits(*PROSE)

    @rule("commentary or decision_asked holds a control character other than a line break, or a mark of a lost one")
    def text_not_plain() -> pl.Expr:
        return prose_is_plain(*PROSE)

    @rule("commentary or decision_asked has neither a letter nor a digit")
    def text_without_words() -> pl.Expr:
        return prose_has_words(*PROSE)
