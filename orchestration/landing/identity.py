"""What a file in `raw/` is known by: the digests of its content and the revision it claims.

Here: hashing files, once each, and remembering the digests of those that have not changed.
Belongs here: telling one delivered file from another without reading its rows.
Does not belong here: whether it is valid (`received.py`).
"""

import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.landing.delivery import write_json
from orchestration.landing.received import is_regular, named_revision, revision_of, unreadable
from orchestration.landing.sidecar import can_be_named, sidecar_bytes, sidecar_of

REMEMBERED = "identities.json"
# Set 2026-11-24: file systems keep times to a few milliseconds at worst; a file written this shortly before it was
# hashed could be written again without its times telling.
TIMES_TELL_AFTER = 2_000_000_000


@dataclass(frozen=True)
class Identity:
    """SHA-256 of a file and its sidecar, of the file alone, and the revision claimed."""

    sha256: str
    file_sha256: str
    revision: int


class Identities:
    """The identities of one extract's files, remembered in `folder` between refreshes.

    A file is hashed again when its size, inode or times of change differ: no program sets the time of change back.
    What is remembered decides nothing else, and can be deleted.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / REMEMBERED
        self._seen: dict[str, Any] = {}
        if self._path.is_file():
            try:
                self._seen = json.loads(self._path.read_text(encoding="utf-8"))
            except ValueError:
                self._seen = {}
            if not isinstance(self._seen, dict):
                self._seen = {}
        self._now: dict[str, Any] = {}
        self._asked: dict[Path, list[int]] = {}

    def of(self, path: Path) -> Identity:
        """The identity of one file. Of anything but a regular file only the name counts: it is refused unopened."""
        name = str(path)
        times = self._asked[path] = times_of(path)
        seen = self._seen.get(name)
        if seen and times and seen["times"] == times:
            self._now[name] = seen
            return Identity(**seen["identity"])
        started = time.time_ns()
        identity = identify(path)
        if times and started - max(times[1:3] + times[5:7]) > TIMES_TELL_AFTER:
            self._now[name] = {"times": times, "identity": vars(identity)}
        return identity

    def known(self, path: Path) -> Identity | None:
        """The identity of a file that has not changed since it was remembered; None when it would have to be hashed."""
        seen = self._seen.get(str(path))
        return Identity(**seen["identity"]) if seen and seen["times"] == times_of(path) else None

    def changed(self) -> list[Path]:
        """The files that are no longer as they were when they were asked for: still being written, say."""
        return [path for path, times in self._asked.items() if times_of(path) != times]

    def remember(self) -> None:
        """Keep the identities asked for, and no other."""
        if self._now != self._seen:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_json(self._path, self._now)


def identify(path: Path) -> Identity:
    """Hash one file and its sidecar; only the name of what cannot be read, which is refused."""
    digest = hashlib.sha256()
    if unreadable(path):
        digest.update(f"unreadable {path.name}".encode("utf-8", "surrogateescape"))
        return Identity(digest.hexdigest(), digest.hexdigest(), named_revision(path))
    if is_regular(path):
        with path.open("rb") as stream:
            while block := stream.read(1024 * 1024):
                digest.update(block)
    else:
        digest.update(os.fsencode(path.name))
    whole = digest.copy()
    whole.update(sidecar_bytes(path))
    return Identity(whole.hexdigest(), digest.hexdigest(), revision_of(path))


def times_of(path: Path) -> list[int]:
    """Size, times of change and inode of a file, and of its sidecar where it has one; empty if it is not regular, or
    unreadable: another user may read what this one may not."""
    if not is_regular(path) or unreadable(path):
        return []
    times = []
    for part in (path, sidecar_of(path)):
        found = part.stat() if can_be_named(part) and is_regular(part) else None
        times += [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino] if found else [0, 0, 0, 0]
    return times
