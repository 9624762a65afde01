"""Dagster as a service: `python -m orchestration.service webserver`, and `daemon`.

Here: starting either, with the same folders and history as `make refresh`.
Belongs here: what a unit file or a container starts.
Does not belong here: both at once for a person at a terminal (`dev.py`).
"""

import argparse
import os
import sys
from pathlib import Path

from orchestration.dagster_home import dagster_environment
from orchestration.folders import owned_warehouse

# Only this machine reaches the pages: they ask nobody for a password.
COMMANDS = {
    "webserver": ["dagster-webserver", "-h", "127.0.0.1", "-p", "3000", "-m", "orchestration.definitions"],
    "daemon": ["dagster-daemon", "run", "-m", "orchestration.definitions"],
}


def main() -> None:
    """Replace this process with a part of Dagster."""
    parser = argparse.ArgumentParser(prog="service", description=main.__doc__)
    parser.add_argument("part", choices=COMMANDS)
    program, *arguments = COMMANDS[parser.parse_args().part]
    os.environ.update(dagster_environment(owned_warehouse()))
    dagster = Path(sys.executable).with_name(program)
    os.execv(dagster, [str(dagster), *arguments])


if __name__ == "__main__":
    main()
