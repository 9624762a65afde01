"""The dbt unit tests, run where their tables are.

Here: one run of every dbt unit test.
Belongs here: what dbt tests by itself but does not run in a refresh.
Does not belong here: an expectation (it stands in the model's YAML).
"""

import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT, Warehouse


def test_every_unit_test_of_the_models_passes(sample: Warehouse, tmp_path: Path) -> None:
    project = str(ROOT / "dbt_project")
    own = sample.copy(tmp_path)
    target = str(own.folder / "dbt")
    ended = subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), "test", "--select", "test_type:unit"]
        + ["--project-dir", project, "--profiles-dir", project, "--target-path", target, "--log-path", target],
        cwd=own.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-4000:]
    done = re.search(r"PASS=(\d+) WARN=0 ERROR=0 SKIP=0", ended.stdout)
    assert done is not None
    assert int(done[1]) == sum(
        path.read_text(encoding="utf-8").count("    model: ")
        for path in (ROOT / "dbt_project" / "models").rglob("*.yml")
    )
