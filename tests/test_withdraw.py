"""Taking a delivery back, and the list of what waits, as a person runs them.

Here: `make withdraw` and `make quarantine` over a small landing.
Belongs here: what these commands print and leave behind.
Does not belong here: how deliveries stand beside each other (`test_histories.py`).
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.extracts import EXTRACTS
from orchestration.landing.received import delivery_files
from orchestration.landing.store import Landing
from orchestration.landing.synchronise import current_deliveries
from tests.conftest import ROOT
from tests.deliveries import changed, valid_rows, write_csv

CRIME = "recorded_crime"


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """December 2008 in two revisions; the second has a row set aside."""
    write_csv(tmp_path / "raw" / CRIME / "2008-12.csv", valid_rows(CRIME))
    write_csv(tmp_path / "raw" / CRIME / "2008-12_r2.csv", changed(valid_rows(CRIME), 7, offences="zqmany"))
    return tmp_path / "raw"


@pytest.fixture
def landing(raw: Path, tmp_path: Path) -> Landing:
    landing = Landing(tmp_path / "warehouse")
    assert landing.land(list(delivery_files(raw / CRIME)), EXTRACTS[CRIME], is_synthetic=False)[1] == []
    return landing


def _run(command: str, raw: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"orchestration.{command}", *arguments],
        cwd=ROOT,
        env={**os.environ, "RAW_DIR": str(raw), "WAREHOUSE_DIR": str(raw.parent / "warehouse")},
        capture_output=True,
        text=True,
        check=False,
    )


def _withdraw(raw: Path, delivery: str, reason: str = "a wrong extract") -> subprocess.CompletedProcess[str]:
    return _run("withdraw", raw, "--delivery", delivery, "--reason", reason)


def _standing(landing: Landing) -> dict[str, tuple[str, str | None]]:
    return {d.file_name: (d.status, d.reason) for d in landing.deliveries()}


def test_a_withdrawn_delivery_gives_way_to_its_predecessor(landing: Landing, raw: Path) -> None:
    ended = _withdraw(raw, f"{CRIME}/2008-12_r2.csv")
    assert ended.returncode == 0, ended.stderr
    assert "2008-12: current is now 2008-12.csv (revision 1)" in ended.stdout
    names = {d.delivery_id: d.file_name for d in landing.deliveries()}
    assert {names[id]: months for id, months in current_deliveries(landing).items()} == {"2008-12.csv": {"2008-12"}}


def test_the_record_and_the_rows_of_a_withdrawn_delivery_stay(landing: Landing, raw: Path) -> None:
    _withdraw(raw, f"{CRIME}/2008-12_r2.csv", "a wrong extract")
    assert _standing(landing) == {"2008-12.csv": ("landed", None), "2008-12_r2.csv": ("withdrawn", "a wrong extract")}
    withdrawn = next(d for d in landing.deliveries() if d.status == "withdrawn")
    assert landing.accepted_rows(withdrawn).is_file()


def test_a_withdrawn_delivery_does_not_land_again(landing: Landing, raw: Path) -> None:
    _withdraw(raw, f"{CRIME}/2008-12_r2.csv")
    assert landing.land(list(delivery_files(raw / CRIME)), EXTRACTS[CRIME], is_synthetic=False) == ([], [])
    assert _standing(landing)["2008-12_r2.csv"][0] == "withdrawn"


def test_a_month_without_a_predecessor_is_said_to_be_missing(landing: Landing, raw: Path) -> None:
    _withdraw(raw, f"{CRIME}/2008-12_r2.csv")
    assert "2008-12: current is now nothing: the month is missing" in _withdraw(raw, f"{CRIME}/2008-12.csv").stdout


@pytest.mark.parametrize(
    ("delivery", "reason", "said"),
    [
        (f"{CRIME}/2009-01.csv", "a wrong extract", "no such delivery"),
        (f"{CRIME}/2008-12.csv", " ", "a REASON is needed"),
        ("../raw/recorded_crime/2008-12.csv", "a wrong extract", "no such delivery"),
    ],
)
def test_nothing_is_withdrawn_without_a_delivery_and_a_reason(
    landing: Landing, raw: Path, delivery: str, reason: str, said: str
) -> None:
    before = _standing(landing)
    ended = _withdraw(raw, delivery, reason)
    assert (ended.returncode, said in ended.stderr) == (1, True)
    assert _standing(landing) == before


def test_a_delivery_is_withdrawn_once(landing: Landing, raw: Path) -> None:
    _withdraw(raw, f"{CRIME}/2008-12_r2.csv")
    again = _withdraw(raw, f"{CRIME}/2008-12_r2.csv")
    assert (again.returncode, "withdrawn already" in again.stderr) == (1, True)


def test_what_waits_is_listed_with_its_reasons_and_without_its_values(landing: Landing, raw: Path) -> None:
    said = _run("quarantine", raw).stdout
    assert f"{CRIME}/2008-12_r2.csv: landed; rows set aside: 1" in said
    assert "1 × [offences_unreadable] offences is not a whole number" in said
    assert "delivered as revision 3" in said
    assert "zqmany" not in said and "ZQCR" not in said


def test_a_corrected_delivery_clears_the_quarantine(landing: Landing, raw: Path) -> None:
    write_csv(raw / CRIME / "2008-12_r3.csv", changed(valid_rows(CRIME), 7, victims_under_20="1"))
    landing.land(list(delivery_files(raw / CRIME)), EXTRACTS[CRIME], is_synthetic=False)
    assert _run("quarantine", raw).stdout == "Deliveries that landed with rows set aside: 0; refused: 0.\n"


def test_a_refused_file_waits_until_it_is_taken_away(landing: Landing, raw: Path) -> None:
    (raw / CRIME / "2009-01.csv").write_bytes(b"")
    landing.land(list(delivery_files(raw / CRIME)), EXTRACTS[CRIME], is_synthetic=False)
    assert f"{CRIME}/2009-01.csv: refused. [empty" in _run("quarantine", raw).stdout
    (raw / CRIME / "2009-01.csv").unlink()
    assert "2009-01.csv" not in _run("quarantine", raw).stdout
