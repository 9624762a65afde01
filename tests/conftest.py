"""What several tests need: a refresh as a person runs it, the small sample, the published files.

Here: warehouses that are made once for all tests of a session, whichever process runs them: tests read them, and change
copies.
Belongs here: a fixture that two test modules use.
Does not belong here: expectations.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from orchestration.sample_deliveries import write_sample
from tests import refresher

ROOT = Path(__file__).parents[1]
PUBLISHED = ROOT.parent / "shared" / "open_data"
PLACES = {
    "recorded_crime": [
        "MPS Borough Level Crime (Historical).csv",
        "MPS Borough Level Crime (most recent 24 months).csv",
        "mps-recordedcrime-borough.csv",
        "rec-crime-pfa.csv",
        "crime rates.csv",
    ],
    "road_casualties": ["road-casualties-severity-borough.xls", "2013-gla-data-extract-casualty.csv"],
    "workforce": ["Police_Force_Strength.csv", "officer-rank-from-2003.csv"],
    "public_attitude": ["public-perception-data.csv"],
    "population": ["housing-density-borough.csv"],
}


@dataclass(frozen=True)
class Warehouse:
    """A raw folder and the warehouse it is refreshed into."""

    raw: Path
    folder: Path

    def refresh(self, month: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        """Refresh in a process of its own, as `make refresh` does."""
        arguments = ["--month", month] if month else []
        return refresher.refresh(arguments, self.environment(**environment))

    def copy(self, folder: Path) -> "Warehouse":
        """Raw folder and warehouse once more, to be damaged."""
        shutil.copytree(self.raw, folder / "raw")
        shutil.copytree(self.folder, folder / "warehouse", symlinks=True)
        return Warehouse(folder / "raw", folder / "warehouse")

    def environment(self, **others: str) -> dict[str, str]:
        """The environment in which a command means these folders."""
        return {**os.environ, "RAW_DIR": str(self.raw), "WAREHOUSE_DIR": str(self.folder), **others}

    def release(self, release_id: str | None = None) -> duckdb.DuckDBPyConnection:
        folder = self.folder / "releases" / release_id if release_id else self.folder / "current"
        return duckdb.connect(str(folder / "performance.duckdb"), read_only=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the tests counted with `record_property`, added up over all processes."""
    counted: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport) and report.when == "call":
                counted.update(dict(report.user_properties))
    for what, count in sorted(counted.items()):
        terminalreporter.write_line(f"{what}: {count}")


def _made_once(name: str, make: Callable[[Path], None], factory: pytest.TempPathFactory) -> Path:
    """A folder that the first process to need it fills, while the others wait."""
    session = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        session = session.parent
    folder, made = session / name, session / f"{name}.made"
    with (session / f"{name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            made.touch()
    return folder


def _published(warehouse: Warehouse, month: str | None) -> str:
    """What `make refresh` runs says when it publishes."""
    ended = subprocess.run(
        [sys.executable, "-m", "orchestration.refresh", *(["--month", month] if month else [])],
        cwd=ROOT,
        env=warehouse.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    return ended.stdout


@pytest.fixture(scope="session")
def sample_raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three years of the synthetic sample at a hundredth of London's size."""
    return _made_once("sample_raw", lambda folder: write_sample(folder, 0.01, "2006-04", "2009-03"), tmp_path_factory)


@pytest.fixture(scope="session")
def sample(sample_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The sample refreshed for September 2008, then for March 2009."""

    def make(folder: Path) -> None:
        folder.mkdir()
        for month in ("2008-09", None):
            said = _published(Warehouse(sample_raw, folder / "warehouse"), month)
            (folder / "said.txt").write_text(said, encoding="utf-8")

    return Warehouse(sample_raw, _made_once("sample", make, tmp_path_factory) / "warehouse")


@pytest.fixture(scope="session")
def sample_said(sample: Warehouse) -> str:
    """What the last refresh of the sample said."""
    return sample.folder.with_name("said.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The published files, as they are, refreshed for June 2015."""
    if not PUBLISHED.is_dir():
        pytest.skip("the published files are not beside this checkout (shared/open_data)")

    def make(folder: Path) -> None:
        for extract, names in PLACES.items():
            (folder / "raw" / extract).mkdir(parents=True)
            for name in names:
                shutil.copy(PUBLISHED / name, folder / "raw" / extract / name)
        _published(Warehouse(folder / "raw", folder / "warehouse"), "2015-06")

    folder = _made_once("published", make, tmp_path_factory)
    return Warehouse(folder / "raw", folder / "warehouse")
