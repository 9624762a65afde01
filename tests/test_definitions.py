"""What Dagster shows and when it runs.

Here: the asset graph, its checks, the job and the schedule.
Belongs here: a promise about orchestration that needs no refresh.
Does not belong here: what a run publishes (`test_refresh.py`).
"""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from orchestration import dev, sensors
from orchestration.arrival import Look
from orchestration.definitions import definitions
from orchestration.extracts import EXTRACTS
from orchestration.extracts.seeds import SEEDS
from orchestration.layouts import LAYOUTS
from orchestration.layouts.layout import Layout
from orchestration.timetable import MONTHLY


def _checks() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key in definitions.resolve_asset_graph().asset_check_keys:
        found.setdefault("/".join(key.asset_key.path), set()).add(key.name)
    return found


@pytest.mark.parametrize("extract", EXTRACTS)
def test_every_extract_shows_whether_its_deliveries_and_rows_were_accepted(extract: str) -> None:
    agreed = {"delivered_on_time"} if EXTRACTS[extract].due_working_day else set()
    assert _checks()[f"landing/{extract}"] == agreed | {
        "every_delivery_is_accepted",
        "control_totals_agree",
        "every_row_is_accepted",
    }


def test_dbt_tests_are_asset_checks() -> None:
    checks = _checks()
    assert "every_measure_in_force_is_on_the_scorecard" in checks["marts/scorecard"]
    assert "every_null_value_has_a_reason" in checks["marts/fct_measure_result"]
    assert "every_source_is_ranked" in checks["intermediate/int_coverage"]


def test_a_staging_model_is_downstream_of_its_landing() -> None:
    graph = definitions.resolve_asset_graph()
    upstream = graph.get(dg.AssetKey(["staging", "base_crime_count"])).parent_keys
    assert dg.AssetKey(["landing", "recorded_crime"]) in upstream


def test_the_release_is_downstream_of_every_mart() -> None:
    graph = definitions.resolve_asset_graph()
    marts = {key for key in graph.get_all_asset_keys() if key.path[0] == "marts"}
    assert graph.get(dg.AssetKey(["release", "performance"])).parent_keys == marts


def test_the_job_runs_in_one_process_for_a_reporting_month() -> None:
    job = definitions.resolve_job_def("monthly_refresh")
    assert job.executor_def == dg.in_process_executor
    assert job.partitions_def is not None
    assert "2008-12" in job.partitions_def.get_partition_keys()


def test_a_refresh_asks_nothing_of_the_days_agreed_today() -> None:
    """It may report on a month of years ago; the check stands beside each monthly extract all the same."""
    job = definitions.resolve_job_def("monthly_refresh")
    late = {key for key in definitions.resolve_asset_graph().asset_check_keys if key.name == "delivered_on_time"}
    assert len(late) == len(MONTHLY)
    assert not late & set(job.asset_layer.asset_graph.asset_check_keys)


def test_a_run_can_take_in_some_extracts_and_leave_the_others() -> None:
    chosen = {dg.AssetKey(["landing", name]) for name in ("workforce", "milestones")}
    job = definitions.resolve_job_def("monthly_refresh").get_subset(asset_selection=chosen)
    assert set(job.asset_layer.selected_asset_keys) == chosen


@pytest.mark.parametrize(
    "request_",
    [
        dg.RunRequest(run_key="1", partition_key="2008-12"),
        dg.RunRequest(run_key="2", asset_selection=[dg.AssetKey(["landing", "workforce"])]),
    ],
    ids=["a month", "what came"],
)
def test_dagster_takes_the_requests_that_the_sensor_makes(
    request_: dg.RunRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sensors, "next_run", lambda *arguments: request_)
    monkeypatch.setattr(sensors, "look", lambda *arguments: Look([], [], [], [], None, {}, {}))
    with dg.DagsterInstance.ephemeral() as instance:
        tick = sensors.arrival.evaluate_tick(
            dg.build_sensor_context(instance=instance, repository_def=definitions.get_repository_def())
        )
    assert [asked.run_key for asked in tick.run_requests or []] == [request_.run_key]


def test_every_asset_has_a_group_a_description_and_an_owner() -> None:
    graph = definitions.resolve_asset_graph()
    nodes = [graph.get(key) for key in graph.get_all_asset_keys()]
    assert {node.group_name for node in nodes} == {
        "landing",
        "seeds",
        "staging",
        "intermediate",
        "measures",
        "results",
        "marts",
        "release",
    }
    assert [node.key.to_user_string() for node in nodes if not node.description or not node.owners] == []


def test_every_source_a_layout_can_bring_is_ranked() -> None:
    ranked = (SEEDS / "source_preference.csv").read_text(encoding="utf-8")
    named = {source for layout in LAYOUTS for source in _sources(layout)}
    assert {source for source in named if f",{source}," not in ranked} == set()


def _sources(layout: Layout) -> set[str]:
    """A layout's source, and those of the totals and the published rates it may bring."""
    brought = {"": True, "_total": layout.areas == "boroughs", "_rate": "published_rate" in layout.carries}
    return {layout.source + suffix for suffix, is_brought in brought.items() if is_brought}


def test_what_dev_starts_finds_the_log_of_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dagster's own commands do not look for modules in the folder they are started in."""
    for name in ("DAGSTER_HOME", "PYTHONPATH"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("WAREHOUSE_DIR", str(tmp_path))
    monkeypatch.setattr(os, "umask", lambda mask: mask)
    monkeypatch.setattr(os, "execv", lambda program, arguments: None)
    dev.main()
    dagster = Path(sys.executable).with_name("dagster")
    ended = subprocess.run([str(dagster), "instance", "info"], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert "orchestration.event_log" in ended.stdout
