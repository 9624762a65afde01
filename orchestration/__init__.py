"""The performance-indicator warehouse: deliveries in, a published scorecard out.

Here: the Dagster code that gates, validates, lands, transforms and publishes.
Belongs here: anything that runs before or after dbt.
Does not belong here: what a measure means; that is `dbt_project/`.
"""
