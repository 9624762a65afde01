"""Row rules applied: every row of a delivery is accepted, or quarantined with all its reasons.

Here: casting text to an extract's types and running its pandera model.
Belongs here: how a rule's verdict reaches a row.
Does not belong here: the rules (`extracts/`).
"""

import datetime as dt
from dataclasses import dataclass

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from orchestration.extracts import Extract
from orchestration.extracts.seeds import offence_codes
from orchestration.landing.control import refuse_unlike_control
from orchestration.landing.received import Received
from orchestration.layouts.layout import Layout

TRUE = ["true", "t", "yes", "y", "1"]
FALSE = ["false", "f", "no", "n", "0"]
# A spreadsheet hands a date over as text with a midnight behind it.
DATE_FORMATS = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y"]
# A day of 1927 to 2173, as a workbook counts them, with or without a time.
SERIAL_DAY = r"^([1-9]\d{4})(?:\.\d+)?$"
GROUPED = r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$"


@dataclass(frozen=True)
class Validated:
    """Accepted rows (typed, the model's columns and `line_number`), quarantined rows (as received, with `rules`,
    `reasons`, and the period they are of where it could be read), and how many rows broke each rule and
    what it says."""

    accepted: pl.DataFrame
    quarantined: pl.DataFrame
    rows_by_rule: dict[str, int]
    sentences: dict[str, str]

    @property
    def rows_received(self) -> int:
        return self.accepted.height + self.quarantined.height


def validate(received: Received, layout: Layout, extract: Extract) -> Validated:
    """Apply an extract's model to one delivery, relaxed for the columns its layout does not carry."""
    schema = _schema(received, layout, extract)
    as_received = layout.read(received)
    absent = [pl.lit(None).alias(name) for name in schema.columns if name not in as_received.columns]
    as_received = as_received.with_columns(absent)
    typed, failures = _cast(as_received, schema, received.day_zero)
    refuse_unlike_control(received, layout, typed)
    typed = _with_period(typed, extract)
    failures += _rule_failures(typed.select(list(schema.columns)), schema)

    rules: dict[str, tuple[str, pl.Series]] = {}
    for code, sentence, failed in failures:
        known = rules.get(code)
        rules[code] = (sentence, failed if known is None else known[1] | failed)
    # A cell that could not be read is null by now; say why once, not also that it is missing.
    for code in [code for code in rules if code.endswith("_missing")]:
        unreadable = rules.get(code.replace("_missing", "_unreadable"))
        if unreadable is not None:
            rules[code] = (rules[code][0], rules[code][1] & ~unreadable[1])
    rules = {code: found for code, found in rules.items() if found[1].any()}
    if not rules:
        none = as_received.clear().with_columns(
            quarantined_period=pl.lit(None, pl.Date), quarantined_months=pl.lit(1), rules=pl.lit(""), reasons=pl.lit("")
        )
        return Validated(typed, none, {}, {})

    broken = pl.DataFrame({code: failed for code, (_, failed) in rules.items()})
    is_quarantined = broken.select(pl.any_horizontal(pl.all())).to_series()
    sentences = {code: sentence for code, (sentence, _) in rules.items()}
    said = broken.select(rules=_joined({code: code for code in rules}), reasons=_joined(sentences))
    quarantined = pl.concat(
        [as_received, typed.select(quarantined_period="period_month", quarantined_months="months_covered"), said],
        how="horizontal",
    )
    return Validated(
        accepted=typed.filter(~is_quarantined),
        quarantined=quarantined.filter(is_quarantined),
        rows_by_rule={code: int(failed.sum()) for code, (_, failed) in rules.items()},
        sentences=sentences,
    )


def _joined(words: dict[str, str]) -> pl.Expr:
    parts = [pl.when(pl.col(code)).then(pl.lit(word)) for code, word in words.items()]
    return pl.concat_str(parts, separator="; ", ignore_nulls=True)


def _schema(received: Received, layout: Layout, extract: Extract) -> pa.DataFrameSchema:
    """The model's schema for one delivery. A new one each time: pandera keeps and shares what the model makes."""
    model = extract.model.to_schema()
    checks = list(model.checks)
    if "offence_code" in model.columns:
        known = pl.col("offence_code").is_in(sorted(offence_codes(layout.source)))
        sentence = f"the offence is not in seeds/offence_groups.csv for {layout.source}"
        checks.append(_check("offence_unknown", sentence, known))
    if received.file_month is not None:
        same = pl.col("period_month") == pl.lit(received.file_month)
        sentence = "the row's month is not the month in the file name"
        checks.append(_check("month_differs_from_file_name", sentence, same))
    schema = pa.DataFrameSchema(model.columns, checks=checks, strict=True)
    not_carried = {name: {"nullable": True} for name in model.columns if name not in layout.carries}
    return schema.update_columns(not_carried) if not_carried else schema


def _check(code: str, sentence: str, passes: pl.Expr) -> pa.Check:
    return pa.Check(lambda data: data.lazyframe.select(passes.fill_null(True)), name=code, error=sentence)


def _cast(
    rows: pl.DataFrame, schema: pa.DataFrameSchema, day_zero: dt.date | None
) -> tuple[pl.DataFrame, list[tuple[str, str, pl.Series]]]:
    """Cast every column to the model's type; a cell that has content and no reading is a failure.

    The plain way of writing is tried on every cell, the others only where a column has cells without that reading.
    """
    types = {name: column.dtype.type for name, column in schema.columns.items()}
    typed = rows.select("line_number", *[_reading(name, rows.schema[name], wanted) for name, wanted in types.items()])
    kinds = {pl.Date: "a date (YYYY-MM-DD)", pl.Boolean: "true or false", pl.Int64: "a whole number"}
    failures = []
    for name, wanted in types.items():
        if rows.schema[name] in (wanted, pl.Null) or rows[name].null_count() == typed[name].null_count():
            continue
        unread = rows[name].is_not_null() & typed[name].is_null()
        if rows.schema[name] == pl.String:
            unread = unread & (rows[name].str.strip_chars() != "")
            if unread.any():
                text = pl.when(unread).then(pl.col(name).str.strip_chars())
                otherwise_read = rows.select(_other_reading_of_text(text, wanted, day_zero)).to_series()
                typed = typed.with_columns(pl.coalesce(name, otherwise_read).alias(name))
                unread = unread & otherwise_read.is_null()
        sentence = f"{name} is not {kinds.get(wanted, 'a number')}"
        failures.append((f"{name}_unreadable", sentence, unread))
    return typed, failures


def _reading(name: str, received: pl.DataType, wanted: pl.DataType) -> pl.Expr:
    """A column read as the type wanted; null where a cell has no such reading."""
    column = pl.col(name)
    if received == pl.String:
        return _reading_of_text(column.str.strip_chars(), wanted).alias(name)
    if received.is_float():
        finite = pl.when(column.is_finite()).then(column)
        if wanted == pl.Int64:
            # A whole number held as a fraction (12.0) reads as 12; 12.5 does not read as a whole number.
            whole = finite.cast(pl.Int64, strict=False)
            return pl.when(whole.cast(pl.Float64) == column).then(whole).alias(name)
        return (finite.cast(wanted) if wanted == pl.Float64 else pl.lit(None, wanted)).alias(name)
    is_readable = (
        received in (wanted, pl.Null)
        or (received.is_integer() and wanted in (pl.Int64, pl.Float64))
        or (received.is_decimal() and wanted == pl.Float64)
        or (isinstance(received, pl.Datetime) and wanted == pl.Date)
    )
    return (column.cast(wanted, strict=False) if is_readable else pl.lit(None, wanted)).alias(name)


def _reading_of_text(text: pl.Expr, wanted: pl.DataType) -> pl.Expr:
    """What a text says, written as agreed."""
    if wanted == pl.Date:
        return text.str.to_date("%Y-%m-%d", strict=False, exact=True)
    if wanted == pl.Boolean:
        return pl.when(text == "true").then(True).when(text == "false").then(False)
    if wanted == pl.Float64:
        number = text.cast(pl.Float64, strict=False)
        return pl.when(number.is_finite()).then(number)
    if wanted == pl.Int64:
        return text.cast(pl.Int64, strict=False)
    return pl.when(text != "").then(text)


def _other_reading_of_text(text: pl.Expr, wanted: pl.DataType, day_zero: dt.date | None) -> pl.Expr:
    """What a text says, written in another way that means one thing only: grouped thousands, a day and time, yes."""
    if wanted == pl.Date:
        readings = [text.str.to_date(written, strict=False, exact=True) for written in DATE_FORMATS]
        if day_zero is not None:
            days = text.str.extract(SERIAL_DAY).cast(pl.Int64, strict=False)
            readings.append(pl.lit(day_zero) + pl.duration(days=days))
        return pl.coalesce(readings)
    if wanted == pl.Boolean:
        lower = text.str.to_lowercase()
        return pl.when(lower.is_in(TRUE)).then(True).when(lower.is_in(FALSE)).then(False)
    if wanted in (pl.Int64, pl.Float64):
        is_grouped = text.str.contains(GROUPED)
        number = pl.when(is_grouped).then(text.str.replace_all(",", "", literal=True)).otherwise(text)
        # A workbook holds every number as a fraction and may hand 12 over as 12.0.
        return _reading_of_text(number.str.replace(r"\.0+$", ""), wanted)
    return pl.lit(None, wanted)


def _with_period(typed: pl.DataFrame, extract: Extract) -> pl.DataFrame:
    """Fill the month of a record from its date, and one month where a row does not say how many it covers."""
    if extract.date_column:
        month = pl.col(extract.date_column).dt.truncate("1mo")
        typed = typed.with_columns(pl.coalesce("period_month", month).alias("period_month"))
    return typed.with_columns(pl.col("months_covered").fill_null(1))


def _rule_failures(typed: pl.DataFrame, schema: pa.DataFrameSchema) -> list[tuple[str, str, pl.Series]]:
    try:
        schema.validate(typed, lazy=True)
    except SchemaErrors as errors:
        return [_failure(error, typed.height) for error in errors.schema_errors]
    return []


def _failure(error: pa.errors.SchemaError, rows: int) -> tuple[str, str, pl.Series]:
    """A rule's code, sentence and failing rows; pandera's own message quotes values and is not used."""
    output = error.check_output
    if output is None:
        raise error
    failed = ~output.to_series().fill_null(True)
    if failed.len() != rows:
        raise error
    if isinstance(error.check, str):
        return (f"{error.column_name}_missing", f"{error.column_name} is missing", failed)
    if isinstance(error.schema, pa.DataFrameSchema):
        return (str(error.check.name), str(error.check.error), failed)
    return (
        f"{error.column_name}_out_of_domain",
        f"{error.column_name} is not among the values agreed",
        failed,
    )
