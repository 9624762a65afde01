"""The commands of `docs/backup.md`, run as they stand there: a copy taken while a release is made restores.

Here: copies begun at any command and at any step of a publication, and one taken during a refresh.
Belongs here: what must hold of a restored warehouse.
Does not belong here: what follows from the death of a process (`test_kills.py`).
"""

import datetime as dt
import os
import re
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from orchestration import ledger, publishing
from orchestration.guard import only_refresh
from orchestration.publishing import read_manifest, whole_manifest
from orchestration.resources import DBT_PROJECT
from tests import killing
from tests.conftest import ROOT, Warehouse
from tests.killing import STEPS, arm, found

# Where a copy begun there and ended after the publication could mix two states; of a step that is named by what comes
# next, also the moment after.
MOMENTS = [
    "what was said is not compared",
    "the release is not renamed",
    "the new link lies beside current",
]
# Of the commands, those over what a publication changes.
PUBLISHED = 4


def commands(name: str) -> list[str]:
    """The lines of a block of the page; the first ones are put before every other, since each is run by itself."""
    page = (ROOT / "docs" / "backup.md").read_text(encoding="utf-8")
    block = re.search(rf"```bash\n# {name}: [^\n]*\n(.*?)```", page, re.DOTALL)
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
    # Readers of releases enter it.
    assert stat.S_IMODE(own.folder.stat().st_mode) == 0o755
    return own


def wrong_with(warehouse: Path) -> list[str]:
    """What does not hold of a warehouse that is taken up again: its releases, the current one, the ledger."""
    # As the next refresh begins.
    ledger.settle(warehouse)
    manifests = {folder: whole_manifest(folder) for folder in warehouse.glob("releases/*")}
    wrong = [f"{folder.name} is not whole" for folder, manifest in manifests.items() if manifest is None]
    if (warehouse / "current").resolve() not in manifests:
        wrong.append("current is no release that is there")
    named = {folder.name: manifest["ledger_entry"] for folder, manifest in manifests.items() if manifest}
    try:
        ledger.read_entries(warehouse, named)
    except ledger.LedgerDamaged as damaged:
        wrong.append(str(damaged))
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
    copies: list[tuple[Path, int]] = []

    def begin() -> None:
        for done in range(1, PUBLISHED + 1):
            copy = tmp_path / f"copy {len(copies)}"
            copy.mkdir()
            copies.append((copy, done))
            ended = run([*head, *lines[:done]], own.raw, own.folder, copy)
            assert ended.returncode == 0, ended.stderr

    monkeypatch.setattr(killing, "die", begin)
    for moment in MOMENTS:
        owner, name, function = found(STEPS[moment].place)
        # Wrapped by the next line, and put back at the end.
        monkeypatch.setattr(owner, name, function)
        arm(STEPS[moment])
    with only_refresh(own.folder):
        publishing.publish(own.folder, DBT_PROJECT.manifest_path, "2009-03", dt.datetime.now(dt.UTC), {})
    assert len(copies) == PUBLISHED * (len(MOMENTS) + 2)

    current = set()
    for copy, done in copies:
        ended = run([head[0], 'cd "$WAREHOUSE"', *lines[done:]], own.raw, own.folder, copy)
        assert ended.returncode == 0, ended.stderr
        assert wrong_with(copy / "warehouse") == [], f"{done} commands had run"
        current.add((copy / "warehouse" / "current").readlink().name)
    assert current == {"2008-09_r1", "2009-03_r1"}


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
    assert wrong_with(empty.folder) == []
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
    assert wrong_with(empty.folder) == []
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
