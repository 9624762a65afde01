"""The pages in `docs/`, the unit files, and dbt's page of every model, held against the code.

Here: that what a page names exists, and that every mart is described.
Belongs here: a promise of the documentation that can be looked up.
Does not belong here: the commands of `docs/backup.md` (`test_backup.py`), the README's table (`test_readme.py`).
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration import service
from orchestration.alerts import Server
from orchestration.dagster_home import dagster_environment
from orchestration.publishing import OWN_TABLES
from tests.conftest import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
UNITS = sorted(path for path in (DOCS / "systemd").iterdir() if path.suffix in (".service", ".timer"))
LONGEST_RECORD = 40
MANIFEST = ROOT / "dbt_project" / "target" / "manifest.json"


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _targets() -> set[str]:
    rules = re.findall(r"^([a-z][a-z -]*):(?!=)", _text(ROOT / "Makefile"), re.MULTILINE)
    return {target for rule in rules for target in rule.split()}


def _named(pattern: str) -> list[tuple[str, str]]:
    """Page → what it names by a pattern."""
    paths = [*PAGES, *(DOCS / "systemd").iterdir()]
    return [(path.name, found) for path in paths for found in re.findall(pattern, _text(path))]


def test_every_command_that_a_page_names_exists() -> None:
    made = [(page, target) for page, target in _named(r"(?:`|^|&& )make (?:-s )?([a-z-]+)") if target not in _targets()]
    modules = _named(r"-m (orchestration(?:\.\w+)*)")
    missing = [named for named in modules if not (ROOT / f"{named[1].replace('.', '/')}.py").is_file()]
    assert (made, missing) == ([], [])
    assert modules != []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", _text(page)) if not link.startswith("http")]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_setting_of_the_alerts_is_on_the_page_and_no_other() -> None:
    code = {*re.findall(r"ALERTS_[A-Z_]+", _text(ROOT / "orchestration" / "alerts.py"))}
    told = {*re.findall(r"ALERTS_[A-Z_]+", _text(DOCS / "service.md"))}
    assert told == code
    assert {*re.findall(r"ALERTS_[A-Z_]+", _text(DOCS / "systemd" / "performance.env"))} <= code


def test_the_example_of_settings_is_one_that_can_be_meant(tmp_path: Path) -> None:
    lines = re.findall(r"^#([A-Z_]+=.*)$", _text(DOCS / "systemd" / "performance.env"), re.MULTILINE)
    settings = dict(line.split("=", 1) for line in lines)
    settings["ALERTS_SMTP_PASSWORD_FILE"] = str(tmp_path / "password")
    (tmp_path / "password").write_text("correct horse", encoding="utf-8")
    server = Server.configured(settings)
    assert server is not None
    assert (server.port, server.recipients) == (587, ["oncall@example.org", "performance@example.org"])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_file_starts_what_is_there(unit: Path) -> None:
    here = _text(unit).replace("/srv/performance", str(ROOT))
    for command in re.findall(r"^ExecStart=(.*)$", here, re.MULTILINE):
        program, option, module, *arguments = shlex.split(command)
        assert Path(program).is_file()
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file()
        assert option == "-m"
        assert arguments == [] or arguments[0] in service.COMMANDS


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed here")
def test_systemd_finds_no_fault_with_the_unit_files(tmp_path: Path) -> None:
    for unit in UNITS:
        (tmp_path / unit.name).write_text(_text(unit).replace("/srv/performance", str(ROOT)), encoding="utf-8")
    found = subprocess.run(
        [
            "systemd-analyze",
            "verify",
            "--man=no",
            "--recursive-errors=no",
            *(str(tmp_path / unit.name) for unit in UNITS),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, [line for line in found.stderr.splitlines() if str(tmp_path) in line]) == (0, [])


@pytest.mark.parametrize("part", service.COMMANDS)
def test_a_part_of_the_service_is_a_command_that_is_there_and_knows_the_warehouse(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    # Put back at the end.
    for name in dagster_environment(tmp_path):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("WAREHOUSE_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["service", part])
    monkeypatch.setattr(os, "umask", lambda mask: mask)
    monkeypatch.setattr(os, "execv", lambda program, arguments: started.append([str(program), *arguments]))
    service.main()
    ((program, first, *_),) = started
    assert program == first and os.access(program, os.X_OK)
    assert os.environ["DAGSTER_HOME"] == str(tmp_path / "dagster")
    assert (tmp_path / "dagster" / "dagster.yaml").is_file()


def test_the_pages_of_dagster_are_reached_from_this_machine_alone() -> None:
    command = service.COMMANDS["webserver"]
    assert command[command.index("-h") + 1] == "127.0.0.1"


@pytest.mark.parametrize("record", sorted((DOCS / "decisions").glob("[!R]*.md")), ids=lambda record: record.name)
def test_a_decision_record_is_short_and_says_what_was_measured(record: Path) -> None:
    lines = _text(record).splitlines()
    assert len(lines) <= LONGEST_RECORD
    assert [line[3:] for line in lines if line.startswith("## ")] == ["Context", "Decision", "Consequence", "Measured"]
    assert f"({record.name})" in _text(DOCS / "decisions" / "README.md")


def test_every_table_and_column_that_users_rely_on_has_a_description() -> None:
    project = json.loads(_text(MANIFEST))
    marts = [n for n in project["nodes"].values() if n["resource_type"] == "model" and n["schema"] == "marts"]
    assert len(marts) > 20
    silent = [mart["name"] for mart in marts if not mart["description"].strip()]
    silent += [
        f"{mart['name']}.{column['name']}"
        for mart in marts
        for column in mart["columns"].values()
        if not column["description"].strip() or not column["config"]["meta"].get("unit")
    ]
    silent += [mart["name"] for mart in marts if not mart["columns"]]
    silent += [
        f"{name}.{column}"
        for name, table in OWN_TABLES.items()
        for column, (_, meaning, unit) in table["columns"].items()
        if not (table["description"] and meaning and unit)
    ]
    assert silent == []


def test_make_docs_writes_one_file_with_every_description_and_no_warehouse() -> None:
    ended = subprocess.run(["make", "-s", "docs"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    page = _text(Path(ended.stdout.splitlines()[-1]))
    project = json.loads(_text(MANIFEST))
    described = [node for node in project["nodes"].values() if node["resource_type"] == "model" and node["description"]]
    # As it stands in the page's JSON.
    missing = [node["name"] for node in described if json.dumps(node["description"])[1:-1] not in page]
    assert missing == []
    assert '"child_map"' in page
