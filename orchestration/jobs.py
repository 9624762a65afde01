"""Jobs: the monthly refresh.

Here: the one job.
Belongs here: which assets are materialised together, and how they are executed.
Does not belong here: when (`schedules.py`).
"""

import dagster as dg

from orchestration.guard import discard_build
from orchestration.partitions import REPORTING_MONTHS
from orchestration.resources import warehouse_folder


@dg.failure_hook
def distrust_build(context: dg.HookContext) -> None:
    """After an error nobody foresaw (a damaged page, a full disk) the next refresh makes the build database anew."""
    if not isinstance(context.op_exception, dg.Failure):
        discard_build(warehouse_folder())


# In one process: starting one per step costs ten seconds each, and the steps share one database file.
monthly_refresh = dg.define_asset_job(
    "monthly_refresh",
    selection=dg.AssetSelection.all(),
    partitions_def=REPORTING_MONTHS,
    executor_def=dg.in_process_executor,
    hooks={distrust_build},
    description="Land what was delivered, build and test every model, publish a release of the reporting month.",
)
