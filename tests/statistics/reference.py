"""Where the outputs of trusted statistics packages lie.

Here: reading them, and skipping where they are not beside this checkout.
Belongs here: nothing else.
Does not belong here: an expectation.
"""

import csv
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "reference"


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one file of the reference outputs; skips the test where they are not there."""
    if not FOLDER.is_dir():
        pytest.skip("the reference outputs are not beside this checkout (shared/reference)")
    with (FOLDER / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
