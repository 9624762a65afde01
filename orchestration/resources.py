"""Resources: the folders the pipeline reads and writes, the build database, dbt.

Here: what an asset needs from outside, and where it is.
Belongs here: anything two assets share that is not data.
Does not belong here: what is done with it.
"""

import datetime as dt
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version as installed_version
from pathlib import Path

import dagster as dg
from dagster_dbt import DbtCliResource, DbtProject
from dagster_duckdb import DuckDBResource
from packaging.version import Version

from orchestration.landing.store import Landing

ROOT = Path(__file__).parents[1]
DBT_PROJECT = DbtProject(project_dir=ROOT / "dbt_project", profiles_dir=ROOT / "dbt_project")


def raw_folder() -> Path:
    """`raw/`, or the folder that `RAW_DIR` names."""
    return Path(os.environ.get("RAW_DIR") or ROOT / "raw").absolute()


def warehouse_folder() -> Path:
    """`warehouse/`, or the folder that `WAREHOUSE_DIR` names."""
    return Path(os.environ.get("WAREHOUSE_DIR") or ROOT / "warehouse").absolute()


class Folders(dg.ConfigurableResource):
    """Where deliveries arrive and where everything is kept."""

    raw: str
    warehouse: str
    known_on: str = ""

    @property
    def raw_path(self) -> Path:
        return Path(self.raw)

    @property
    def warehouse_path(self) -> Path:
        return Path(self.warehouse)

    def targets_known_on(self, default: dt.date) -> dt.date:
        """Targets agreed up to this day are judged; `TARGETS_KNOWN_ON` overrides the reporting month's end."""
        return dt.date.fromisoformat(self.known_on) if self.known_on else default

    def landing(self) -> Landing:
        return Landing(self.warehouse_path)


class LocalDbt(DbtCliResource):
    """dbt without two things dagster-dbt does before every command, together some ten seconds: asking dbt for its
    version (which asks the package index for a newer one), and loading dbt a second time in this process to fetch
    row counts and columns, which are not used here."""

    @property
    def _cli_version(self) -> Version:
        return Version(installed_version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:
        return None


def resources() -> dict[str, object]:
    """Every resource, for the folders the environment names; dbt is told where the build database is."""
    warehouse = warehouse_folder()
    build = warehouse / "build.duckdb"
    os.environ["BUILD_DATABASE"] = str(build)
    return {
        "folders": Folders(
            raw=str(raw_folder()), warehouse=str(warehouse), known_on=os.environ.get("TARGETS_KNOWN_ON", "")
        ),
        "build": DuckDBResource(database=str(build)),
        "dbt": LocalDbt(project_dir=DBT_PROJECT, dbt_executable=str(Path(sys.executable).with_name("dbt"))),
    }
