"""One refresh of a warehouse at a time, and the traces of one that was killed.

Here: the lock, and what is put right before a refresh starts.
Belongs here: whatever must hold before any step touches the warehouse, however the run was started.
Does not belong here: the steps.
"""

import datetime as dt
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

BUILD = "build.duckdb"

_held: set[Path] = set()


class Busy(Exception):
    """Another process holds the warehouse; says which."""


@contextmanager
def only_refresh(warehouse: Path) -> Iterator[None]:
    """Hold a warehouse for this process, its build database whole; raises `Busy` when another process has it.

    The lock goes with the process, however it ends. Holding again what this process holds does nothing, so that a
    command can hold the warehouse before the run it starts does.
    """
    if warehouse in _held:
        yield
        return
    warehouse.mkdir(parents=True, exist_ok=True)
    with (warehouse / "refresh.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Busy(f"Not started: another refresh holds this warehouse ({lock.read().strip()}).") from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()} since {dt.datetime.now():%Y-%m-%d %H:%M}")
        lock.flush()
        _held.add(warehouse)
        try:
            _discard_damaged_build(warehouse)
            yield
        finally:
            _held.remove(warehouse)


def discard_build(warehouse: Path) -> None:
    """Delete the build database: it is made again from the landing."""
    (warehouse / BUILD).unlink(missing_ok=True)
    # Beside a new database it would be replayed into it.
    (warehouse / f"{BUILD}.wal").unlink(missing_ok=True)


def _discard_damaged_build(warehouse: Path) -> None:
    build = warehouse / BUILD
    if not build.exists():
        discard_build(warehouse)
        return
    try:
        duckdb.connect(str(build)).close()
    except duckdb.Error as error:
        if "lock" in str(error):
            raise Busy(f"Not started: another process has {build} open.") from None
        print(f"{build} is damaged; it is made again from the landing.")
        discard_build(warehouse)
