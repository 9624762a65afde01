"""Service levels: a day, or a month, of demand on a service and how much of it was met within the standard.

Here: the columns and rules of the extract.
Belongs here: what makes one delivered day or month valid.
Does not belong here: the standard a target asks for.
"""

import datetime as dt

import pandera.polars as pa
import polars as pl

from orchestration.extracts.rules import SLUG, ExtractModel, rule


class ServiceLevels(ExtractModel):
    """One row per service and day, or per service and month, for the whole force.

    `demand` is what fell due for the standard: calls received; for electronic evidence the submissions whose 28
    days have elapsed, open late ones among them.
    """

    service_date: dt.date = pa.Field(nullable=True, description="the day; null for a month's count")
    service: str = pa.Field(str_matches=SLUG, description="emergency_calls, electronic_evidence, …")
    demand: int = pa.Field(ge=0, description="calls received, or submissions fallen due")
    within_standard: int = pa.Field(ge=0, description="of these, met within the service's standard")

    @rule("more within the standard than the demand")
    def within_exceeds_demand() -> pl.Expr:
        return pl.col("within_standard") <= pl.col("demand")

    # Set 2026-11-24: the whole country makes about 100,000 emergency calls a day. More is a reference or a date, or a
    # month's count in a day's row.
    @rule("demand is above 100,000 in a day, or 3,000,000 in a month")
    def demand_too_high() -> pl.Expr:
        most = pl.when(pl.col("service_date").is_null()).then(3_000_000).otherwise(100_000)
        return pl.col("demand") <= most

    @rule("the service has two figures for one day or month")
    def service_day_repeated() -> pl.Expr:
        return pl.struct("service", "service_date", "period_month").is_unique()

    @rule("the service has daily figures and a count for the same month")
    def days_and_month_together() -> pl.Expr:
        return pl.col("service_date").is_null().n_unique().over("service", "period_month") == 1

    @rule("service_date is outside the period")
    def service_outside_period() -> pl.Expr:
        return pl.col("service_date").dt.truncate("1mo") == pl.col("period_month")
