"""Everything Dagster knows, in the order of the flow: a table of contents."""

import dagster as dg

from orchestration.asset_checks import delivered_on_time
from orchestration.assets.landing import LANDING_ASSETS
from orchestration.assets.public_edition import public_edition
from orchestration.assets.release import release
from orchestration.assets.warehouse_models import warehouse_models
from orchestration.jobs import monthly_refresh, progress
from orchestration.resources import resources
from orchestration.schedules import monthly_schedule
from orchestration.sensors import arrival, days_agreed, died

definitions = dg.Definitions(
    assets=[*LANDING_ASSETS, warehouse_models, release, public_edition],
    asset_checks=[delivered_on_time],
    jobs=[monthly_refresh],
    schedules=[monthly_schedule],
    sensors=[arrival, days_agreed, died],
    loggers={"console": progress},
    resources=resources(),
)
