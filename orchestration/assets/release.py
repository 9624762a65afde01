"""The release asset: what readers open.

Here: the Dagster side of publishing.
Belongs here: when a release may be made, and what Dagster shows of it.
Does not belong here: how it is written (`publishing.py`).
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration.asset_checks import restatements_result, restatements_spec
from orchestration.assets.warehouse_models import warehouse_models
from orchestration.board_pack import write_packs
from orchestration.ledger import LedgerDamaged
from orchestration.partitions import ONE_MONTH_A_RUN, REPORTING_MONTHS
from orchestration.publishing import publish
from orchestration.resources import DBT_PROJECT, Folders, Unforeseen
from orchestration.restatement import Unexplained

MARTS = [key for key in warehouse_models.keys if key.path[0] == "marts"]


KEY = dg.AssetKey(["release", "performance"])


@dg.asset(
    key=KEY,
    group_name="release",
    kinds={"duckdb"},
    deps=MARTS,
    partitions_def=REPORTING_MONTHS,
    backfill_policy=ONE_MONTH_A_RUN,
    check_specs=[restatements_spec(KEY)],
)
def release(
    context: dg.AssetExecutionContext, folders: Folders
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult]:
    """The published database, packs and manifest of a reporting month; runs only when every blocking check passed."""
    now = dt.datetime.now(dt.UTC)
    try:
        published = publish(
            folders.warehouse_path,
            DBT_PROJECT.manifest_path,
            context.partition_key,
            now,
            _run_so_far(context),
            write_packs,
        )
    except LedgerDamaged as damaged:
        raise dg.Failure(description=str(damaged), allow_retries=False) from None
    except Unexplained as unexplained:
        yield restatements_result(KEY, str(unexplained))
        raise Unforeseen(description=str(unexplained), allow_retries=False) from None
    yield restatements_result(KEY, None)
    for name in published.damaged:
        context.log.warning(
            f"Warning, releases/{name} is damaged and was left as it is. Restore it from a backup, or leave it:"
            " its number is not used again."
        )
    for name in published.pruned:
        context.log.info(f"{name}: deleted, newer ones are kept; what it said is in the ledger")
    context.log.info(f"{published.release_id}: {'published' if published.is_new else 'unchanged'}")
    yield dg.MaterializeResult(
        metadata={
            "release": published.release_id,
            "folder": dg.MetadataValue.path(published.folder),
            "is_new": published.is_new,
            "status": published.manifest["status"],
            "data_kind": published.manifest["data_kind"],
        }
    )


def _run_so_far(context: dg.AssetExecutionContext) -> dict[str, Any]:
    """What the manifest keeps of the run: when it started, the seconds of each step, and how each check ended."""
    checks: dict[str, str] = {}
    began: dict[str, float] = {}
    seconds: dict[str, float] = {}
    kinds = {dg.DagsterEventType.STEP_START, dg.DagsterEventType.STEP_SUCCESS}
    for entry in context.instance.all_logs(context.run_id, of_type=kinds):
        if entry.dagster_event_type == dg.DagsterEventType.STEP_START:
            began[entry.step_key or ""] = entry.timestamp
        else:
            seconds[entry.step_key or ""] = round(entry.timestamp - began[entry.step_key or ""], 1)
    for entry in context.instance.all_logs(context.run_id, of_type={dg.DagsterEventType.ASSET_CHECK_EVALUATION}):
        check = entry.get_dagster_event().asset_check_evaluation_data
        checks[f"{'/'.join(check.asset_key.path)}: {check.check_name}"] = "passed" if check.passed else "warned"
    started = dt.datetime.fromtimestamp(min(began.values()), dt.UTC)
    return {
        "started_at": started.isoformat(timespec="seconds"),
        "seconds": seconds,
        "checks": dict(sorted(checks.items())),
    }
