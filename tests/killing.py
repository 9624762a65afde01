"""A command that kills itself at a named step: `python -m tests.killing "<step>" refresh`.

Here: the steps by name, and the process that runs a command up to one of them.
Belongs here: where a refresh, a publication or a withdrawal can be cut off.
Does not belong here: what must hold afterwards (`test_kills.py`).

The product has no hook for this: a function is wrapped where the flow looks it up, and the process sends itself
SIGKILL. A step whose function is gone, or that the flow no longer passes, is an error of the table, and is told as one.
"""

import datetime as dt
import importlib
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Literal

from orchestration import publishing
from orchestration.board_pack import write_packs
from orchestration.folders import warehouse_folder
from orchestration.guard import only_refresh
from orchestration.resources import DBT_PROJECT


@dataclass(frozen=True)
class Step:
    """Before, after or amid the nth call of the function at `place`, of those calls whose arguments, as text, hold
    every fragment. Amid is for functions that write a file: it is half written."""

    when: Literal["before", "after", "amid"]
    place: str
    fragments: tuple[str, ...] = ()
    nth: int = 1


STORE, LANDING = "orchestration.landing.store:", "orchestration.assets.landing:"
SYNCHRONISE, PUBLISHING = "orchestration.landing.synchronise:", "orchestration.publishing:"
LEDGER = "orchestration.ledger:"
EXECUTE = "duckdb:DuckDBPyConnection.execute"
CRIME = "name='recorded_crime'"

# In the order of the flow; the crimes land and are loaded before the casualties, one of which is declared anew.
REFRESH_STEPS = {
    "the warehouse is held": Step("before", "orchestration.guard:_discard_damaged_build"),
    "killed runs are ended": Step("after", "orchestration.refresh:_end_killed_runs"),
    "rows set aside are half written": Step("amid", "polars:DataFrame.write_csv"),
    "accepted rows are half written": Step("amid", "polars:DataFrame.write_parquet"),
    "accepted rows are written, no record": Step("after", "polars:DataFrame.write_parquet", nth=2),
    "a record is half written": Step("amid", "pathlib:Path.write_text", (".delivery.json",)),
    "a record is beside its place": Step("after", "pathlib:Path.write_text", (".delivery.json",), nth=2),
    "one delivery is built": Step("after", STORE + "Landing._build"),
    "a delivery is built again": Step("after", STORE + "Landing._build_again"),
    "identities are half written": Step("amid", "pathlib:Path.write_text", (".identities.json",)),
    "identities are remembered": Step("after", STORE + "Identities.remember"),
    "deliveries are about to be judged": Step("before", STORE + "judge", ("2008-12_r2",)),
    "the first rename into landing comes": Step("before", "pathlib:Path.rename", ("/landing/",)),
    "one of several is renamed into landing": Step("after", "pathlib:Path.rename", ("/landing/",)),
    "all are renamed, refusals are not recorded": Step("before", STORE + "Landing._record_refusals", (CRIME,)),
    "refusals are recorded": Step("after", STORE + "Landing._record_refusals", (CRIME,)),
    "an extract is landed, not loaded": Step("before", LANDING + "synchronise_extract", (CRIME,)),
    "the load is not committed": Step("after", SYNCHRONISE + "_load", (CRIME,)),
    "the load is committed": Step("after", LANDING + "synchronise_extract", (CRIME,)),
    "a delivery declared anew is about to be withdrawn": Step("before", STORE + "Landing.withdraw"),
    "a delivery declared anew is withdrawn": Step("after", STORE + "Landing.withdraw"),
    "deliveries are not described": Step("before", LANDING + "synchronise_deliveries"),
    "the description is not committed": Step("after", SYNCHRONISE + "_insert", ("reporting_month",)),
    "the description is committed": Step("after", LANDING + "synchronise_deliveries"),
    "dbt starts, the seeds are dropped": Step("before", "orchestration.resources:dbtRunner.invoke"),
    "the first model is built": Step("after", "dbt.task.run:ModelRunner.execute"),
    "what is made once of a delivery is added": Step(
        "after", EXECUTE, ("model.performance.base_crime_count", "insert into")
    ),
    "forty models are built": Step("after", "dbt.task.run:ModelRunner.execute", nth=40),
    "the scorecard is made, not in place": Step("after", EXECUTE, ("model.performance.scorecard", "create")),
    "the last models are built": Step("after", "dbt.task.run:ModelRunner.execute", ("'model.performance.scorecard'",)),
    "dbt has ended": Step("after", "orchestration.resources:dbtRunner.invoke"),
    "what dbt made once is not noted": Step("before", "orchestration.resources:write_json"),
    "what dbt made once is noted": Step("after", "orchestration.resources:write_json"),
    "publishing starts": Step("before", "orchestration.assets.release:publish"),
    "what was said is not compared": Step("before", LEDGER + "find_restatements"),
    "a file of the entry is written": Step("after", EXECUTE, ("copy new_figure to",)),
    "the entry is half written": Step("amid", "pathlib:Path.write_text", ("/ledger/", "/entry.json")),
    "the entry waits, there is no release": Step("after", LEDGER + "write_entry"),
    "the release folder is empty": Step("before", PUBLISHING + "_write_database"),
    "a table is in the release": Step("after", EXECUTE, ("create table release_file.main.scorecard ",)),
    "the release is not committed": Step("after", EXECUTE, ("count(*)", "from release_file.main.fct_restatement")),
    "the release is committed, not detached": Step("before", EXECUTE, ("detach release_file",)),
    "the release is detached": Step("after", EXECUTE, ("detach release_file",)),
    "the pack is half written": Step("amid", "pathlib:Path.write_text", ("/board_pack.html",)),
    "the manifest is half written": Step("amid", "pathlib:Path.write_text", ("/manifest.json",)),
    "the manifest is written": Step("after", "pathlib:Path.write_text", ("/manifest.json",)),
    "the manifest is frozen, the database is not": Step("before", "pathlib:Path.chmod", ("/performance.duckdb",)),
    "the database is frozen": Step("after", "pathlib:Path.chmod", ("/performance.duckdb",)),
    "one file is flushed": Step("after", PUBLISHING + "flush"),
    "the release is not renamed": Step("before", "pathlib:Path.rename", ("/releases/.building-",)),
    "the release is renamed, its entry in the ledger waits": Step(
        "after", "pathlib:Path.rename", ("/releases/.building-",)
    ),
    "the entry is moved into its place": Step("after", "pathlib:Path.rename", ("/ledger/.building-",)),
    "current is about to be repointed": Step("before", PUBLISHING + "point_at"),
    "nothing lies beside current": Step("after", "pathlib:Path.unlink", ("/.current",)),
    "the new link lies beside current": Step("after", "pathlib:Path.symlink_to", ("/.current",)),
    "the new link has replaced current": Step("after", "pathlib:Path.replace", ("/.current",)),
    "current is repointed": Step("after", PUBLISHING + "point_at"),
    "the run has ended, nothing is said": Step("before", "orchestration.refresh:_summary"),
}
WITHDRAW_STEPS = {
    "the withdrawal is half written": Step("amid", "pathlib:Path.write_text", (".withdrawal.json",)),
    "the withdrawal is beside its place": Step("before", "pathlib:Path.replace", (".withdrawal.json",)),
    "the withdrawal is recorded": Step("after", STORE + "Landing.withdraw"),
}
STEPS = {**REFRESH_STEPS, **WITHDRAW_STEPS}


def found(place: str) -> tuple[Any, str, Callable[..., Any]]:
    """What holds a function, under which name, and the function; raises `AttributeError` when it is gone."""
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    owner = reduce(getattr, owners, importlib.import_module(module))
    return owner, name, getattr(owner, name)


def arm(step: Step) -> None:
    """Wrap the step's function, so that the process kills itself there."""
    owner, name, function = found(step.place)
    calls = 0

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        # As text once only: some arguments are long.
        said = " ".join(map(str, args)) if step.fragments else ""
        calls += all(fragment in said for fragment in step.fragments)
        is_here = calls == step.nth and all(fragment in said for fragment in step.fragments)
        if is_here and step.when == "before":
            die()
        returned = function(*args, **kwargs)
        if is_here and step.when == "amid":
            written = next(arg for arg in args if isinstance(arg, Path))
            os.truncate(written, written.stat().st_size // 2)
        if is_here:
            die()
        return returned

    setattr(owner, name, wrapped)


def die() -> None:
    """End this process as `kill -9` does: nothing is tidied."""
    os.kill(os.getpid(), signal.SIGKILL)


def publish(month: str) -> None:
    """The last asset of the refresh alone, over a build that is made: what comes before takes half a minute."""
    with only_refresh(warehouse_folder()):
        publishing.publish(
            warehouse_folder(), DBT_PROJECT.manifest_path, month, dt.datetime.now(dt.UTC), {}, write_packs
        )


def main() -> None:
    """Run `refresh`, `withdraw` or `publish` with the arguments that follow, up to the step."""
    _, step, command, *arguments = sys.argv
    arm(STEPS[step])
    if command == "publish":
        publish(*arguments)
    else:
        sys.argv = [command, *arguments]
        importlib.import_module(f"orchestration.{command}").main()


if __name__ == "__main__":
    main()
