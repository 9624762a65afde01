"""Asset checks on what was delivered and on what is published; dbt's tests become checks by themselves.

Here: the checks every extract has, and that of the release.
Belongs here: a check on deliveries or on a release beside earlier ones, with what it blocks.
Does not belong here: a check on figures (a dbt test).
"""

from collections import Counter

import dagster as dg

from orchestration.landing.control import CONTROL_TOTAL
from orchestration.landing.store import Delivery


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
