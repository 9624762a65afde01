"""Refreshes for tests, each in a process of its own that is forked where everything is loaded already.

Here: the process that loads Dagster, dbt, pandera and polars once, and forks at every request. No packs are written:
they take as long as the rest of a small refresh.
Belongs here: whatever makes many small refreshes cheap without changing what a refresh does.
Does not belong here: an expectation. `python -m orchestration.refresh` itself, with packs, is run where the sample is
made.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import orchestration.board_pack

ROOT = Path(__file__).parents[1]
# What takes a refresh most of its start, and keeps no thread that a fork would lose.
LOADED = [
    "dagster_dbt",
    "dagster_duckdb",
    "dbt.adapters.duckdb",
    "dbt.cli.main",
    "pandera.polars",
    "orchestration.refresh",
]


def refresh(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What `python -m orchestration.refresh` with these arguments gives in this environment."""
    with tempfile.TemporaryDirectory() as folder:
        said = [str(Path(folder) / name) for name in ("stdout", "stderr")]
        server = _server()
        assert server.stdin is not None and server.stdout is not None
        server.stdin.write(json.dumps([arguments, environment, *said]) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        stdout, stderr = (Path(name).read_text(encoding="utf-8") for name in said)
    return subprocess.CompletedProcess(arguments, code, stdout, stderr)


@cache
def _server() -> subprocess.Popen[str]:
    """The process that forks; it ends when the one that asked first ends."""
    command = [sys.executable, "-m", "tests.refresher"]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _serve() -> None:
    for name in LOADED:
        importlib.import_module(name)
    orchestration.board_pack.write_packs = lambda database: []

    for line in sys.stdin:
        process = os.fork()
        if not process:
            _refresh(*json.loads(line))
            sys.exit()
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _refresh(arguments: list[str], environment: dict[str, str], stdout: str, stderr: str) -> None:
    from orchestration.refresh import main

    os.environ.clear()
    os.environ.update(environment)
    for number, path in ((0, os.devnull), (1, stdout), (2, stderr)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
    sys.argv = ["refresh", *arguments]
    main()


if __name__ == "__main__":
    _serve()
