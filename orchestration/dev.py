"""The Dagster UI on this machine, with the same folders and history as `make refresh`.

Here: starting `dagster dev` on 127.0.0.1.
Belongs here: nothing else.
Does not belong here: running Dagster as a service.
"""

import os
import sys
from pathlib import Path

from orchestration.dagster_home import dagster_environment
from orchestration.folders import owned_warehouse


def main() -> None:
    """Replace this process with `dagster dev`."""
    os.environ.update(dagster_environment(owned_warehouse()))
    dagster = Path(sys.executable).with_name("dagster")
    os.execv(dagster, [str(dagster), "dev", "-m", "orchestration.definitions", "-h", "127.0.0.1"])


if __name__ == "__main__":
    main()
