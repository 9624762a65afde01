"""The refresh as its users meet it: again, after damage, beside readers, with a broken delivery.

Here: whole refreshes, each in a process of its own.
Belongs here: a promise about what is published and when.
Does not belong here: figures (`test_sample_figures.py`, `test_published_figures.py`).
"""

import datetime as dt
import fcntl
import shutil
import stat
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from orchestration.extracts.seeds import SEEDS
from orchestration.refresh import _restated, default_month
from orchestration.timetable import MONTHLY
from tests.conftest import Warehouse
from tests.deliveries import valid_rows, write_csv


@pytest.fixture
def own(sample: Warehouse, tmp_path: Path) -> Warehouse:
    """A copy of the sample's raw folder and warehouse, to be damaged."""
    return sample.copy(tmp_path)


def _published(warehouse: Warehouse) -> tuple[str, bytes]:
    """Which release is current, and its bytes."""
    current = warehouse.folder / "current"
    return str(current.readlink()), (current / "performance.duckdb").read_bytes()


def test_the_last_lines_say_where_the_release_is_and_count_verdicts_by_tier(
    sample: Warehouse, sample_said: str
) -> None:
    lines = sample_said.strip().splitlines()[-6:]
    query = "select tier, verdict, count(*) from scorecard group by tier, verdict"
    counted = sample.release().execute(query).fetchall()
    for tier in ("cpa", "corporate", "supplementary"):
        line = next(line for line in lines if line.startswith(f"Verdicts, {tier}: "))
        said = {f"{count} {verdict.replace('_', ' ')}" for each, verdict, count in counted if each == tier}
        assert set(line.partition(": ")[2].split(", ")) == said
    assert f"The release is in {sample.folder / 'current'} -> releases/2009-03_r1" in lines


def test_a_refresh_names_the_checks_that_warn(sample_said: str) -> None:
    """The sample's 2007/08 outturn of serious acquisitive crime brought to justice is above the 11.8 % asked."""
    assert "Warning, fct_target_ambition: not so that every target improves on the outturn" in sample_said


@pytest.mark.long
def test_a_refresh_that_changes_nothing_uses_no_number_also_when_the_build_is_damaged(own: Warehouse) -> None:
    before = _published(own)
    for is_damaged in (False, True):
        if is_damaged:
            (own.folder / "build.duckdb").write_bytes(b"not a database" * 400)
        ended = own.refresh()
        assert ended.returncode == 0, ended.stderr[-2000:]
        assert ("is damaged; it is made again from the landing." in ended.stdout) == is_damaged
        assert "New deliveries that landed: 0." in ended.stdout
        assert "Nothing changed: release 2009-03_r1 stands, and no new number was used." in ended.stdout
        assert _published(own) == before


LOOPING_READER = """
import sys, time, pathlib, duckdb
folder, stop = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
opened, seen = 0, []
while not stop.exists():
    with duckdb.connect(str(folder / "current" / "performance.duckdb"), read_only=True) as reader:
        seen.append(reader.execute("select release_id from release").fetchone()[0])
    opened += 1
    time.sleep(0.01)
print(opened, *dict.fromkeys(seen))
"""


@dataclass(frozen=True)
class Refused:
    """A refresh that refuses a second revision of October 2008, which lacks its column `area`; then, with that taken
    away, a refresh of that month, while one reader holds its release and one opens `current` again and again."""

    warehouse: Warehouse
    refusing: subprocess.CompletedProcess[str]
    before: tuple[str, bytes]
    after: tuple[str, bytes]
    publishing: subprocess.CompletedProcess[str]
    holds: str
    opened: list[str]
    errors: str


@pytest.fixture(scope="module")
def refused(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Refused:
    warehouse = sample.copy(tmp_path_factory.mktemp("refused"))
    revision = warehouse.raw / "road_casualties" / "2008-10_r2.csv"
    pl.read_csv(revision.with_name("2008-10.csv")).drop("area").write_csv(revision)
    before = _published(warehouse)
    refusing = warehouse.refresh()
    after = _published(warehouse)

    revision.unlink()
    stop = warehouse.folder / "stop"
    reader = subprocess.Popen(
        [sys.executable, "-c", LOOPING_READER, str(warehouse.folder), str(stop)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with warehouse.release() as held:
        publishing = warehouse.refresh("2008-10")
        (holds,) = held.execute("select release_id from release").fetchone() or ("",)
    time.sleep(0.2)
    stop.touch()
    said, errors = reader.communicate(timeout=30)
    return Refused(warehouse, refusing, before, after, publishing, holds, said.split(), errors)


def test_a_refused_delivery_stops_the_refresh_and_leaves_its_predecessor_current(refused: Refused) -> None:
    assert refused.refusing.returncode == 1
    last_line = refused.refusing.stderr.strip().splitlines()[-1]
    assert last_line.startswith("road_casualties/2008-10_r2.csv: [layout, whole file] No known layout has this header.")
    assert "missing column «area»" in last_line
    assert last_line.endswith("Deliver the columns as agreed.")
    assert "SYN-" not in refused.refusing.stdout + refused.refusing.stderr
    assert refused.after == refused.before


def test_a_refused_delivery_that_was_taken_away_stays_on_record(refused: Refused) -> None:
    rows = refused.warehouse.release().execute(
        "select file_name, status, reason is not null from delivery"
        " where extract = 'road_casualties' and file_name like '2008-10%' order by file_name"
    )
    assert rows.fetchall() == [("2008-10.csv", "current", False), ("2008-10_r2.csv", "refused", True)]


def test_a_reader_keeps_its_release_while_another_month_is_published(refused: Refused) -> None:
    assert refused.publishing.returncode == 0, refused.publishing.stderr[-2000:]
    assert refused.errors == ""
    opened, *seen = refused.opened
    assert int(opened) > 50
    assert seen == ["2009-03_r1", "2008-10_r1"]
    assert refused.holds == "2009-03_r1"


def test_a_release_holds_no_month_after_its_own(sample: Warehouse) -> None:
    last = sample.release("2008-09_r1").execute("select max(period_month)::varchar from fct_measure_result").fetchone()
    assert last == ("2008-09-01",)


@pytest.mark.long
def test_a_failing_data_test_stops_the_refresh_before_the_release(own: Warehouse) -> None:
    """An offence that no group holds would be missing from every total."""
    query = "select delivery_id from delivery where extract = 'recorded_crime' and status = 'current' limit 1"
    (delivery_id,) = own.release().execute(query).fetchone() or ("",)
    folder = own.folder / "landing" / "recorded_crime" / delivery_id
    rows = pl.read_parquet(folder / "accepted.parquet")
    rows.with_columns(offence_code=pl.lit("unheard_of")).write_parquet(folder / "accepted.parquet")
    (own.folder / "build.duckdb").unlink()
    before = _published(own)
    ended = own.refresh()
    assert ended.returncode == 1
    assert "every_offence_is_in_a_group" in ended.stderr.strip().splitlines()[-1]
    assert _published(own) == before


def test_a_second_refresh_at_the_same_time_says_so_and_exits(sample: Warehouse, tmp_path: Path) -> None:
    held = Warehouse(sample.raw, tmp_path)
    with (held.folder / "refresh.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = held.refresh()
    assert ended.returncode == 1
    assert ended.stderr.startswith("Not started: another refresh holds this warehouse")


def test_an_empty_raw_folder_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    ended = Warehouse(tmp_path / "raw", tmp_path / "warehouse").refresh()
    assert ended.returncode == 1
    assert ended.stderr.strip() == (f"Nothing to refresh: no delivery of a monthly extract in {tmp_path / 'raw'}.")


def test_the_last_lines_count_what_was_restated_by_cause_and_the_verdicts_that_turned() -> None:
    said = "Figures restated since earlier releases: "
    assert _restated({"re_delivery": 1200, "verdicts_flipped": 2}) == (
        f"{said}1,200 (a delivery was replaced or withdrawn); verdicts that turned: 2"
    )
    assert _restated({"verdicts_flipped": 1}) == f"{said}none; verdicts that turned: 1"
    assert _restated({"late_records": 3, "target": 4}) == f"{said}4 (the target was changed), 3 (late records)"


def test_no_month_waits_for_a_text_or_is_reached_by_one(tmp_path: Path) -> None:
    for extract, month in (("milestones", "2008-12"), ("commentary", "2009-01"), ("board_decisions", "2008-11")):
        write_csv(tmp_path / "raw" / extract / f"{month}.csv", valid_rows(extract, 1, month))
    now = dt.datetime(2009, 2, 2, 12, tzinfo=dt.UTC)
    assert default_month(tmp_path / "raw", tmp_path / "warehouse", now) == dt.date(2008, 12, 1)


def test_a_refresh_without_a_month_is_of_the_one_that_the_service_would_publish(tmp_path: Path) -> None:
    """December 2008 lacks its milestones, which it can do without from its refresh day on: the eighth working day of
    January 2009, Tuesday the 13th, at 6:00. January, once it is published, is not left for an earlier month."""
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    for extract in MONTHLY:
        for month in ("2008-11", "2008-12"):
            if (extract.name, month) != ("milestones", "2008-12"):
                write_csv(raw / extract.name / f"{month}.csv", valid_rows(extract.name, 1, month))
    before, after = (dt.datetime(2009, 1, 13, hour, 59, tzinfo=dt.UTC) for hour in (5, 6))
    assert default_month(raw, warehouse, before) == dt.date(2008, 11, 1)
    assert default_month(raw, warehouse, after) == dt.date(2008, 12, 1)
    (raw / "recorded_crime" / "2008-12.csv").unlink()
    assert default_month(raw, warehouse, after) == dt.date(2008, 11, 1)
    published = warehouse / "releases" / "2009-01_r1"
    published.mkdir(parents=True)
    (published / "manifest.json").write_text('{"deliveries": []}', encoding="utf-8")
    assert default_month(raw, warehouse, after) == dt.date(2009, 1, 1)


def test_the_published_file_is_read_only_and_described_to_the_last_column(sample: Warehouse) -> None:
    database = sample.folder / "current" / "performance.duckdb"
    assert stat.S_IMODE(database.stat().st_mode) == 0o444
    undescribed = (
        sample.release()
        .execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'main' and not internal"
            " and (comment is null or (table_name, column_name) not in"
            " (select (table_name, column_name) from data_dictionary where meaning <> '' and unit <> ''))"
        )
        .fetchall()
    )
    assert undescribed == []


def test_the_sample_is_labelled_synthetic_wherever_a_release_describes_itself(sample: Warehouse) -> None:
    assert sample.release().execute("select data_kind from release").fetchone() == ("synthetic sample",)
    assert '"data_kind": "synthetic sample"' in (sample.folder / "current" / "manifest.json").read_text()
    assert sample.release().execute("select bool_and(is_synthetic) from delivery").fetchone() == (True,)


def test_every_received_row_was_accepted_or_quarantined(sample: Warehouse) -> None:
    row = (
        sample.release()
        .execute(
            "select count(*), count(*) filter (where rows_received <> rows_accepted + rows_quarantined),"
            " sum(rows_quarantined) from delivery"
        )
        .fetchone()
    )
    assert row is not None
    deliveries, unreconciled, quarantined = row
    assert (deliveries > 200, unreconciled, quarantined > 0) == (True, 0, True)


def test_a_figure_knows_how_many_rows_of_its_window_are_quarantined(sample: Warehouse) -> None:
    """One row of October 2008 has an outcome before its record: it counts in October's windows alone."""
    found = dict(
        sample.release()
        .execute(
            "select strftime(period_month, '%Y-%m'), rows_quarantined from fct_measure_result"
            " where measure_id = 'total_recorded_crime' and area_id = 'force' and period_basis = 'month'"
            " and period_month between '2008-09-01' and '2008-11-01'"
        )
        .fetchall()
    )
    assert found == {"2008-09": 0, "2008-10": 1, "2008-11": 0}


def test_a_file_that_no_extract_would_read_stops_the_refresh(own: Warehouse) -> None:
    (own.raw / "recorded-crime").mkdir()
    shutil.copy(own.raw / "recorded_crime" / "2009-03.parquet", own.raw / "recorded-crime" / "2009-04.parquet")
    before = _published(own)
    ended = own.refresh("2009-03")
    assert ended.returncode == 1
    assert "These are in no extract's folder and would be passed over: recorded-crime." in ended.stderr
    assert _published(own) == before


@pytest.mark.long
def test_a_month_before_all_data_is_published_as_provisional_with_every_reason(own: Warehouse) -> None:
    ended = own.refresh("2005-03")
    assert ended.returncode == 0, ended.stderr[-2000:]
    row = (
        own.release()
        .execute(
            "select any_value(release.status), count(*), count(reason), count(distinct verdict)"
            " from scorecard cross join release"
        )
        .fetchone()
    )
    in_the_plan = sum(line.startswith("2008_11,") for line in (SEEDS / "plan_measures.csv").read_text().splitlines())
    assert row == ("provisional", in_the_plan, in_the_plan, 1)


def test_a_month_that_is_none_is_said_in_a_sentence(sample: Warehouse) -> None:
    ended = sample.refresh("2008-13")
    assert ended.returncode == 2
    assert ended.stderr.strip().endswith("the reporting month is written like 2008-12; it is 2008-13")
