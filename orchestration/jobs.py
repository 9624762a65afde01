"""Jobs: the monthly refresh.

Here: the one job.
Belongs here: which assets are materialised together, and how they are executed.
Does not belong here: when (`schedules.py`).
"""

import dagster as dg

from orchestration.partitions import REPORTING_MONTHS

# In one process: starting one per step costs ten seconds each, and the steps share one database file.
monthly_refresh = dg.define_asset_job(
    "monthly_refresh",
    selection=dg.AssetSelection.all(),
    partitions_def=REPORTING_MONTHS,
    executor_def=dg.in_process_executor,
    description="Land what was delivered, build and test every model, publish a release of the reporting month.",
)
