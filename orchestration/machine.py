"""The machine beneath a refresh: what a full disk, a missing permission or a disk that does not answer means, in words.

Here: recognising them in what a library says, and the remedy.
Belongs here: a fault of disk, memory or user that no delivery causes.
Does not belong here: what is wrong with a delivery (`landing/`), with figures (dbt's tests).
"""

import os
import re
import shutil
from pathlib import Path

# As Linux, DuckDB, polars and SQLite say it.
NO_ROOM = re.compile(r"No space left on device|disk is full|Disk quota exceeded|File too large|disk I/O error")
NO_PERMISSION = re.compile(r"Permission denied|Operation not permitted|readonly database|Read-only file system")

# What the disk, the network or another process may no longer say in a moment. "Could not set lock" is DuckDB's.
PASSING = re.compile(
    r"Resource temporarily unavailable|Input/output error|Stale (NFS )?file handle|Connection (timed out|reset by peer)"
    r"|Device or resource busy|Text file busy|No locks available|Host is down|Transport endpoint is not connected"
    r"|Interrupted system call|Remote I/O error|Could not set lock on file|database is locked"
)


class PassingFault(Exception):
    """A fault of the machine that may be gone in a moment, in its own words, which quote no row."""


def passes(message: str) -> str | None:
    """The words of an error that say a fault may be gone in a moment, and no others; None for any other."""
    found = PASSING.search(message)
    return found[0] if found else None


def machine_fault(message: str) -> str | None:
    """The words of an error that say what the machine lacks, and no others; None when it is not at fault."""
    found = NO_ROOM.search(message) or NO_PERMISSION.search(message)
    return found[0] if found else None


def remedy(message: str, warehouse: Path) -> str | None:
    """What to do about an error's message; None when the machine is not at fault."""
    if NO_ROOM.search(message):
        free = shutil.disk_usage(warehouse).free / 1024**2 if warehouse.is_dir() else 0
        return (
            f"No room is left on the disk of {warehouse} ({free:,.0f} MB free), or for a file of that size."
            " Make room there and run again; nothing has to be mended by hand."
        )
    if NO_PERMISSION.search(message):
        return (
            f"The user with the id {os.geteuid()} lacks a permission: to read raw/, and to read and write everything in"
            f" {warehouse}. Give both to that user (chown, chmod), or run as the user who owns them, and run again."
        )
    if passes(message):
        return (
            f"The disk, the network, or another process that has a file of {warehouse} or raw/ open stood in the way,"
            " longer than it was waited for. See that both folders can be reached, and run again."
        )
    return None
