"""The benchmark's comparison at a size that takes seconds: what it compares gives one result, and it would say if not.

Here: one refresh and every script on the same small deliveries.
Belongs here: what makes the benchmark's figures worth reading.
Does not belong here: any figure of time or memory.
"""

import shutil
from pathlib import Path

import duckdb
import pytest

from orchestration.sample_deliveries import BOROUGHS
from tests.benchmark.__main__ import Disagreement, compare
from tests.benchmark.agreement import of_refresh, of_script
from tests.benchmark.contenders import SCRIPTS, run_refresh, run_script
from tests.benchmark.deliveries import months_of, write_deliveries
from tests.deliveries import read_csv

# Four months, so that the last has the three before it that arrests and detections need.
MONTHS, ROWS, ROWS_PER_FAULT = 4, 2_000, 250


# A refresh and four scripts; `make benchmark` compares them as well.
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the refresh and every script ran on the same deliveries."""
    folder = tmp_path_factory.mktemp("benchmark")
    write_deliveries(folder / "raw", months_of(MONTHS), ROWS, ROWS_PER_FAULT)
    run_refresh(folder / "raw", folder / "warehouse", "2009-03")
    for name in SCRIPTS:
        run_script(name, folder / "raw", folder / name)
    return folder


@pytest.fixture
def own(ran: Path, tmp_path: Path) -> Path:
    """A copy of what ran, to be falsified."""
    return Path(shutil.copytree(ran, tmp_path / "own", symlinks=True))


def test_the_refresh_and_every_script_come_to_one_result(ran: Path) -> None:
    compare(ran, list(SCRIPTS))


def test_every_figure_of_the_release_that_the_scripts_make_is_compared(ran: Path) -> None:
    """Eight measures have 4 months in 32 boroughs; the three of later facts have the fourth month alone."""
    assert of_refresh(ran / "warehouse").measures.height == 8 * 4 * 32 + 3 * 1 * 32


def test_every_planted_fault_is_quarantined_by_its_rule(ran: Path) -> None:
    """8,000 rows have 32 faults, eighteen kinds in turn; a repeated key, the third kind, breaks two rows each time.

    32 = 18 + 14, so that the first fourteen kinds come twice and the others once: 32 + 2 rows. A record of 13 months
    is of more than one, and a text that is no date leaves a key without one. Rows with a fault in their outcome may
    also have only half of one, by the draw.
    """
    rows = of_script(ran / "duckdb").rows
    assert (rows["rows accepted"], rows["rows quarantined"]) == (7_966, 34)
    by_rule = {what.removeprefix("rows that break "): count for what, count in rows.items() if "break" in what}
    assert by_rule.pop("outcome_incomplete") >= 2
    assert by_rule == {
        "months_covered_out_of_domain": 2,
        "record_covers_one_month": 2,
        "area_unknown": 2,
        "offence_ref_repeated": 4,
        "recorded_date_unreadable": 2,
        "record_or_count": 2,
        "recorded_outside_period": 2,
        "offence_unknown": 2,
        "is_domestic_missing": 2,
        "is_gun_enabled_unreadable": 2,
        "victims_under_20_out_of_domain": 2,
        "outcome_type_out_of_domain": 2,
        "outcome_before_record": 2,
        "offences_unreadable": 2,
        "record_of_a_total": 2,
        "offence_ref_out_of_domain": 1,
        "too_many_victims": 1,
        "arrest_before_record": 1,
        "fact_too_late": 1,
    }


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_measure_that_differs_is_shown_with_both_figures(own: Path, script: str) -> None:
    with duckdb.connect(str(own / script / "reference.duckdb")) as database:
        database.execute(
            "update measure set numerator = 123456"
            " where measure_id = 'total_recorded_crime' and area_id = 'hackney' and period_month = '2009-02-01'"
        )
    with pytest.raises(Disagreement) as said:
        compare(own, list(SCRIPTS))
    first, shown = str(said.value).splitlines()
    assert first == f"The refresh and «{script}» differ in 1 figures:"
    assert shown.startswith("total_recorded_crime of hackney in 2009-02: ")
    assert shown.endswith(" and 123456/None")


def test_a_measure_left_out_is_a_difference(own: Path) -> None:
    with duckdb.connect(str(own / "pandas" / "reference.duckdb")) as database:
        database.execute("delete from measure where measure_id = 'sanction_detection_rate' and area_id = 'hackney'")
    with pytest.raises(Disagreement, match=r"sanction_detection_rate of hackney in 2009-03: \d+/\d+ and None/None"):
        compare(own, list(SCRIPTS))


def test_one_cell_of_an_accepted_row_that_differs_is_noticed(own: Path) -> None:
    path = next((own / "polars" / "landing").glob("*.parquet"))
    with duckdb.connect() as connection:
        connection.execute("create table rows as from read_parquet($path)", {"path": str(path)})
        connection.execute(
            "update rows set arrest_date = '1999-01-01' where line_number = (select min(line_number) from rows)"
        )
        connection.execute(f"copy rows to '{path}'")
    with pytest.raises(Disagreement, match="«polars» differ in 1 figures:\ndigest of their content: "):
        compare(own, list(SCRIPTS))


def test_a_row_quarantined_for_another_reason_is_noticed(own: Path) -> None:
    path = next(path for path in (own / "pandas").rglob("*.csv") if "area_unknown" in path.read_text())
    path.write_text(path.read_text().replace("area_unknown", "area_missing", 1))
    with pytest.raises(
        Disagreement, match="rows that break area_missing: 0 and 1\nrows that break area_unknown: 2 and 1"
    ):
        compare(own, list(SCRIPTS))


def test_deliveries_are_the_same_every_time(ran: Path, tmp_path: Path) -> None:
    write_deliveries(tmp_path, months_of(MONTHS), ROWS, ROWS_PER_FAULT)
    for path in (ran / "raw" / "recorded_crime").iterdir():
        assert (tmp_path / "recorded_crime" / path.name).read_bytes() == path.read_bytes()


def test_deliveries_of_another_size_are_made_anew(tmp_path: Path) -> None:
    for rows in (40, 50):
        write_deliveries(tmp_path, months_of(1), rows)
    assert len(read_csv(tmp_path / "recorded_crime" / "2009-03.csv")) == 50


def test_every_month_has_every_borough_and_as_many_rows_as_asked_for(ran: Path) -> None:
    for path in (ran / "raw" / "recorded_crime").iterdir():
        rows = read_csv(path)
        assert len(rows) == ROWS
        assert {row["area"] for row in rows} >= set(BOROUGHS)


@pytest.mark.parametrize(
    ("count", "first", "last"),
    [(1, "2009-03", "2009-03"), (121, "1999-03", "2009-03"), (183, "1994-01", "2009-03"), (300, "1994-01", "2018-12")],
)
def test_a_history_ends_with_march_2009_unless_it_began_before_the_earliest_reporting_month(
    count: int, first: str, last: str
) -> None:
    months = months_of(count)
    assert (len(months), f"{months[0]:%Y-%m}", f"{months[-1]:%Y-%m}") == (count, first, last)
