"""One refresh of a warehouse at a time, and the traces of one that was killed.

Here: the lock, and what is put right before a refresh starts.
Belongs here: whatever must hold before any step touches the warehouse, however the run was started.
Does not belong here: the steps.
"""

import datetime as dt
import fcntl
import getpass
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import duckdb

from orchestration.machine import remedy

BUILD = "build.duckdb"
# A release is written under such a name, and renamed when it is whole.
BUILDING = ".building-"
# The public edition: releases of its own, and its own `current`.
PUBLIC = "public"
LOCK = "refresh.lock"
# A look at who holds the warehouse (`holder`) takes the lock for an instant.
TRIES, SECONDS_BETWEEN_TRIES = 5, 0.1

_held: set[Path] = set()


class NotStarted(Exception):
    """Why nothing may touch the warehouse now, and what to do."""


@contextmanager
def only_refresh(warehouse: Path, owner: str | None = None) -> Iterator[None]:
    """Hold a warehouse for this process, the traces of killed ones removed; raises `NotStarted` when it cannot be.

    `owner` is told to whoever meets the lock; without one it is the command line, and its user. The lock goes with the
    process, however it ends. Holding again what this process holds does nothing, so that a command can hold the
    warehouse before the run it starts does.
    """
    if warehouse in _held:
        yield
        return
    warehouse.mkdir(parents=True, exist_ok=True)
    with (warehouse / LOCK).open("a+") as lock:
        if not _locked(lock):
            lock.seek(0)
            raise NotStarted(f"Not started: another refresh holds this warehouse ({lock.read().strip()}).")
        lock.truncate(0)
        now = dt.datetime.now()
        lock.write(f"{owner or f'command line, {_user()}'}, process {os.getpid()} since {now:%Y-%m-%d %H:%M}")
        lock.flush()
        _held.add(warehouse)
        try:
            for published in (warehouse, warehouse / PUBLIC):
                _refuse_other_current(published)
                # Before any step: what was left half-written may be what filled the disk.
                for abandoned in published.glob(f"releases/{BUILDING}*"):
                    shutil.rmtree(abandoned)
            _discard_damaged_build(warehouse)
            yield
        finally:
            _held.remove(warehouse)


def holder(warehouse: Path) -> str | None:
    """Who holds a warehouse, in words; None when nobody does."""
    try:
        with (warehouse / LOCK).open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return lock.read().strip()
    except FileNotFoundError:
        pass
    return None


def _locked(lock: TextIO) -> bool:
    for _ in range(TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(SECONDS_BETWEEN_TRIES)
    return False


def _user() -> str:
    try:
        return f"user {getpass.getuser()}"
    except (KeyError, OSError):
        # In a container the user may have no name.
        return f"user {os.geteuid()}"


def discard_build(warehouse: Path) -> None:
    """Delete the build database: it is made again from the landing."""
    (warehouse / BUILD).unlink(missing_ok=True)
    # Beside a new database it would be replayed into it.
    (warehouse / f"{BUILD}.wal").unlink(missing_ok=True)


def _refuse_other_current(warehouse: Path) -> None:
    """A link can be repointed in one step; a folder or a file in its place cannot, and may be somebody's only copy."""
    current = warehouse / "current"
    if current.exists() and not current.is_symlink():
        said = f"Not started: {current} is not the link to a release that it has to be"
        raise NotStarted(f"{said}, but a copy. Move it out of the warehouse and run again.")


def _discard_damaged_build(warehouse: Path) -> None:
    build = warehouse / BUILD
    if not build.exists():
        discard_build(warehouse)
        return
    try:
        duckdb.connect(str(build)).close()
    except duckdb.Error as error:
        if "Could not set lock on file" in str(error):
            raise NotStarted(f"Not started: another process has {build} open.") from None
        if remedy(str(error), warehouse):
            # It may be whole: what is missing is room, or a permission.
            raise
        print(f"{build} is damaged; it is made again from the landing.")
        discard_build(warehouse)
