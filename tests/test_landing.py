"""Landing: what is refused, what is quarantined, what lands, and what an analyst's tables get of it.

Here: repeated deliveries, lost areas, reconciliation, the DuckDB copy, published files.
Belongs here: anything that happens to a delivery before dbt sees it.
Does not belong here: files that are damaged or odd (`test_bad_deliveries.py`), a verdict on one row
(`test_row_rules.py`), measures, releases, and which delivery of a period is current.
"""

import datetime as dt
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import fastexcel
import polars as pl
import pytest

from orchestration.extracts import EXTRACTS
from orchestration.landing import store
from orchestration.landing.delivery import Delivery, delivery_id
from orchestration.landing.identity import identify
from orchestration.landing.received import Received, delivery_files, named_revision, receive
from orchestration.landing.store import QUARANTINED_ROWS, Landing
from orchestration.landing.synchronise import columns, synchronise_deliveries, synchronise_extract
from orchestration.layouts import recognise
from orchestration.machine import PassingFault
from orchestration.sample_deliveries import write_sample
from tests.deliveries import (
    BOROUGHS,
    ROW,
    Row,
    changed,
    csv_text,
    declare,
    read_csv,
    valid_rows,
    without_area,
    write_bytes,
    write_csv,
)

CRIME = "recorded_crime"
AREAS_VARY = ["asset_recovery", "complaints", "measure_returns"]
OPEN_DATA = Path(__file__).parents[2] / "shared" / "open_data"


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path / "warehouse")


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    (tmp_path / "raw").mkdir()
    return tmp_path / "raw"


def land(landing: Landing, *files: Path, extract: str = CRIME) -> tuple[list[Delivery], list[Delivery]]:
    return landing.land(list(files), EXTRACTS[extract], is_synthetic=False)


def landed_one(landing: Landing, file: Path, extract: str = CRIME) -> Delivery:
    """Land one delivery that must not be refused."""
    landed, refused = land(landing, file, extract=extract)
    assert [d.reason for d in refused] == []
    return landed[0]


def refused_one(landing: Landing, file: Path, extract: str = CRIME) -> Delivery:
    """Hand over one delivery that must be refused."""
    landed, refused = land(landing, file, extract=extract)
    assert (len(landed), len(refused)) == (0, 1)
    return refused[0]


def accepted(landing: Landing, delivery: Delivery) -> pl.DataFrame:
    with landing.accepted_rows(delivery).open("rb") as stream:
        return pl.read_parquet(stream)


def quarantined(landing: Landing, delivery: Delivery) -> list[Row]:
    return read_csv(landing.quarantine / delivery.extract / delivery.delivery_id / QUARANTINED_ROWS)


def landed_ids(landing: Landing) -> set[str]:
    return {d.delivery_id for d in landing.deliveries() if d.status == "landed"}


# --- Areas of a delivery --------------------------------------------------------------------------


def _rows() -> list[Row]:
    return valid_rows(CRIME)


@pytest.mark.parametrize("name", ["2008-12_r2.csv", "2009-01.csv"])
def test_a_lost_borough_refuses_the_delivery(landing: Landing, raw: Path, name: str) -> None:
    landed_one(landing, write_csv(raw / "2008-12.csv", _rows()))
    rows = without_area(valid_rows(CRIME, month=name[:7]), "camden")
    refusal = refused_one(landing, write_csv(raw / name, rows))
    assert refusal.rows_by_rule == {"lost_area": 0}
    assert [words for words in ("camden", "2008-12.csv", "(1)") if words not in (refusal.reason or "")] == []


@pytest.mark.parametrize("name", ["2008-12_r2.csv", "2009-01.csv"])
def test_a_lost_borough_lands_when_the_sidecar_declares_it_partial(landing: Landing, raw: Path, name: str) -> None:
    landed_one(landing, write_csv(raw / "2008-12.csv", _rows()))
    rows = without_area(valid_rows(CRIME, month=name[:7]), "camden")
    partial = landed_one(landing, declare(write_csv(raw / name, rows), partial=True))
    assert partial.is_partial and "camden" not in partial.areas


def test_a_partial_delivery_does_not_excuse_the_next_whole_one(landing: Landing, raw: Path) -> None:
    landed_one(landing, write_csv(raw / "2008-11.csv", valid_rows(CRIME, month="2008-11")))
    landed_one(landing, declare(write_csv(raw / "2008-12.csv", without_area(_rows(), "camden")), partial=True))
    rows = without_area(valid_rows(CRIME, month="2009-01"), "camden")
    refusal = refused_one(landing, write_csv(raw / "2009-01.csv", rows))
    assert "lost_area" in refusal.rows_by_rule


def test_a_figure_for_the_force_published_once_a_year_is_not_lost_in_other_months(landing: Landing, raw: Path) -> None:
    rows = valid_rows("public_attitude")
    interview = {"response_ref": "", "interview_date": "", "weight": "", "respondents": "", "answer": ""}
    published = {**rows[0], **interview, "area": "force", "months_covered": "12", "published_value": "46"}
    landed_one(landing, write_csv(raw / "2008-12.csv", [*rows, published]), "public_attitude")
    later = valid_rows("public_attitude", month="2009-01")
    assert landed_one(landing, write_csv(raw / "2009-01.csv", later), "public_attitude").rows_accepted == len(later)


def test_an_area_that_may_honestly_have_no_rows_is_not_lost(landing: Landing, raw: Path) -> None:
    landed_one(landing, write_csv(raw / "2008-12.csv", changed(_rows(), 7, area="heathrow")))
    rows = valid_rows(CRIME, month="2009-01")
    assert landed_one(landing, write_csv(raw / "2009-01.csv", rows)).rows_accepted == len(rows)


@pytest.mark.parametrize("name", ["2008-12_r2.csv", "2009-01.csv"])
@pytest.mark.parametrize("extract", AREAS_VARY)
def test_no_area_is_lost_where_areas_vary(landing: Landing, raw: Path, extract: str, name: str) -> None:
    landed_one(landing, write_csv(raw / "2008-12.csv", valid_rows(extract)), extract)
    rows = without_area(valid_rows(extract, month=name[:7]), "camden")
    assert landed_one(landing, write_csv(raw / name, rows), extract).rows_quarantined == 0


@pytest.mark.parametrize(
    "extract", [name for name, row in ROW.items() if "area" in row(0, "2008-12") and name not in AREAS_VARY]
)
def test_an_area_is_lost_where_areas_do_not_vary(landing: Landing, raw: Path, extract: str) -> None:
    landed_one(landing, write_csv(raw / "rows.csv", valid_rows(extract)), extract)
    rows = without_area(valid_rows(extract), "camden")
    assert refused_one(landing, write_csv(raw / "rows_r2.csv", rows), extract).rows_by_rule == {"lost_area": 0}


# --- Quarantine -----------------------------------------------------------------------------------

BAD_ROWS = (3, 500, 999)


@pytest.fixture(scope="module")
def three_bad(tmp_path_factory: pytest.TempPathFactory) -> tuple[Landing, Delivery]:
    """1,000 rows of which three have no number of offences."""
    folder = tmp_path_factory.mktemp("three_bad")
    landing = Landing(folder / "warehouse")
    rows = changed(valid_rows(CRIME, 1000), *BAD_ROWS, offences="zqmany")
    return landing, landed_one(landing, write_csv(folder / "2008-12.csv", rows))


def test_three_unreadable_rows_of_a_thousand_are_counted_under_their_rule(
    three_bad: tuple[Landing, Delivery],
) -> None:
    assert three_bad[1].rows_by_rule == {"offences_unreadable": 3}


def test_the_other_rows_of_a_delivery_land(three_bad: tuple[Landing, Delivery]) -> None:
    landing, delivery = three_bad
    bad = [number + 2 for number in BAD_ROWS]
    expected = [line for line in range(2, 1002) if line not in bad]
    assert accepted(landing, delivery)["line_number"].to_list() == expected


def test_quarantined_rows_carry_line_number_rule_and_reason(three_bad: tuple[Landing, Delivery]) -> None:
    said = [(row["line_number"], row["rules"], row["reasons"]) for row in quarantined(*three_bad)]
    # The header is line 1, so row number 3, counted from 0, is line 5.
    assert said == [(line, "offences_unreadable", "offences is not a whole number") for line in ("5", "502", "1001")]


def test_quarantined_rows_are_kept_as_received(three_bad: tuple[Landing, Delivery]) -> None:
    kept = [(row["offence_ref"], row["offences"]) for row in quarantined(*three_bad)]
    assert kept == [(f"ZQCR/2008-12/{number:06d}", "zqmany") for number in BAD_ROWS]


def test_quarantined_rows_are_counted_against_their_month(three_bad: tuple[Landing, Delivery]) -> None:
    counted = [(p.period_month, p.months_covered, p.rows_accepted, p.rows_quarantined) for p in three_bad[1].periods]
    assert counted == [("2008-12-01", 1, 997, 3)]


def test_the_quarantine_is_closed_to_other_users(three_bad: tuple[Landing, Delivery]) -> None:
    assert stat.S_IMODE(three_bad[0].quarantine.stat().st_mode) == 0o700


def test_quarantined_rows_are_not_printed(
    landing: Landing, raw: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    landed_one(landing, write_csv(raw / "2008-12.csv", changed(_rows(), 7, offences="zqmany")))
    said = "".join(capfd.readouterr()) + caplog.text
    assert [value for value in ("zqmany", "ZQCR/2008-12/000007") if value in said] == []


def test_the_record_of_a_delivery_holds_no_value_of_a_row(three_bad: tuple[Landing, Delivery]) -> None:
    landing, delivery = three_bad
    record = landing.accepted_rows(delivery).with_name("delivery.json").read_text()
    assert [value for value in ("zqmany", "ZQCR") if value in record] == []


def test_an_unknown_borough_is_quarantined(landing: Landing, raw: Path) -> None:
    rows = changed(_rows(), 7, 70, area="Zqville")
    assert landed_one(landing, write_csv(raw / "2008-12.csv", rows)).rows_by_rule == {"area_unknown": 2}


def test_a_row_that_breaks_two_rules_carries_both(landing: Landing, raw: Path) -> None:
    rows = changed(_rows(), 7, area="Zqville", offences="zqmany")
    delivery = landed_one(landing, write_csv(raw / "2008-12.csv", rows))
    assert [set(row["rules"].split("; ")) for row in quarantined(landing, delivery)] == [
        {"area_unknown", "offences_unreadable"}
    ]


def test_exactly_half_a_percent_of_bad_rows_lands(landing: Landing, raw: Path) -> None:
    rows = changed(valid_rows(CRIME, 1000), *range(5), offences="zqmany")
    assert landed_one(landing, write_csv(raw / "2008-12.csv", rows)).rows_quarantined == 5


def test_one_row_over_half_a_percent_refuses_the_delivery(landing: Landing, raw: Path) -> None:
    rows = changed(valid_rows(CRIME, 1000), *range(6), offences="zqmany")
    refusal = refused_one(landing, write_csv(raw / "2008-12.csv", rows))
    assert refusal.rows_by_rule == {"quarantine_limit": 6}


def test_rows_over_the_limit_are_set_aside_as_well(landing: Landing, raw: Path) -> None:
    rows = changed(valid_rows(CRIME, 1000), *range(6), offences="zqmany")
    refusal = refused_one(landing, write_csv(raw / "2008-12.csv", rows))
    assert [row["line_number"] for row in quarantined(landing, refusal)] == ["2", "3", "4", "5", "6", "7"]


def test_half_of_a_months_commentary_may_be_set_aside_and_the_rest_lands(landing: Landing, raw: Path) -> None:
    rows = changed(valid_rows("commentary", 4), 0, 1, measure_id="zq")
    delivery = landed_one(landing, write_csv(raw / "2008-12.csv", rows), "commentary")
    assert (delivery.rows_accepted, delivery.rows_by_rule) == (2, {"measure_unknown": 2})


def test_commentary_of_which_more_than_half_is_broken_is_refused(landing: Landing, raw: Path) -> None:
    rows = changed(valid_rows("commentary", 5), 0, 1, 2, measure_id="zq")
    refusal = refused_one(landing, write_csv(raw / "2008-12.csv", rows), "commentary")
    assert refusal.rows_by_rule == {"quarantine_limit": 3}


def test_a_register_with_one_broken_decision_is_refused(landing: Landing, raw: Path) -> None:
    rows = changed(valid_rows("board_decisions", 5), 0, measure_id="zq")
    refusal = refused_one(landing, write_csv(raw / "2008-12.csv", rows), "board_decisions")
    assert refusal.rows_by_rule == {"quarantine_limit": 1}


def test_quarantined_rows_count_once_where_a_month_comes_in_two_lengths(landing: Landing, raw: Path) -> None:
    count = {"offence_ref": "", "recorded_date": "", "months_covered": "12"}
    rows = changed(changed(_rows(), *range(100, 132), **count), 7, offences="zqmany")
    delivery = landed_one(landing, write_csv(raw / "2008-12.csv", rows))
    assert sum(p.rows_quarantined for p in delivery.periods) == delivery.rows_quarantined


# --- Idempotence and order ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["2008-12.csv", "2008-12_r2.csv", "copy of december.csv"])
def test_the_same_content_again_is_a_no_op_under_any_name(landing: Landing, raw: Path, name: str) -> None:
    landed_one(landing, write_csv(raw / "2008-12.csv", _rows()))
    before = landing.deliveries()
    write_csv(raw / name, _rows())
    assert (land(landing, raw / name), landing.deliveries()) == (([], []), before)


@pytest.mark.parametrize("cut", ["at a line break", "within a line"])
def test_a_file_that_grows_while_it_is_read_is_neither_taken_in_nor_refused_until_it_is_whole(
    cut: str, landing: Landing, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first 33 of 403 lines, or all but 5 characters of them."""
    whole = csv_text(valid_rows(CRIME))
    half = "".join(whole.splitlines(keepends=True)[:33])
    file = write_bytes(raw / CRIME / "2008-12.csv", half[: -5 if cut == "within a line" else None].encode())

    def reading(path: Path, sha256: str) -> Received:
        try:
            return receive(path, sha256)
        finally:
            file.write_text(whole, encoding="utf-8")

    with monkeypatch.context() as patch:
        patch.setattr(store, "receive", reading)
        with pytest.raises(PassingFault, match=f"^Written to while it was read: {CRIME}/2008-12.csv. Run again"):
            land(landing, file)
    assert landing.deliveries() == []
    assert landed_one(landing, file).rows_accepted == 402


def test_the_same_content_twice_in_one_call_lands_once(landing: Landing, raw: Path) -> None:
    twice = [write_csv(raw / name, _rows()) for name in ("2008-12.csv", "2008-12 (1).csv")]
    landed, refused = land(landing, *twice)
    assert (len(landed), refused) == (1, [])


def test_earlier_content_under_a_higher_revision_restores_it(landing: Landing, raw: Path) -> None:
    """Revision 2 was wrong; revision 3 repeats revision 1, and must not be passed over as known."""
    files = [
        write_csv(raw / "2008-12.csv", _rows()),
        write_csv(raw / "2008-12_r2.csv", changed(_rows(), 7, victims_under_20="1")),
        write_csv(raw / "2008-12_r3.csv", _rows()),
    ]
    landed, refused = land(landing, *files)
    assert (sorted(d.revision or 0 for d in landed), refused) == ([1, 2, 3], [])
    assert land(landing, *files) == ([], [])


def test_a_workforce_without_its_central_units_is_refused(landing: Landing, raw: Path) -> None:
    rows = valid_rows("workforce")
    central = [{**row, "area": "central_units"} for row in rows[:1]]
    landed_one(landing, write_csv(raw / "2008-12.csv", rows + central), "workforce")
    refused = refused_one(landing, write_csv(raw / "2008-12_r2.csv", rows), "workforce")
    assert "central_units" in (refused.reason or "")


def test_a_higher_revision_lands_beside_the_older(landing: Landing, raw: Path) -> None:
    landed_one(landing, write_csv(raw / "2008-12.csv", _rows()))
    landed_one(landing, write_csv(raw / "2008-12_r2.csv", changed(_rows(), 7, victims_under_20="1")))
    assert sorted(d.revision or 0 for d in landing.deliveries() if d.status == "landed") == [1, 2]


def test_a_sidecar_can_declare_the_revision(landing: Landing, raw: Path) -> None:
    landed_one(landing, write_csv(raw / "2008-12.csv", _rows()))
    rows = changed(_rows(), 7, victims_under_20="1")
    again = declare(write_csv(raw / "december.csv", rows), revision=3)
    assert landed_one(landing, again).revision == 3


def test_two_new_files_that_claim_one_revision_are_both_refused(landing: Landing, raw: Path) -> None:
    one = write_csv(raw / "2008-12.csv", _rows())
    other = write_csv(raw / "december.csv", changed(_rows(), 7, victims_under_20="1"))
    landed, refused = land(landing, one, other)
    assert (landed, [d.rows_by_rule for d in refused]) == ([], [{"revision_taken": 0}] * 2)


def test_a_refused_delivery_is_no_longer_refused_once_it_lands(landing: Landing, raw: Path) -> None:
    one = write_csv(raw / "2008-12.csv", _rows())
    other = write_csv(raw / "december.csv", changed(_rows(), 7, victims_under_20="1"))
    land(landing, one, other)
    landed_one(landing, one)
    assert [d.file_name for d in landing.deliveries() if d.status == "refused"] == ["december.csv"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_order_of_arrival_decides_nothing(landing: Landing, raw: Path, order: tuple[int, ...]) -> None:
    files = [
        write_csv(raw / "2008-12.csv", _rows()),
        write_csv(raw / "2008-12_r2.csv", changed(_rows(), 7, victims_under_20="1")),
        write_csv(raw / "2009-01.csv", valid_rows(CRIME, month="2009-01")),
    ]
    for number in order:
        land(landing, files[number])
    assert landed_ids(landing) == {
        delivery_id(identify(file).sha256, named_revision(file), file.name) for file in files
    }


def test_the_order_of_files_in_one_call_decides_nothing(landing: Landing, raw: Path) -> None:
    whole = write_csv(raw / "2008-12.csv", _rows())
    lost = write_csv(raw / "2009-01.csv", without_area(valid_rows(CRIME, month="2009-01"), "camden"))
    landed, refused = land(landing, lost, whole)
    assert ([d.file_name for d in landed], [d.file_name for d in refused]) == (
        ["2008-12.csv"],
        ["2009-01.csv"],
    )


def test_a_late_older_revision_may_lack_what_the_newer_one_adds(landing: Landing, raw: Path) -> None:
    landed_one(landing, write_csv(raw / "2008-12_r2.csv", _rows()))
    older = without_area(_rows(), "camden")
    assert landed_one(landing, write_csv(raw / "2008-12.csv", older)).rows_accepted == len(older)


def test_rows_of_another_month_than_the_file_name_are_quarantined(landing: Landing, raw: Path) -> None:
    stray = valid_rows(CRIME, 1, month="2008-11")
    delivery = landed_one(landing, write_csv(raw / "2008-12.csv", [*_rows(), *stray]))
    assert delivery.rows_by_rule == {"month_differs_from_file_name": 1}


# --- Reconciliation -------------------------------------------------------------------------------


def _rows_in(file: Path) -> int:
    """The rows of a delivery, counted without the landing's own readers."""
    if file.suffix == ".csv":
        return len(read_csv(file))
    if file.suffix == ".parquet":
        with file.open("rb") as stream:
            return pl.read_parquet(stream).height
    return fastexcel.read_excel(file).load_sheet(0).height


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Landing, dict[str, Path], list[Delivery]]:
    """Half a year of the synthetic sample, landed; at this size March has bad rows and is still small."""
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder / "raw", 0.02, "2008-01", "2008-06")
    landing = Landing(folder / "warehouse")
    files: dict[str, Path] = {}
    refused: list[Delivery] = []
    for name, extract in EXTRACTS.items():
        delivered = list(delivery_files(folder / "raw" / name))
        files |= {delivery_id(identify(file).sha256, named_revision(file), file.name): file for file in delivered}
        refused += landing.land(delivered, extract, is_synthetic=True)[1]
    return landing, files, refused


def test_no_delivery_of_the_sample_is_refused(
    sample: tuple[Landing, dict[str, Path], list[Delivery]],
) -> None:
    assert [(d.extract, d.file_name, d.reason) for d in sample[2]] == []


def test_every_file_of_the_sample_is_a_landed_delivery(
    sample: tuple[Landing, dict[str, Path], list[Delivery]],
) -> None:
    assert landed_ids(sample[0]) == set(sample[1])


def test_every_delivery_of_the_sample_is_marked_synthetic(
    sample: tuple[Landing, dict[str, Path], list[Delivery]],
) -> None:
    assert {d.is_synthetic for d in sample[0].deliveries()} == {True}


def test_the_rows_received_are_the_rows_in_the_file(
    sample: tuple[Landing, dict[str, Path], list[Delivery]],
) -> None:
    counted = {name: _rows_in(file) for name, file in sample[1].items()}
    assert {d.delivery_id: d.rows_received for d in sample[0].deliveries()} == counted


def test_received_is_accepted_plus_quarantined_in_the_files_that_landing_wrote(
    sample: tuple[Landing, dict[str, Path], list[Delivery]],
) -> None:
    landing, files, _ = sample
    unreconciled = []
    for delivery in landing.deliveries():
        aside = len(quarantined(landing, delivery)) if delivery.rows_quarantined else 0
        if accepted(landing, delivery).height + aside != _rows_in(files[delivery.delivery_id]):
            unreconciled.append(delivery.file_name)
    assert unreconciled == []


def test_some_rows_of_the_sample_are_quarantined(
    sample: tuple[Landing, dict[str, Path], list[Delivery]],
) -> None:
    assert sum(d.rows_quarantined or 0 for d in sample[0].deliveries()) > 0


def test_the_periods_of_a_delivery_add_up_to_its_rows(
    sample: tuple[Landing, dict[str, Path], list[Delivery]],
) -> None:
    apart = [
        d.file_name
        for d in sample[0].deliveries()
        if (d.rows_accepted, d.rows_quarantined)
        != (sum(p.rows_accepted for p in d.periods), sum(p.rows_quarantined for p in d.periods))
    ]
    assert apart == []


# --- The copy in DuckDB ---------------------------------------------------------------------------


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture
def two_landed(landing: Landing, raw: Path) -> tuple[Landing, list[Delivery]]:
    months = ["2008-11", "2008-12"]
    files = [write_csv(raw / f"{month}.csv", valid_rows(CRIME, 64, month)) for month in months]
    return landing, land(landing, *files)[0]


def _loaded(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    query = "select delivery_id, count(*) from landing.recorded_crime group by all"
    return dict(connection.execute(query).fetchall())


def test_synchronising_loads_every_landed_row(
    connection: duckdb.DuckDBPyConnection, two_landed: tuple[Landing, list[Delivery]]
) -> None:
    synchronise_extract(connection, EXTRACTS[CRIME], two_landed[0])
    assert _loaded(connection) == {d.delivery_id: 64 for d in two_landed[1]}


def test_synchronising_loads_each_cell_under_its_own_column(
    connection: duckdb.DuckDBPyConnection, two_landed: tuple[Landing, list[Delivery]]
) -> None:
    landing, deliveries = two_landed
    synchronise_extract(connection, EXTRACTS[CRIME], landing)
    query = "select * exclude delivery_id from landing.recorded_crime where delivery_id = ? order by line_number"
    loaded = connection.execute(query, [deliveries[0].delivery_id])
    names = [described[0] for described in loaded.description]
    assert loaded.fetchall() == accepted(landing, deliveries[0]).select(names).rows()


def test_synchronising_again_moves_nothing(
    connection: duckdb.DuckDBPyConnection, two_landed: tuple[Landing, list[Delivery]]
) -> None:
    moved = [synchronise_extract(connection, EXTRACTS[CRIME], two_landed[0]) for _ in range(2)]
    assert moved == [2, 0]


def test_synchronising_moves_only_what_is_new(
    connection: duckdb.DuckDBPyConnection, two_landed: tuple[Landing, list[Delivery]], raw: Path
) -> None:
    synchronise_extract(connection, EXTRACTS[CRIME], two_landed[0])
    landed_one(two_landed[0], write_csv(raw / "2009-01.csv", valid_rows(CRIME, 64, "2009-01")))
    assert synchronise_extract(connection, EXTRACTS[CRIME], two_landed[0]) == 1


def test_synchronising_drops_what_is_no_longer_landed(
    connection: duckdb.DuckDBPyConnection, two_landed: tuple[Landing, list[Delivery]]
) -> None:
    landing, (withdrawn, kept) = two_landed
    synchronise_extract(connection, EXTRACTS[CRIME], landing)
    shutil.rmtree(landing.accepted_rows(withdrawn).parent)
    synchronise_extract(connection, EXTRACTS[CRIME], landing)
    assert _loaded(connection) == {kept.delivery_id: 64}


def test_synchronising_loads_again_what_was_dropped(
    connection: duckdb.DuckDBPyConnection, two_landed: tuple[Landing, list[Delivery]], raw: Path
) -> None:
    landing, deliveries = two_landed
    synchronise_extract(connection, EXTRACTS[CRIME], landing)
    shutil.rmtree(landing.accepted_rows(deliveries[0]).parent)
    synchronise_extract(connection, EXTRACTS[CRIME], landing)
    land(landing, *delivery_files(raw))
    synchronise_extract(connection, EXTRACTS[CRIME], landing)
    assert _loaded(connection) == {d.delivery_id: 64 for d in deliveries}


def test_a_delivery_landed_before_its_extract_had_a_column_knows_nothing_of_it(
    connection: duckdb.DuckDBPyConnection, two_landed: tuple[Landing, list[Delivery]]
) -> None:
    landing, deliveries = two_landed
    older = landing.accepted_rows(deliveries[0])
    older.chmod(0o644)
    pl.read_parquet(older).drop("is_knife_enabled").write_parquet(older)
    synchronise_extract(connection, EXTRACTS[CRIME], landing)
    query = "select count(*), count(is_knife_enabled) from landing.recorded_crime where delivery_id = ?"
    known = [connection.execute(query, [d.delivery_id]).fetchone() for d in deliveries]
    assert known == [(64, 0), (64, 64)]


def test_synchronising_rebuilds_a_table_of_other_columns(
    connection: duckdb.DuckDBPyConnection, two_landed: tuple[Landing, list[Delivery]]
) -> None:
    synchronise_extract(connection, EXTRACTS[CRIME], two_landed[0])
    connection.execute("alter table landing.recorded_crime rename column offences to crimes")
    assert synchronise_extract(connection, EXTRACTS[CRIME], two_landed[0]) == 2


def test_synchronising_one_extract_leaves_the_others_alone(
    connection: duckdb.DuckDBPyConnection, two_landed: tuple[Landing, list[Delivery]]
) -> None:
    synchronise_extract(connection, EXTRACTS[CRIME], two_landed[0])
    synchronise_extract(connection, EXTRACTS["workforce"], two_landed[0])
    assert _loaded(connection) == {d.delivery_id: 64 for d in two_landed[1]}


@pytest.mark.parametrize("extract", EXTRACTS)
def test_an_extract_without_deliveries_has_an_empty_table(
    connection: duckdb.DuckDBPyConnection, landing: Landing, extract: str
) -> None:
    synchronise_extract(connection, EXTRACTS[extract], landing)
    table = connection.execute(f'select * from landing."{extract}"')
    assert (len(table.fetchall()), [described[0] for described in table.description]) == (
        0,
        list(columns(EXTRACTS[extract])),
    )


def test_the_copy_says_which_extracts_speak_for_every_area(
    connection: duckdb.DuckDBPyConnection, landing: Landing
) -> None:
    synchronise_deliveries(connection, landing, dt.date(2008, 12, 1), dt.date(2008, 12, 31))
    query = "select extract from landing.extract where speaks_for_every_area order by extract"
    assert connection.execute(query).fetchall() == [("asset_recovery",), ("complaints",)]


def test_a_refused_delivery_is_not_loaded(connection: duckdb.DuckDBPyConnection, landing: Landing, raw: Path) -> None:
    refused_one(landing, write_bytes(raw / "2008-12.csv", b""))
    assert synchronise_extract(connection, EXTRACTS[CRIME], landing) == 0


# --- Published shapes, in small -------------------------------------------------------------------

YEARS_OF_CRIME = """Code,Borough,Year,Offences,Rate,Number_of_offences
E09000007,Camden,1999-00,All recorded offences,120.5,"19,567"
E09000007,Camden,1999-00,Burglary,,"1,017,000"
E09000007,Camden,1999-00,Robbery,1.1,550
#N/A,Heathrow,1999-00,All recorded offences,n/a,"6,717"
#N/A,Heathrow,1999-00,Robbery,n/a,7
E13000001,Inner London,1999-00,Robbery,2,"4,000"
E12000007,Met Police Area,1999-00,Robbery,2,"9,000"
E12000007,Met Police Area,1999-00,All recorded offences,98,"1,016,216"
727,England and Wales,1999-00,All recorded offences,112.2,"5,899,450"
727,England and Wales,1999-00,Drugs,9.7,"506,190"
727,England and Wales,1999-00,Robbery,n/a,n/a
E09000007,Camden,2000-01,All recorded offences,73.2,"12,345"
E09000007,Camden,2000-01,Robbery,1.2,600
"""


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_crime_by_financial_year_lands_as_counts_and_rates_without_its_last_year(landing: Landing, raw: Path) -> None:
    delivery = landed_one(landing, _written(raw / "rates.csv", YEARS_OF_CRIME))
    landed = accepted(landing, delivery).select("line_number", "area", "offence_code", "offences", "published_rate")
    assert (delivery.source, delivery.rows_received) == ("borough_financial_year", 8)
    assert landed.rows() == [
        (2, "camden", "All recorded offences", None, 120.5),
        (3, "camden", "Burglary", 1_017_000, None),
        (4, "camden", "Robbery", 550, None),
        (6, "heathrow", "Robbery", 7, None),
        (7, "inner_london", "Robbery", 4_000, None),
        (8, "force", "Robbery", 9_000, None),
        (9, "force", "All recorded offences", None, 98.0),
        (10, "england_and_wales", "All recorded offences", None, 112.2),
    ]


def test_a_financial_year_is_the_twelve_months_to_its_march(landing: Landing, raw: Path) -> None:
    delivery = landed_one(landing, _written(raw / "rates.csv", YEARS_OF_CRIME))
    assert delivery.landed_months == {("2000-03-01", 12)}


@pytest.mark.parametrize(
    ("published", "changed_to", "rule"),
    [
        ('"1,017,000"', '"1,01,000"', "offences_unreadable"),
        ('"1,017,000"', "", "offences_missing"),
        ("120.5", "-120.5", "published_rate_out_of_domain"),
        ("120.5", "5000.5", "published_rate_out_of_domain"),
        ("120.5", "about 120", "published_rate_unreadable"),
        ("1999-00,Burglary", "1999-01,Burglary", "period_month_unreadable"),
        ("1999-00,Burglary", "1999-00,Theft", "offence_unknown"),
    ],
)
def test_a_figure_of_a_financial_year_without_a_reading_is_found(
    landing: Landing, raw: Path, published: str, changed_to: str, rule: str
) -> None:
    text = YEARS_OF_CRIME.replace(published, changed_to, 1)
    refusal = refused_one(landing, _written(raw / "rates.csv", text))
    assert refusal.rows_by_rule == {"quarantine_limit": 1}
    assert f"{rule} 1" in (refusal.reason or "")


def test_a_single_financial_year_is_refused_since_the_last_one_is_left_out(landing: Landing, raw: Path) -> None:
    one_year = "".join(line for line in YEARS_OF_CRIME.splitlines(True) if "2000-01" not in line)
    refusal = refused_one(landing, _written(raw / "rates.csv", one_year))
    assert refusal.rows_by_rule == {"layout": 0}
    assert "fewer than two financial years, and the last one is left out" in (refusal.reason or "")


RANKS_HEADER = ",".join(
    [
        "As at 31 March...,Geo code,Force Name,Region,Gender,Rank description,Worker type",
        "Ethnicity,Ethnic group,Total (headcount),Total (FTE)",
    ]
)
FORCES = {"Avon & Somerset": "avon_and_somerset_police", '"London, City of"': "city_of_london_police"}
FORCES["Metropolitan Police"] = "force"


def _officers() -> str:
    """Two years of three forces as published: a comma in a number, a dash for zero, no line break at the end."""
    lines = [
        f"{year},E23,{force},Region,{gender},{rank},Police Officer,{ethnicity},Group, 8 , 7 "
        for year in (2003, 2004)
        for force in FORCES
        for gender in ("Female", "Male")
        for rank in ("Chief Officer", "Constable")
        for ethnicity in ("Asian or Asian British", "Chinese or Other Ethnic Group (pre 2021 category)", "White")
    ]
    lines[0] = lines[0].replace(" 8 , 7 ", '" 5,116 ", -')
    lines[1] = lines[1].replace(" 8 , 7 ", " - , -")
    return "\r\n".join([RANKS_HEADER, *lines])


def test_officers_by_rank_land_without_a_line_break_at_the_end(landing: Landing, raw: Path) -> None:
    delivery = landed_one(landing, _written(raw / "ranks.csv", _officers()), "workforce")
    landed = accepted(landing, delivery)
    assert (delivery.source, landed.height) == ("officer_rank", 72)
    assert set(landed["area"]) == set(FORCES.values())
    assert set(landed["ethnic_group"]) == {"asian", "chinese_or_other", "white"}
    columns = ["period_month", "months_covered", "role", "rank", "gender", "headcount", "fte", "contracted_hours"]
    day = dt.date(2003, 3, 1)
    assert landed.select(columns).row(0) == (day, 1, "officer", "chief_officer", "female", 5_116, 0.0, None)
    assert landed.select(columns).row(1) == (day, 1, "officer", "chief_officer", "female", 0, 0.0, None)


def test_a_number_of_officers_without_a_reading_is_found(landing: Landing, raw: Path) -> None:
    text = _officers().replace("5,116", "5,1,16")
    assert "headcount_unreadable 1" in (
        refused_one(landing, _written(raw / "ranks.csv", text), "workforce").reason or ""
    )


CUT_OFFICERS = [
    ("in the last field", lambda text: text[:-1], "the last field is cut short"),
    ("before the last field", lambda text: text[:-3], "the last field is cut short"),
    ("at the end of a line", lambda text: text.rpartition("\r\n")[0], "1 of 2 years without every combination"),
    ("at the end of a force", lambda text: "\r\n".join(text.split("\r\n")[:-12]), "1 of 2 years without every"),
    ("in the middle of a line", lambda text: text[:-20], "1 lines do not have the header's 11 fields"),
]


@pytest.mark.parametrize(("where", "cut", "said"), CUT_OFFICERS, ids=[where for where, _, _ in CUT_OFFICERS])
def test_officers_by_rank_that_are_cut_are_refused(
    landing: Landing, raw: Path, where: str, cut: Callable[[str], str], said: str
) -> None:
    refusal = refused_one(landing, _written(raw / "ranks.csv", cut(_officers())), "workforce")
    assert said in (refusal.reason or "")


@pytest.mark.parametrize("text", [YEARS_OF_CRIME, csv_text(valid_rows(CRIME))], ids=["published", "own system's"])
def test_any_other_file_without_a_line_break_at_its_end_is_refused(landing: Landing, raw: Path, text: str) -> None:
    refusal = refused_one(landing, _written(raw / "rows.csv", text.removesuffix("\n")))
    assert refusal.rows_by_rule == {"cut_off": 0}
    assert "The last line has no line break, so its last field may be cut short" in (refusal.reason or "")


def test_an_unknown_file_without_a_line_break_at_its_end_is_cut_off_first(landing: Landing, raw: Path) -> None:
    assert refused_one(landing, _written(raw / "rows.csv", "a,b\n1,2")).rows_by_rule == {"cut_off": 0}


# --- Published files ------------------------------------------------------------------------------

needs_open_data = pytest.mark.skipif(not OPEN_DATA.is_dir(), reason="the published files are not on this machine")


@dataclass(frozen=True)
class Published:
    file: str
    extract: str
    source: str
    accepted: int
    quarantined: int = 0


PUBLISHED_FILES = [
    Published("MPS Borough Level Crime (Historical).csv", CRIME, "mps_borough_wide", 234_600),
    Published("MPS Borough Level Crime (most recent 24 months).csv", CRIME, "mps_borough_wide", 37_800),
    Published("mps-recordedcrime-borough.csv", CRIME, "mps_borough_long", 23_771),
    # 46,469 rows less the 25 with a negative count.
    Published("rec-crime-pfa.csv", CRIME, "police_force_area", 46_444, 25),
    # 5,508 counts of 36 areas in 17 years, and 606 rates; the last year and what has no figure are left out.
    Published("crime rates.csv", CRIME, "borough_financial_year", 6_114),
    Published("2013-gla-data-extract-casualty.csv", "road_casualties", "casualty_records", 27_199),
    Published("road-casualties-severity-borough.xls", "road_casualties", "casualties_by_borough", 1_252),
    Published("Police_Force_Strength.csv", "workforce", "police_force_strength", 465),
    Published("officer-rank-from-2003.csv", "workforce", "officer_rank", 14_448),
    Published("public-perception-data.csv", "public_attitude", "public_perception", 280),
    Published("housing-density-borough.csv", "population", "borough_population", 1_872),
]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Landing, dict[str, Delivery]]:
    """Every published file that has a layout, landed; a delivery by file name."""
    landing = Landing(tmp_path_factory.mktemp("published"))
    by_extract = {name: [p.file for p in PUBLISHED_FILES if p.extract == name] for name in EXTRACTS}
    for name, files in by_extract.items():
        land(landing, *[OPEN_DATA / file for file in files], extract=name)
    return landing, {d.file_name: d for d in landing.deliveries()}


@needs_open_data
@pytest.mark.parametrize("file", PUBLISHED_FILES, ids=[p.file for p in PUBLISHED_FILES])
def test_a_published_file_lands_with_every_row_accounted_for(
    published: tuple[Landing, dict[str, Delivery]], file: Published
) -> None:
    delivery = published[1][file.file]
    assert (delivery.status, delivery.source, delivery.rows_accepted, delivery.rows_quarantined) == (
        "landed",
        file.source,
        file.accepted,
        file.quarantined,
    )


@needs_open_data
@pytest.mark.parametrize(
    "file",
    [p for p in PUBLISHED_FILES if p.source != "casualty_records"],
    ids=[p.file for p in PUBLISHED_FILES if p.source != "casualty_records"],
)
def test_a_published_file_is_recognised_under_any_name(raw: Path, file: Published) -> None:
    renamed_file = shutil.copy(OPEN_DATA / file.file, raw / f"anything{Path(file.file).suffix}")
    received = receive(renamed_file, identify(renamed_file).sha256)
    assert recognise(received, file.extract).source == file.source


@needs_open_data
def test_casualty_records_without_a_year_in_their_name_are_refused(landing: Landing, raw: Path) -> None:
    file = shutil.copy(OPEN_DATA / "2013-gla-data-extract-casualty.csv", raw / "anything.csv")
    assert "no year in the file name" in (refused_one(landing, file, "road_casualties").reason or "")


@needs_open_data
def test_the_negative_counts_are_what_is_quarantined_of_the_force_areas(
    published: tuple[Landing, dict[str, Delivery]],
) -> None:
    assert published[1]["rec-crime-pfa.csv"].rows_by_rule == {"offences_out_of_domain": 25}


def _year_to_march_2013(published: tuple[Landing, dict[str, Delivery]], file: str) -> pl.DataFrame:
    landing, deliveries = published
    months = pl.col("period_month").is_between(dt.date(2012, 4, 1), dt.date(2013, 3, 1))
    return accepted(landing, deliveries[file]).filter(months)


@needs_open_data
@pytest.mark.parametrize(
    ("file", "offences"),
    [
        ("mps-recordedcrime-borough.csv", 770_220),
        ("MPS Borough Level Crime (Historical).csv", 768_753),
    ],
)
def test_a_borough_file_lands_the_offences_published_for_2012_13(
    published: tuple[Landing, dict[str, Delivery]], file: str, offences: int
) -> None:
    assert _year_to_march_2013(published, file)["offences"].sum() == offences


@needs_open_data
def test_offences_without_a_borough_land_as_not_recorded(
    published: tuple[Landing, dict[str, Delivery]],
) -> None:
    year = _year_to_march_2013(published, "mps-recordedcrime-borough.csv")
    assert year.filter(pl.col("area") == "not_recorded")["offences"].sum() == 2_688


@needs_open_data
@pytest.mark.parametrize(
    ("file", "year", "published_figures"),
    [
        ("road-casualties-severity-borough.xls", 2010, {"fatal": 126, "serious": 2_760, "slight": 26_003}),
        ("road-casualties-severity-borough.xls", 2013, {"fatal": 132, "serious": 2_192, "slight": 24_875}),
        ("2013-gla-data-extract-casualty.csv", 2013, {"fatal": 132, "serious": 2_192, "slight": 24_875}),
    ],
)
def test_a_casualty_file_lands_the_casualties_published_for_its_33_authorities(
    published: tuple[Landing, dict[str, Delivery]], file: str, year: int, published_figures: dict[str, int]
) -> None:
    landing, deliveries = published
    authorities = [*BOROUGHS, "city_of_london"]
    rows = accepted(landing, deliveries[file]).filter(
        pl.col("period_month") == dt.date(year, 12, 1), pl.col("area").is_in(authorities)
    )
    added_up = rows.group_by("severity").agg(pl.col("casualties").sum())
    assert dict(added_up.rows()) == published_figures
