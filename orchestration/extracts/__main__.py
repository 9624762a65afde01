"""What a valid row is, for people: `python -m orchestration.extracts [extract …]` prints every column and rule.

Here: the printed form of the models.
Belongs here: how a column or a rule is shown.
Does not belong here: what depends on one delivery, its file name or its source (`landing/validation.py`).
"""

import sys
from collections.abc import Iterator

import pandera.polars as pa
import polars as pl

from orchestration.extracts import EXTRACTS, Extract
from orchestration.layouts.monthly_extracts import IMPLIED, NOT_SENT

KINDS = {pl.Date: "date", pl.Boolean: "flag", pl.Int64: "whole number", pl.Float64: "number", pl.String: "text"}
CODES = """A row is quarantined with the code of each rule it breaks. Beside the rules named below, a column has up to
three of its own:
  <column>_missing         it is empty and must not be
  <column>_unreadable      it cannot be read as what it is
  <column>_out_of_domain   it is not among the values agreed, shown here in brackets"""


def printed(extract: Extract) -> Iterator[str]:
    """The lines for one extract: its columns, then its rules, each with its code and its sentence."""
    schema = extract.model.to_schema()
    left_out = IMPLIED.get(extract.name, {}).keys() | NOT_SENT.get(extract.name, frozenset())
    yield f"\n{extract.name}: {extract.title}\n"
    for name, column in schema.columns.items():
        yield f"  {name:<24} {_column(column)}" + (
            " (not delivered each month: leave it out)" if name in left_out else ""
        )
    yield ""
    for check in schema.checks:
        yield f"  {check.name:<32} {check.error}"


def _column(column: pa.Column) -> str:
    kind = KINDS[column.dtype.type] + (", may be empty" if column.nullable else "")
    domain = "; ".join(str(check.error) for check in column.checks)
    return f"{kind}: {column.description}" + (f" [{domain}]" if domain else "")


if __name__ == "__main__":
    print(CODES)
    for named in sys.argv[1:] or EXTRACTS:
        print("\n".join(printed(EXTRACTS[named])))
