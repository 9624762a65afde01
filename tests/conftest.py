"""What several tests need: a refresh as a person runs it, the small sample, the published files.

Here: fixtures that build a warehouse once for all tests of a session.
Belongs here: a fixture that two test modules use.
Does not belong here: expectations.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from orchestration.sample_deliveries import write_sample

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
        """Run the refresh in a process of its own, as `make refresh` does."""
        arguments = ["--month", month] if month else []
        return subprocess.run(
            [sys.executable, "-m", "orchestration.refresh", *arguments],
            cwd=ROOT,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            check=False,
        )

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


@pytest.fixture(scope="session")
def sample_raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three years of the synthetic sample at a hundredth of London's size."""
    raw = tmp_path_factory.mktemp("sample") / "raw"
    write_sample(raw, 0.01, "2006-04", "2009-03")
    return raw


@pytest.fixture(scope="session")
def sample(sample_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The sample refreshed for September 2008, then for March 2009."""
    warehouse = Warehouse(sample_raw, tmp_path_factory.mktemp("sample_warehouse"))
    for month in ("2008-09", None):
        ended = warehouse.refresh(month)
        assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    return warehouse


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The published files, as they are, refreshed for June 2015."""
    if not PUBLISHED.is_dir():
        pytest.skip("the published files are not beside this checkout (shared/open_data)")
    raw = tmp_path_factory.mktemp("published") / "raw"
    for extract, names in PLACES.items():
        (raw / extract).mkdir(parents=True)
        for name in names:
            shutil.copy(PUBLISHED / name, raw / extract / name)
    warehouse = Warehouse(raw, tmp_path_factory.mktemp("published_warehouse"))
    ended = warehouse.refresh("2015-06")
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    return warehouse
