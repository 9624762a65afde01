"""The release asset: what readers open.

Here: the Dagster side of publishing.
Belongs here: when a release may be made, and what Dagster shows of it.
Does not belong here: how it is written (`publishing.py`).
"""

import datetime as dt

import dagster as dg

from orchestration.assets.warehouse_models import warehouse_models
from orchestration.partitions import ONE_MONTH_A_RUN, REPORTING_MONTHS
from orchestration.publishing import publish
from orchestration.resources import DBT_PROJECT, Folders

MARTS = [key for key in warehouse_models.keys if key.path[0] == "marts"]


@dg.asset(
    key=["release", "performance"],
    group_name="release",
    kinds={"duckdb"},
    deps=MARTS,
    partitions_def=REPORTING_MONTHS,
    backfill_policy=ONE_MONTH_A_RUN,
)
def release(context: dg.AssetExecutionContext, folders: Folders) -> dg.MaterializeResult:
    """The published database and manifest of a reporting month; runs only when every blocking check passed."""
    published = publish(
        folders.warehouse_path, DBT_PROJECT.manifest_path, context.partition_key, dt.datetime.now(dt.UTC)
    )
    for name in published.damaged:
        context.log.warning(
            f"Warning, releases/{name} is damaged and was left as it is. Restore it from a backup, or leave it:"
            " its number is not used again."
        )
    context.log.info(f"{published.release_id}: {'published' if published.is_new else 'unchanged'}")
    return dg.MaterializeResult(
        metadata={
            "release": published.release_id,
            "folder": dg.MetadataValue.path(published.folder),
            "is_new": published.is_new,
            "status": published.manifest["status"],
            "data_kind": published.manifest["data_kind"],
        }
    )
