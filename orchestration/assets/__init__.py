"""The assets, in the order of the flow: landing, warehouse models, release.

Here: the Dagster side of each step.
Belongs here: what is materialised, its checks and its metadata.
Does not belong here: how a step is done (`landing/`, `dbt_project/`, `publishing.py`).
"""
