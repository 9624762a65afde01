"""The contenders: the refresh, and the scripts that do its work by hand.

Here: how each is started, and where each leaves its results.
Belongs here: a contender.
Does not belong here: how their results are compared (`agreement.py`), how their figures are shown (`__main__.py`).
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Took:
    """Wall and processor seconds of one run, and its peak memory in bytes."""

    wall: float
    processor: float
    peak: int


# Each takes the folder of deliveries and an empty folder of its own.
SCRIPTS: dict[str, tuple[str, Callable[[str, str], list[str]]]] = {
    "duckdb": (
        "the same work in DuckDB",
        lambda raw, out: ["tests.benchmark.duckdb_script", raw, out, "same_work.sql", "summary.sql", "measures.sql"],
    ),
    "barest": (
        "the barest script",
        lambda raw, out: ["tests.benchmark.duckdb_script", raw, out, "barest.sql", "measures.sql"],
    ),
    "polars": ("the same work in polars", lambda raw, out: ["tests.benchmark.same_work_polars", raw, out]),
    "pandas": ("the same work in pandas", lambda raw, out: ["tests.benchmark.same_work_pandas", raw, out]),
}


def run_refresh(raw: Path, warehouse: Path, month: str) -> Took:
    """One refresh of a reporting month ("2009-03")."""
    folders = {"RAW_DIR": str(raw), "WAREHOUSE_DIR": str(warehouse)}
    return _run(["orchestration.refresh", "--month", month], folders)


def run_script(name: str, raw: Path, out: Path) -> Took:
    """One script of `SCRIPTS` on the deliveries in `raw`; what was in `out` is deleted first."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    _, arguments = SCRIPTS[name]
    return _run(arguments(str(raw), str(out)), {})


def _run(module_and_arguments: list[str], environment: dict[str, str]) -> Took:
    # What others wrote goes to the disk before this one begins.
    os.sync()
    ended = subprocess.run(
        [sys.executable, "-m", "tests.benchmark.measured", sys.executable, "-m", *module_and_arguments],
        cwd=ROOT,
        env={**os.environ, "POLARS_MAX_THREADS": "2", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"{module_and_arguments[0]} failed:\n{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}")
    return Took(**json.loads(ended.stdout.splitlines()[-1]))
