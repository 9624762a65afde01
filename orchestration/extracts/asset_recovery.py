"""Asset recovery: a case in which criminal assets were taken.

Here: the columns and rules of the extract.
Belongs here: what makes one delivered case valid.
Does not belong here: which cases and stages a measure counts.
"""

import datetime as dt

import pandera.polars as pa
import polars as pl

from orchestration.extracts.rules import REFERENCE, ExtractModel, rule, unique

STAGES = ["seized", "restrained", "confiscated", "forfeited"]


class AssetRecovery(ExtractModel):
    """One row per case, in the month of its `seizure_date`; `stage` is how far it has come by the delivery."""

    case_ref: str = pa.Field(str_length=REFERENCE, description="the case's reference")
    seizure_date: dt.date = pa.Field(description="day the assets were seized")
    stage: str = pa.Field(isin=STAGES, description="seized, restrained, confiscated or forfeited")
    # Set 2026-11-24: ten billion pounds is more than any police force has seized; more is a reference or a date.
    value_gbp: float = pa.Field(ge=0, le=10_000_000_000, description="value of the assets, pounds")

    @rule("case_ref occurs more than once in the delivery")
    def case_ref_repeated() -> pl.Expr:
        return unique("case_ref")
