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
import stat
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


def _executable(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with what cron starts, as the page installs it but for the places: an empty checkout, settings, and
    commands of the machine that stand for make (which fails) and for the log."""
    places = {"/usr/local/bin": str(tmp_path), "/srv/performance": str(tmp_path / "checkout"), "/etc": str(tmp_path)}
    for name in ("performance-run", "performance.cron"):
        text = _text(DOCS / "systemd" / name)
        for place, here in places.items():
            text = text.replace(place, here)
        _executable(tmp_path / name, text)
    (tmp_path / "checkout").mkdir()
    (tmp_path / "performance.env").write_text("#AUDIENCE=public\nRAW_DIR=/srv/deliveries\n", encoding="utf-8")
    (tmp_path / "bin").mkdir()
    _executable(tmp_path / "bin" / "make", '#!/bin/bash\necho "$PWD: $*, from $RAW_DIR"; echo failed >&2; exit 3\n')
    _executable(tmp_path / "bin" / "logger", f'#!/bin/bash\ncat >> "{tmp_path}/log of $2"\n')
    return tmp_path


def test_a_command_run_as_the_service_has_its_folders_and_settings(installed: Path) -> None:
    command = [
        str(installed / "performance-run"),
        "bash",
        "-c",
        'echo "$PWD $RAW_DIR ${AUDIENCE-} $1"',
        "",
        "two words",
    ]
    ended = subprocess.run(command, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)
    assert ended.stdout == f"{installed / 'checkout'} /srv/deliveries  two words\n"
    (installed / "performance.env").unlink()
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "performance.env: No such file or directory" in ended.stderr


def test_what_cron_starts_runs_and_its_words_and_its_exit_status_are_kept(installed: Path) -> None:
    lines = re.findall(r"^\d+ \d+ \S+ \S+ \S+ +performance +(.*)$", _text(installed / "performance.cron"), re.MULTILINE)
    environment = {"PATH": f"{installed / 'bin'}:/usr/bin:/bin"}
    ended = [subprocess.run(["/bin/bash", "-c", line], env=environment, check=False).returncode for line in lines]
    assert ended == [3, 3]
    assert _text(installed / "log of performance").splitlines() == [
        line
        for target in ("refresh", "watch")
        for line in (f"{installed / 'checkout'}: -s {target}, from /srv/deliveries", "failed")
    ]


def test_every_setting_of_the_service_is_in_its_example_and_on_the_page() -> None:
    named = {*re.findall(r"^#([A-Z_]+)=", _text(DOCS / "systemd" / "performance.env"), re.MULTILINE)}
    told = {*re.findall(r"`([A-Z_]+)`", _text(DOCS / "service.md"))}
    assert {"RAW_DIR", "WAREHOUSE_DIR", "AUDIENCE", "ALERTS_TO"} <= named <= told


def test_no_command_of_a_page_works_on_other_folders_than_the_service() -> None:
    """After `sudo -u performance`, whose environment has none of them; but a shell, for what is said after it."""
    for page in ("service.md", "upgrade.md", "backup.md"):
        as_service = re.findall(r"sudo -u performance ([a-z-]+)", _text(DOCS / page))
        assert {*as_service} <= {"performance-run", "env", "bash"}, page


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


def test_a_warehouse_that_the_service_makes_is_open_to_readers_and_what_is_in_it_is_not(tmp_path: Path) -> None:
    """Under the umask of the unit files."""
    code = "import os; os.execv = lambda *_: None; from orchestration import service; service.main()"
    warehouse = tmp_path / "of the force" / "warehouse"
    subprocess.run(
        [sys.executable, "-c", code, "daemon"],
        cwd=ROOT,
        env={**os.environ, "WAREHOUSE_DIR": str(warehouse)},
        umask=0o077,
        check=True,
    )
    folders = (warehouse.parent, warehouse, warehouse / "dagster")
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o755, 0o755, 0o700]


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
