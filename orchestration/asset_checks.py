"""Asset checks on what was delivered and on what is published; dbt's tests become checks by themselves.

Here: the checks every extract has, those of the days agreed, and that of the release.
Belongs here: a check on deliveries or on a release beside earlier ones, with what it blocks.
Does not belong here: a check on figures (a dbt test).
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator

import dagster as dg

from orchestration.arrival import landed_months
from orchestration.extracts import Extract
from orchestration.folders import warehouse_folder
from orchestration.landing.control import CONTROL_TOTAL
from orchestration.landing.store import Delivery, Landing
from orchestration.timetable import MONTHLY, Delivered, Late, due_day, last_month, late_extracts

ON_TIME = "delivered_on_time"


def deliveries_spec(asset: dg.AssetKey) -> dg.AssetCheckSpec:
    """Blocking: a refused delivery stops the refresh before anything is published."""
    return dg.AssetCheckSpec(
        "every_delivery_is_accepted",
        asset=asset,
        blocking=True,
        description="No file waiting in raw/ was refused. A refused file stops the refresh.",
    )


def deliveries_result(asset: dg.AssetKey, refused: list[Delivery]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name="every_delivery_is_accepted",
        passed=not refused,
        metadata={d.file_name: d.reason or "" for d in refused},
    )


def control_totals_spec(asset: dg.AssetKey) -> dg.AssetCheckSpec:
    """Blocking: a delivery that is not what its sender counted stops the refresh before anything is published."""
    return dg.AssetCheckSpec(
        "control_totals_agree",
        asset=asset,
        blocking=True,
        description="Every delivery that brings control figures has the rows and sums they state.",
    )


def control_totals_result(asset: dg.AssetKey, refused: list[Delivery]) -> dg.AssetCheckResult:
    apart = [delivery for delivery in refused if CONTROL_TOTAL in delivery.rows_by_rule]
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name="control_totals_agree",
        passed=not apart,
        metadata={d.file_name: d.reason or "" for d in apart},
    )


def accepted_rows_spec(asset: dg.AssetKey) -> dg.AssetCheckSpec:
    """Not blocking: rows under the quarantine limit are set aside, counted, and carried with every figure."""
    return dg.AssetCheckSpec(
        "every_row_is_accepted",
        asset=asset,
        blocking=False,
        description="No row of a new delivery broke a pandera rule. Rows that do are quarantined.",
    )


def accepted_rows_result(asset: dg.AssetKey, landed: list[Delivery]) -> dg.AssetCheckResult:
    broken: Counter[str] = Counter()
    for delivery in landed:
        broken.update(delivery.rows_by_rule)
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name="every_row_is_accepted",
        passed=not broken,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=dict(broken),
    )


def lateness(delivered: Delivered, now: dt.datetime) -> list[dg.AssetCheckEvaluation]:
    """For each extract with an agreed day, whether it is late at an instant for the month that has ended."""
    month = last_month(now)
    late = {each.extract.name: each for each in late_extracts(month, delivered, now)}
    return [
        dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey(["landing", extract.name]),
            check_name=ON_TIME,
            passed=extract.name not in late,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"finding": dg.MetadataValue.text(_on_time(extract, month, delivered, late))},
        )
        for extract in MONTHLY
    ]


def _on_time(extract: Extract, month: dt.date, delivered: Delivered, late: dict[str, Late]) -> str:
    if extract.name in late:
        return str(late[extract.name])
    if month in delivered.get(extract.name, ()):
        return f"{month:%Y-%m} was delivered"
    return f"{month:%Y-%m} is due {due_day(extract, month)}"


# Apart from the refresh, which may report on a month of years ago: the sensor `days_agreed` shows what this finds.
@dg.multi_asset_check(
    name=ON_TIME,
    # A run takes in some extracts and leaves others.
    can_subset=True,
    specs=[
        dg.AssetCheckSpec(
            ON_TIME,
            asset=dg.AssetKey(["landing", extract.name]),
            description="It was delivered for the month that has ended, by the end of the day agreed: working day"
            f" {extract.due_working_day} of the month after.",
        )
        for extract in MONTHLY
    ],
)
def delivered_on_time(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    """Whether each extract was delivered by the day agreed."""
    for found in lateness(landed_months(Landing(warehouse_folder()).deliveries()), dt.datetime.now(dt.UTC)):
        if found.asset_check_key not in context.selected_asset_check_keys:
            continue
        yield dg.AssetCheckResult(
            asset_key=found.asset_key,
            check_name=found.check_name,
            passed=found.passed,
            severity=found.severity,
            metadata=found.metadata,
        )


def restatements_spec(asset: dg.AssetKey) -> dg.AssetCheckSpec:
    """Blocking: a figure that changed without a cause stops the refresh before anything is published."""
    return dg.AssetCheckSpec(
        "every_restatement_is_explained",
        asset=asset,
        blocking=True,
        description="Every figure that differs from what an earlier release said has its cause.",
    )


def restatements_result(asset: dg.AssetKey, unexplained: str | None) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name="every_restatement_is_explained",
        passed=unexplained is None,
        metadata={"unexplained": unexplained} if unexplained else {},
    )
