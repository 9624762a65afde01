"""What a pandera model of an extract is built from.

Here: the base model, the rule decorator and the rules that several extracts share.
Belongs here: a rule at least two extracts need.
Does not belong here: the columns or rules of one extract.

A rule has a code (the name a quarantined row carries) and a sentence (what the person on call reads). A null is
never a failure of a rule about values: whether a column may be null is the column's own property.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pandera.polars as pa
import polars as pl

from orchestration.extracts.seeds import area_ids, measure_ids

SLUG = r"^[a-z0-9][a-z0-9_]{0,39}$"
# Set 2026-11-24: references here have about 20 characters; what is longer is some other text, by a mis-mapped column.
REFERENCE = {"max_value": 64}
# A title, or a role. Set 2026-11-24: what is longer is another column's text. A line break within a cell is no fault;
# other control characters, and the mark that stands for a lost one, show that the text was damaged on its way.
SENTENCE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]{1,300}$"
# Set 2026-11-24: three pages, more than a Board reads on one measure; what is longer is a document pasted into a cell.
LONGEST_PROSE = 10_000
# A control character other than a line break (a tab, a carriage return alone), or the mark that stands for a lost one.
NO_PROSE = r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]|\r[^\n]"
# Set 2026-11-24: no day of 2050 can have come. Later days are slips of the keys (2088 for 2008) or stand for no date
# (31 December 9999).
TOO_LATE = dt.date(2050, 1, 1)
# Areas where something can happen to somebody, and areas that are the sum of others.
PLACES = area_ids() - area_ids("business_group", "national_fraud_body")
TOTALS = area_ids("force", "region", "region_part", "country")


def rule(sentence: str) -> Callable[[Callable[[], pl.Expr]], Any]:
    """Turn a function that returns one boolean expression over the row into a named pandera rule."""

    def decorate(expression: Callable[[], pl.Expr]) -> Any:
        def check(cls: type, data: pa.PolarsData) -> pl.LazyFrame:
            return data.lazyframe.select(expression().fill_null(True))

        check.__name__ = expression.__name__
        return pa.dataframe_check(name=expression.__name__, error=sentence)(check)

    return decorate


def unique(column: str) -> pl.Expr:
    """True where `column` is null or occurs once in the delivery."""
    return pl.col(column).is_null() | pl.col(column).is_unique()


def unique_among(rows: pl.Expr, cell: list[str]) -> pl.Expr:
    """True where a row is not one of `rows` or is the only one of them with its `cell`.

    The cells are compared among `rows` alone: comparing them in all of a month of records would cost seconds.
    """
    number = pl.int_range(pl.len())
    repeated = number.filter(rows).filter(pl.struct(cell).filter(rows).is_duplicated())
    return ~number.is_in(repeated.implode())


def record_has_key_and_date(key: str, date: str) -> pl.Expr:
    """True where a row is a record (key and date) or a count (neither)."""
    return pl.col(key).is_null() == pl.col(date).is_null()


def dated_row_covers_one_month(date: str) -> pl.Expr:
    """True where a row has no day of its own or says that it covers one month."""
    return pl.col(date).is_null() | (pl.col("months_covered") == 1)


def record_is_of_no_total(key: str) -> pl.Expr:
    """True where a row is no record or its area is not the sum of others."""
    return pl.col(key).is_null() | ~pl.col("area").is_in(sorted(TOTALS))


def measure_is_known() -> pl.Expr:
    """True where `measure_id` is null or in the catalogue, `seeds/measures.csv`."""
    return pl.col("measure_id").is_in(sorted(measure_ids()))


def prose_fits(*columns: str) -> pl.Expr:
    """True where none of the texts has more than `LONGEST_PROSE` characters."""
    return pl.all_horizontal(pl.col(column).str.len_chars() <= LONGEST_PROSE for column in columns)


def prose_is_plain(*columns: str) -> pl.Expr:
    """True where none of the texts holds a control character other than a line break, or lost one on its way."""
    return pl.all_horizontal(~pl.col(column).str.contains(NO_PROSE) for column in columns)


def prose_has_words(*columns: str) -> pl.Expr:
    """True where each text that is there has a letter or a digit: marks that show nothing are no text."""
    return pl.all_horizontal(pl.col(column).str.contains(r"[\p{L}\p{N}]") for column in columns)


class ExtractModel(pa.DataFrameModel):
    """Columns every extract with a month has; the order of columns does not matter, their set does."""

    period_month: dt.date = pa.Field(description="first day of the last month covered")
    months_covered: int = pa.Field(description="months the row covers, ending with period_month", ge=1, le=12)
    area: str = pa.Field(description="area_id of seeds/areas.csv")

    @rule("period_month is not the first day of a month")
    def period_is_a_month() -> pl.Expr:
        return pl.col("period_month").dt.day() == 1

    # Set 2026-11-22: no series here starts before 1994, and one row of year 201 would open a window a month from there.
    @rule("the month is before January 1990")
    def period_before_1990() -> pl.Expr:
        return pl.col("period_month") >= dt.date(1990, 1, 1)

    @rule("the month is after December 2049")
    def period_too_late() -> pl.Expr:
        return pl.col("period_month") < TOO_LATE

    @rule("the area is not in seeds/areas.csv")
    def area_unknown() -> pl.Expr:
        return pl.col("area").is_in(sorted(area_ids()))

    class Config:
        strict = True
        coerce = False
