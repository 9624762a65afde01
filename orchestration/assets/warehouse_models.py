"""Warehouse models: the dbt project as assets, its tests as asset checks.

Here: the one `@dbt_assets` definition.
Belongs here: how dbt's nodes look in Dagster.
Does not belong here: SQL.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets

from orchestration.partitions import ONE_MONTH_A_RUN, REPORTING_MONTHS
from orchestration.resources import DBT_PROJECT, DbtInProcess
from orchestration.retries import tried_again

# Whom to ask about an asset: who keeps the definitions of measures.
OWNERS = ["team:performance-analysts"]


class FolderTranslator(DagsterDbtTranslator):
    """Groups and keys carry the dbt folder's name, so that every picture of the flow uses the same words."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return "seeds" if dbt_resource_props["resource_type"] == "seed" else dbt_resource_props["fqn"][1]

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str]:
        return OWNERS

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return super().get_asset_key(dbt_resource_props)
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])


@dbt_assets(
    manifest=DBT_PROJECT.manifest_path,
    dagster_dbt_translator=FolderTranslator(),
    partitions_def=REPORTING_MONTHS,
    project=DBT_PROJECT,
    backfill_policy=ONE_MONTH_A_RUN,
)
def warehouse_models(context: dg.AssetExecutionContext, dbt: DbtInProcess) -> Iterator[Any]:
    """Build and test every model of the dbt project."""
    with tried_again(context):
        yield from dbt.build(context)
