"""The release asset: what readers open.

Here: the Dagster side of publishing.
Belongs here: when a release may be made, and what Dagster shows of it.
Does not belong here: how it is written (`publishing.py`).
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.asset_checks import restatements_result, restatements_spec
from orchestration.assets.landing import OWNERS
from orchestration.assets.warehouse_models import warehouse_models
from orchestration.board_pack import write_packs
from orchestration.failures import QuotingNoRow
from orchestration.ledger import LedgerDamaged
from orchestration.partitions import ONE_MONTH_A_RUN, REPORTING_MONTHS
from orchestration.publishing import NotOfMonth, Release, publish
from orchestration.resources import DBT_PROJECT, Folders, Unforeseen
from orchestration.restatement import Unexplained
from orchestration.retries import tried_again
from orchestration.run_summary import summary

MARTS = [key for key in warehouse_models.keys if key.path[0] == "marts"]


KEY = dg.AssetKey(["release", "performance"])


@dg.asset(
    key=KEY,
    group_name="release",
    kinds={"duckdb"},
    owners=OWNERS,
    deps=MARTS,
    partitions_def=REPORTING_MONTHS,
    backfill_policy=ONE_MONTH_A_RUN,
    check_specs=[restatements_spec(KEY)],
)
def release(
    context: dg.AssetExecutionContext, folders: Folders
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult]:
    """The published database, packs and manifest of a reporting month; runs only when every blocking check passed."""
    run = summary(context.instance, context.run)
    with tried_again(context), QuotingNoRow(Unforeseen):
        published = _published(folders.warehouse_path, context.partition_key, run)
    if isinstance(published, LedgerDamaged | NotOfMonth):
        raise dg.Failure(description=str(published), allow_retries=False)
    if isinstance(published, Unexplained):
        yield restatements_result(KEY, str(published))
        raise Unforeseen(description=str(published), allow_retries=False)
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
            "run": dg.MetadataValue.json(run),
            **{
                name: dg.MetadataValue.path(published.folder / name)
                for name in published.manifest["files"]
                if "/" not in name
            },
        }
    )


def _published(
    warehouse: Path, month: str, run: Mapping[str, Any]
) -> Release | LedgerDamaged | NotOfMonth | Unexplained:
    """The release, or why there is none, in words of its own."""
    try:
        return publish(warehouse, DBT_PROJECT.manifest_path, month, dt.datetime.now(dt.UTC), run, write_packs)
    except (LedgerDamaged, NotOfMonth, Unexplained) as reason:
        return reason
