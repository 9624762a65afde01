"""Targets of boroughs and business groups beside the force's, in a project whose seeds have some.

Here: one refresh of a copy of the project with local targets added.
Belongs here: what needs targets that the published plans do not give.
Does not belong here: the rules of a verdict (`dbt_project/models/results/res_target_verdict.yml`).
"""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.extracts.seeds import boroughs
from tests.conftest import ROOT, Warehouse

# A whole refresh of a project of its own; the models have their unit tests.
pytestmark = pytest.mark.long

ARREST_RATE = "domestic_violence_arrest_rate"


def _add_targets(seed: Path) -> None:
    """66 % for every borough, which together cannot reach the force's 67 %, and £10m for one business group."""
    with seed.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    force = next(row for row in rows if row["target_id"] == f"{ARREST_RATE}_2008_09")
    local = [
        {**force, "target_id": f"local_{area}", "area_id": area, "amount": "66", "other_measure_id": ""}
        for area in sorted(boroughs())
    ]
    savings = {
        **local[0],
        "target_id": "local_savings",
        "measure_id": "cashable_savings",
        "area_id": "specialist_crime",
        "amount": "10",
    }
    with seed.open("a", encoding="utf-8", newline="") as lines:
        csv.DictWriter(lines, fieldnames=list(force), lineterminator="\n").writerows([*local, savings])


@pytest.fixture(scope="module")
def refreshed(
    sample: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> tuple[subprocess.CompletedProcess[str], duckdb.DuckDBPyConnection]:
    copy = tmp_path_factory.mktemp("local_targets")
    for part in ("orchestration", "dbt_project", "pyproject.toml"):
        source = ROOT / part
        ignored = shutil.ignore_patterns("target", "logs", "__pycache__")
        shutil.copytree(source, copy / part, ignore=ignored) if source.is_dir() else shutil.copy2(source, copy)
    shutil.copytree(sample.folder, copy / "warehouse", symlinks=True)
    _add_targets(copy / "dbt_project" / "seeds" / "targets.csv")
    project = str(copy / "dbt_project")
    dbt = str(Path(sys.executable).with_name("dbt"))
    subprocess.run(
        [dbt, "--quiet", "--no-partial-parse", "parse", "--project-dir", project, "--profiles-dir", project],
        cwd=copy,
        check=True,
    )
    ended = subprocess.run(
        [sys.executable, "-m", "orchestration.refresh", "--month", "2009-03"],
        cwd=copy,
        env={**os.environ, "RAW_DIR": str(sample.raw), "WAREHOUSE_DIR": str(copy / "warehouse")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    release = duckdb.connect(str(copy / "warehouse" / "current" / "performance.duckdb"), read_only=True)
    return ended, release


def test_every_borough_is_judged_against_its_own_target(
    refreshed: tuple[subprocess.CompletedProcess[str], duckdb.DuckDBPyConnection],
) -> None:
    rows = (
        refreshed[1]
        .execute(
            "select verdicts.area_id, verdicts.verdict, results.value >= 66 from fct_target_verdict as verdicts"
            " inner join fct_measure_result as results using (measure_id, area_id, population_group, period_basis)"
            " where target_id like 'local%' and measure_id = ? and verdicts.period_month = '2009-03-01'"
            " and results.period_month = '2009-03-01'",
            [ARREST_RATE],
        )
        .fetchall()
    )
    assert {area for area, _, _ in rows} == boroughs()
    assert all(verdict == ("met" if is_met else "not_met") for _, verdict, is_met in rows)
    assert {verdict for _, verdict, _ in rows} == {"met", "not_met"}


def test_a_business_group_is_judged_against_its_own_target(
    refreshed: tuple[subprocess.CompletedProcess[str], duckdb.DuckDBPyConnection],
) -> None:
    rows = (
        refreshed[1]
        .execute(
            "select area_id, threshold, value >= 10, verdict from fct_target_verdict"
            " where target_id = 'local_savings' and period_month = '2009-03-01'"
        )
        .fetchall()
    )
    assert rows in (
        [("specialist_crime", 10, True, "met")],
        [("specialist_crime", 10, False, "not_met")],
    )


def test_boroughs_that_together_fall_short_of_the_force_are_reported(
    refreshed: tuple[subprocess.CompletedProcess[str], duckdb.DuckDBPyConnection],
) -> None:
    ended, release = refreshed
    rows = release.execute(
        "select measure_id, threshold, boroughs_with_target, round(boroughs_together, 9), reaches_the_forces"
        " from fct_local_target"
    ).fetchall()
    assert rows == [(ARREST_RATE, 67, 32, 66, False)]
    assert "Warning, fct_local_target: not so that local targets reach the forces" in ended.stdout


def test_local_targets_leave_the_scorecard_of_the_force_as_it_was(
    sample: Warehouse, refreshed: tuple[subprocess.CompletedProcess[str], duckdb.DuckDBPyConnection]
) -> None:
    query = "select measure_id, target_id, value, threshold, verdict from scorecard order by all"
    assert refreshed[1].execute(query).fetchall() == sample.release().execute(query).fetchall()
