"""The commands of `docs/backup.md`, run as they stand there: a copy taken while a release is made restores.

Here: copies begun at any command and at any step of a publication, and one taken during a refresh.
Belongs here: what must hold of a restored warehouse.
Does not belong here: what follows from the death of a process (`test_kills.py`).
"""

import datetime as dt
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from orchestration import ledger, publishing
from orchestration.guard import only_refresh
from orchestration.publishing import read_manifest
from orchestration.releases import violations
from orchestration.resources import DBT_PROJECT
from tests import killing
from tests.conftest import ROOT, Warehouse
from tests.killing import STEPS, arm, found

# Where a copy begun before the step and ended after the publication could mix two states.
MOMENTS = [
    "what was said is not compared",
    "the entry waits, there is no release",
    "the release is not renamed",
    "the release is renamed, its entry in the ledger waits",
    "the new link lies beside current",
]


def commands(name: str) -> list[str]:
    """The lines of a block of the page; the first ones are put before every other, since each is run by itself."""
    page = (ROOT / "docs" / "backup.md").read_text(encoding="utf-8")
    block = re.search(rf"```bash\n# {name}: .*\n(.*?)```", page, re.DOTALL)
    assert block is not None
    return block[1].splitlines()


def run(lines: list[str], raw: Path, warehouse: Path, copy: Path) -> subprocess.CompletedProcess[str]:
    """Run commands in a shell that knows nothing but the three folders."""
    folders = {"RAW": str(raw), "WAREHOUSE": str(warehouse), "COPY": str(copy)}
    return subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        env={"PATH": os.environ["PATH"], **folders},
        capture_output=True,
        text=True,
        check=False,
    )


def restored(copy: Path, folder: Path) -> Warehouse:
    """What a copy restores to in an empty folder."""
    own = Warehouse(folder / "raw", folder / "warehouse")
    ended = run(commands("restore"), own.raw, own.folder, copy)
    assert ended.returncode == 0, ended.stderr
    return own


def wrong_with(own: Warehouse) -> list[str]:
    """What does not hold of a warehouse: its releases, the one that is current, the ledger they are named in."""
    # As the next refresh begins.
    ledger.settle(own.folder)
    releases = sorted(own.folder.glob("releases/*"))
    wrong = [f"{folder.name}: {found}" for folder in releases for found in violations(own.folder, folder)]
    if (own.folder / "current").resolve() not in releases:
        wrong.append("current is no release that is there")
    return wrong


def test_a_copy_begun_at_any_command_while_a_release_is_made_restores(
    sample: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first commands run at a step of the publication, the others when it has ended."""
    own = sample.copy(tmp_path / "own")
    for place in ("releases", "ledger"):
        shutil.rmtree(own.folder / place / "2009-03_r1")
    publishing.point_at(own.folder, own.folder / "releases" / "2008-09_r1")
    # A publication does not read them, and they would be copied a hundred times.
    for extract in [*own.folder.glob("landing/*"), *own.raw.iterdir()]:
        if extract.is_dir() and extract.name != "population":
            shutil.rmtree(extract)
    head, lines = commands("backup")[:2], commands("backup")[2:]
    begun: dict[Path, int] = {}

    def begin(moment: str) -> None:
        for done in range(len(lines) + 1):
            copy = tmp_path / f"{MOMENTS.index(moment)} {done}"
            copy.mkdir()
            begun[copy] = done
            ended = run([*head, *lines[:done]], own.raw, own.folder, copy)
            assert ended.returncode == 0, f"{moment}, {done}: {ended.stderr}"

    for moment in MOMENTS:
        owner, name, function = found(STEPS[moment].place)
        monkeypatch.setattr(owner, name, function)
        monkeypatch.setattr(killing, "die", lambda: begin(reached.pop(0)))
        arm(STEPS[moment])
    reached = list(MOMENTS)
    with only_refresh(own.folder):
        publishing.publish(own.folder, DBT_PROJECT.manifest_path, "2009-03", dt.datetime.now(dt.UTC), {})
    assert reached == []

    wrong = []
    for copy, done in begun.items():
        ended = run([head[0], 'cd "$WAREHOUSE"', *lines[done:]], own.raw, own.folder, copy)
        assert ended.returncode == 0, f"{copy.name}: {ended.stderr}"
        wrong += [f"{copy.name}: {what}" for what in wrong_with(restored(copy, tmp_path / f"restored {copy.name}"))]
    assert wrong == []
    # The last copy of all began when the release had its name.
    assert (tmp_path / "restored 4 7" / "warehouse" / "releases" / "2009-03_r1").is_dir()


@pytest.mark.long
def test_copies_taken_during_a_refresh_restore_on_an_empty_machine(sample: Warehouse, tmp_path: Path) -> None:
    """A revised month arrives; copies are taken one after the other while it is landed, built and published."""
    own = sample.copy(tmp_path / "own")
    month = own.raw / "recorded_crime" / "2009-03.parquet"
    pl.read_parquet(month)[1:].write_parquet(month.with_name("2009-03_r2.parquet"))
    refresh = subprocess.Popen(
        [sys.executable, "-m", "orchestration.refresh"], cwd=ROOT, env=own.environment(), stdout=subprocess.DEVNULL
    )
    copies: list[Path] = []
    while refresh.poll() is None:
        copy = tmp_path / f"copy {len(copies)}"
        copy.mkdir()
        if run(commands("backup"), own.raw, own.folder, copy).returncode:
            # As the page says: start again.
            shutil.rmtree(copy)
            continue
        copies.append(copy)
        time.sleep(2)
    assert refresh.returncode == 0
    assert len(copies) > 3

    # The one that has most of what was half done: the last whose release is still the old one.
    before = [copy for copy in copies if (copy / "warehouse" / "current").readlink().name == "2009-03_r1"]
    assert before != []
    empty = restored(before[-1], tmp_path / "empty")
    assert wrong_with(empty) == []
    assert ledgers(empty) == {
        name: content for name, content in ledgers(own).items() if not name.startswith("2009-03_r2")
    }
    assert [landed for landed in named(empty) if not (empty.folder / "landing" / landed).is_dir()] == []
    # With an environment that has never heard of the other machine.
    ended = subprocess.run(
        [sys.executable, "-m", "orchestration.refresh"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "RAW_DIR": str(empty.raw), "WAREHOUSE_DIR": str(empty.folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Published release 2009-03_r2" in ended.stdout, ended.stdout[-2000:] + ended.stderr[-2000:]
    assert wrong_with(empty) == []
    manifests = [read_manifest(warehouse.folder / "current") for warehouse in (own, empty)]
    assert manifests[0] is not None and manifests[1] is not None
    assert manifests[0]["content_hash"] == manifests[1]["content_hash"]

    # And one of the warehouse at rest finds nothing to do.
    copy = tmp_path / "at rest"
    copy.mkdir()
    assert run(commands("backup"), own.raw, own.folder, copy).returncode == 0
    again = restored(copy, tmp_path / "again")
    assert (ledgers(again), (again.folder / "current").readlink()) == (
        ledgers(own),
        (own.folder / "current").readlink(),
    )
    assert "Nothing changed: release 2009-03_r2 stands" in again.refresh().stdout


def ledgers(own: Warehouse) -> dict[str, bytes]:
    """Every file of a ledger."""
    folder = own.folder / "ledger"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def named(own: Warehouse) -> list[str]:
    """The landed deliveries that the current release names."""
    manifest = read_manifest(own.folder / "current")
    assert manifest is not None
    return [f"{d['extract']}/{d['delivery_id']}" for d in manifest["deliveries"] if d["status"] != "refused"]
