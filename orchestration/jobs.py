"""Jobs: the monthly refresh.

Here: the one job, and what a terminal shows of its runs.
Belongs here: which assets are materialised together, and how they are executed.
Does not belong here: when (`schedules.py`, `sensors.py`).
"""

import logging
import sys

import dagster as dg

from orchestration.asset_checks import delivered_on_time
from orchestration.folders import warehouse_folder
from orchestration.guard import discard_build
from orchestration.partitions import REPORTING_MONTHS
from orchestration.resources import Unforeseen


@dg.failure_hook
def distrust_build(context: dg.HookContext) -> None:
    """After an error nobody foresaw (a damaged page, a full disk) the next refresh makes the build database anew."""
    if not isinstance(context.op_exception, dg.Failure) or isinstance(context.op_exception, Unforeseen):
        discard_build(warehouse_folder())


@dg.logger
def progress(context: dg.InitLoggerContext) -> logging.Logger:
    """What the steps say of their work, a line each.

    Errors are left out: the refresh ends with them, in words, and Dagster keeps their stack traces.
    """
    terminal = logging.StreamHandler(sys.stdout)
    terminal.setFormatter(logging.Formatter("  {dagster_meta[orig_message]}", style="{"))
    terminal.addFilter(lambda record: record.levelno < logging.ERROR)
    logger = logging.Logger("progress", logging.INFO)
    logger.addHandler(terminal)
    return logger


# In one process: starting one per step costs ten seconds each, and the steps share one database file.
monthly_refresh = dg.define_asset_job(
    "monthly_refresh",
    selection=dg.AssetSelection.all() - dg.AssetSelection.checks(delivered_on_time),
    partitions_def=REPORTING_MONTHS,
    executor_def=dg.in_process_executor,
    hooks={distrust_build},
    description="Land what was delivered, build and test every model, publish a release of the reporting month.",
)
