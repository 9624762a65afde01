"""Resources: the held folders, the build database, dbt.

Here: what an asset needs from outside.
Belongs here: anything two assets share that is not data.
Does not belong here: what is done with it, and where the folders are (`folders.py`).
"""

import contextlib
import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DbtProject
from dagster_dbt.asset_utils import get_updated_cli_invocation_params_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage
from dagster_dbt.dbt_manifest import validate_manifest
from dagster_duckdb import DuckDBResource
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.nodes import GenericTestNode, SingularTestNode
from dbt_common.events.base_types import EventMsg
from google.protobuf.json_format import MessageToDict

from orchestration.alerts import of_run, tell
from orchestration.failures import without_rows
from orchestration.folders import ROOT, raw_folder, warehouse_folder
from orchestration.guard import BUILD, only_refresh
from orchestration.landing.delivery import write_json
from orchestration.landing.store import Landing
from orchestration.machine import PassingFault, passes
from orchestration.run_summary import keep_summary, summary
from orchestration.starting import started_by

# Set 2026-11-24: enough for thirty million rows; DuckDB writes the rest to disk instead of taking the machine's memory.
# dbt's own connection says the same in profiles.yml.
MEMORY_LIMIT = "1GB"
DBT_PROJECT = DbtProject(project_dir=ROOT / "dbt_project", profiles_dir=ROOT / "dbt_project")
# Set 2026-11-24: as many as a person reads at once; a faulty history may bring hundreds.
MOST_FINDINGS = 10


class Unforeseen(dg.Failure):
    """An error in making the figures, not a finding about them: the build database is not trusted after it."""


class Folders(dg.ConfigurableResource):
    """Where deliveries arrive and where everything is kept, held for one run at a time."""

    raw: str
    warehouse: str
    known_on: str = ""

    @property
    def raw_path(self) -> Path:
        return Path(self.raw)

    @property
    def warehouse_path(self) -> Path:
        return Path(self.warehouse)

    @contextlib.contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Folders"]:
        run = context.dagster_run
        with only_refresh(self.warehouse_path, started_by(run.tags) if run else None):
            yield self
            if not run or not context.instance:
                return
            found = summary(context.instance, run)
            try:
                keep_summary(context.instance, found, self.warehouse_path)
            except OSError as error:
                # What was published stands, whether or not there is room to say so.
                print(f"Warning, the summary of the run is not kept: {error.strerror}", flush=True)
        # The warehouse is let go by now: a mail server may be slow.
        if trouble := tell(self.warehouse_path, of_run(found, self.warehouse_path), dt.datetime.now(dt.UTC)):
            print(f"Warning. {trouble}", flush=True)

    def targets_known_on(self, default: dt.date) -> dt.date:
        """Targets agreed up to this day are judged; `TARGETS_KNOWN_ON` overrides the reporting month's end."""
        return dt.date.fromisoformat(self.known_on) if self.known_on else default

    def landing(self) -> Landing:
        return Landing(self.warehouse_path)


class DbtInProcess(dg.ConfigurableResource):
    """dbt, run in this process through its own `dbtRunner`.

    dagster-dbt's resource starts a second Python for every command, which asks dbt for its version over the network
    and loads again what is loaded here: half the time of a small refresh. Its reading of dbt's results into assets
    and checks is used as it is.
    """

    warehouse: str

    def build(self, context: dg.AssetExecutionContext) -> Iterator[Any]:
        """Build and test the selected models; yields their results, then raises `dg.Failure` if any failed.

        Unit tests are the developer's and are left out. Seeds are always made anew, so that a changed type counts, and
        so is what was made of each delivery once, when its definition has changed.
        """
        manifest = validate_manifest(DBT_PROJECT.manifest_path)
        selection = get_updated_cli_invocation_params_for_context(context, manifest, DagsterDbtTranslator())
        finished: list[DbtCoreCliEventMessage] = []

        def keep(message: EventMsg) -> None:
            # Few events tell a result; to unpack every one takes seconds.
            if not message.info.name.endswith("Result"):
                return
            event = DbtCoreCliEventMessage(
                raw_event=MessageToDict(message, preserving_proto_field_name=True), event_history_metadata={}
            )
            if event.is_result_event:
                finished.append(event)
                print(f"  {event.raw_event['info']['msg']}", flush=True)

        # dbt parses the whole project again unless it finds what it parsed last time, for the same database path:
        # so the path in profiles.yml is relative, and dbt runs in the warehouse's folder.
        target = Path(self.warehouse) / "dbt"
        target.mkdir(exist_ok=True)
        shutil.copy2(DBT_PROJECT.manifest_path.with_name("partial_parse.msgpack"), target)
        project = str(DBT_PROJECT.project_dir)
        with duckdb.connect(str(Path(self.warehouse) / BUILD)) as build:
            build.execute("drop schema if exists seeds cascade")
        definitions, known = _incremental_definitions(manifest), target / "incremental_definitions.json"
        is_known = known.is_file() and json.loads(known.read_text(encoding="utf-8")) == definitions
        with contextlib.chdir(self.warehouse):
            outcome = dbtRunner(callbacks=[keep]).invoke(
                # dbt's own log would quote the rows that a statement stumbled on.
                ["--log-level", "none", "--no-write-json", "build", "--exclude-resource-type", "unit_test"]
                + ([] if is_known else ["--full-refresh"])
                + [*selection.selection_args, "--project-dir", project, "--profiles-dir", project]
                + ["--target-path", str(target), "--log-path", str(target)]
            )
        if _is_passing(outcome):
            # Before any result is handed on, so that the step can be tried again.
            raise PassingFault(_why(outcome, {}))
        found = _findings(outcome, Path(self.warehouse) / BUILD)
        for event in finished:
            for result in event.to_default_asset_events(
                selection.manifest, selection.dagster_dbt_translator, context, target
            ):
                if isinstance(result, dg.AssetCheckResult) and result.check_name in found:
                    findings = dg.MetadataValue.text("\n".join(found[result.check_name]))
                    result = result._replace(metadata={**result.metadata, "findings": findings})
                yield result
        if outcome.success:
            write_json(known, definitions)
            return
        if _is_about_figures(outcome):
            raise dg.Failure(description=_why(outcome, found), allow_retries=False)
        raise Unforeseen(description=_why(outcome, found), allow_retries=False)


def _incremental_definitions(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Model → digest of its SQL and of the project's macros it uses, for every incremental model."""
    return {
        name: hashlib.sha256(
            "".join(
                [
                    node["raw_code"],
                    *(
                        manifest["macros"][macro]["macro_sql"]
                        for macro in node["depends_on"]["macros"]
                        if manifest["macros"][macro]["package_name"] == node["package_name"]
                    ),
                ]
            ).encode()
        ).hexdigest()
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["config"]["materialized"] == "incremental"
    }


def _is_about_figures(outcome: dbtRunnerResult) -> bool:
    """Whether every failure is a test's verdict on the figures, and none an error in making them."""
    return isinstance(outcome.result, RunExecutionResult) and not any(
        node.status == "error" for node in outcome.result.results
    )


def _is_passing(outcome: dbtRunnerResult) -> bool:
    """Whether every failure is the machine's, and may be gone in a moment."""
    if outcome.success or not isinstance(outcome.result, RunExecutionResult):
        return False
    failed = [node for node in outcome.result.results if node.status in ("error", "fail")]
    return bool(failed) and all(node.status == "error" and passes(node.message or "") for node in failed)


def _findings(outcome: dbtRunnerResult, build: Path) -> dict[str, list[str]]:
    """Test that did not pass → what it found, in sentences, where it selects a column `finding`, and its `remedy` (of
    its meta), said once."""
    if not isinstance(outcome.result, RunExecutionResult):
        return {}
    found = {}
    with duckdb.connect(str(build)) as connection:
        for result in outcome.result.results:
            test = result.node
            if result.status not in ("fail", "warn") or not isinstance(test, SingularTestNode | GenericTestNode):
                continue
            rows = connection.sql(str(test.compiled_code))
            if "finding" not in rows.columns:
                continue
            sentences = [str(finding) for (finding,) in rows.project("finding").order("finding").fetchall()]
            more = [f"and {len(sentences) - MOST_FINDINGS} more"] if len(sentences) > MOST_FINDINGS else []
            remedy = [test.config.meta["remedy"]] if "remedy" in test.config.meta else []
            found[test.name] = sentences[:MOST_FINDINGS] + more + remedy
    return found


def _why(outcome: dbtRunnerResult, found: dict[str, list[str]]) -> str:
    """Each failed node and what it found, or what dbt says of it, or why dbt could not start."""
    if outcome.exception or not isinstance(outcome.result, RunExecutionResult):
        return f"dbt stopped: {outcome.exception}"
    failed = [node for node in outcome.result.results if node.status in ("error", "fail")]
    said = {node.node.name: found.get(node.node.name, [without_rows(node.message or node.status)]) for node in failed}
    return "\n".join(f"{name}: {sentence}" for name, sentences in said.items() for sentence in sentences)


def resources() -> dict[str, object]:
    """Every resource, for the folders the environment names."""
    warehouse = warehouse_folder()
    return {
        "folders": Folders(
            raw=str(raw_folder()), warehouse=str(warehouse), known_on=os.environ.get("TARGETS_KNOWN_ON", "")
        ),
        "build": DuckDBResource(database=str(warehouse / BUILD), connection_config={"memory_limit": MEMORY_LIMIT}),
        "dbt": DbtInProcess(warehouse=str(warehouse)),
    }
