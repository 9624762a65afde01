"""Where deliveries arrive and where everything is kept.

Here: the two folders, as the environment names them.
Belongs here: a place that a command needs before it knows anything else; so nothing slow is imported.
Does not belong here: what lies in the folders.
"""

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]


def raw_folder() -> Path:
    """`raw/`, or the folder that `RAW_DIR` names."""
    return Path(os.environ.get("RAW_DIR") or ROOT / "raw").absolute()


def warehouse_folder() -> Path:
    """`warehouse/`, or the folder that `WAREHOUSE_DIR` names."""
    return Path(os.environ.get("WAREHOUSE_DIR") or ROOT / "warehouse").absolute()


def owned_warehouse() -> Path:
    """The warehouse, for a process that writes it: made where there is none, for all to enter. What the process makes
    after that is for its user alone, since it may hold rows; what is published is opened to all (`publishing.py`)."""
    os.umask(0o022)
    warehouse = warehouse_folder()
    warehouse.mkdir(parents=True, exist_ok=True)
    os.umask(0o077)
    return warehouse
