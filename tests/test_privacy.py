"""Privacy: no value of a row in any log, event, error, database of Dagster's or release.

Here: whole refreshes over rows that carry unmistakable values, and a search of everything they wrote for them.
Belongs here: what a person's data must never reach.
Does not belong here: which rows are set aside (`test_row_rules.py`), and what refusals say (`test_landing.py`).
"""

import gzip
import io
import sqlite3
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pytest

from orchestration.extracts import EXTRACTS
from orchestration.extracts.surveys import ATTITUDE_ANSWERS, SATISFACTION_ANSWERS
from orchestration.failures import without_rows
from tests.conftest import ROOT, Warehouse
from tests.deliveries import HOSTILE, ROW, Row, changed, csv_text, valid_rows, write_csv, write_parquet, write_xlsx

MONTH = "2008-12"
# 0.5 % of 602 rows: three may be bad. Population has no month, and 402 rows reach back to 1996.
ENOUGH = dict.fromkeys(ROW, 602) | {"population": 416}
# Values of a person: a text, a number, days. In small letters; whatever is searched is made small too.
TEXT, NUMBER, DAY, OLD_DAY, BIRTHDAY = "zqnary", "918273645", "2031-07-19", "1931-07-19", "19/07/1931"
# Every reference of the valid rows begins with one of these; a milestone's and a decision's are meant to be published.
REFERENCES = ["zqcr/", "zqiv/", "zqrc/", "zqdi/", "zqnw/", "zqar/", "zqco/"]
CANARIES = [TEXT, NUMBER, DAY, OLD_DAY, BIRTHDAY, *REFERENCES]
# In every accepted text for the Board: meant to be published, and to be in no message all the same.
WRITTEN = "zqwritten"
# What holds rows, and is closed to other users.
HOLDS_ROWS = ["landing", "quarantine", "build.duckdb"]


def canaries_in(text: str | bytes, among: list[str] = CANARIES) -> list[str]:
    searched = text.lower() if isinstance(text, bytes) else text.lower().encode()
    return [canary for canary in among if canary.encode() in searched]


# --- Deliveries with canaries ---------------------------------------------------------------------


def _accepted(extract: str) -> list[Row]:
    """Valid rows whose references are canaries, some with a canary in every other column that takes one."""
    rows = valid_rows(extract, ENOUGH[extract], MONTH)
    free = {
        "recorded_crime": {"victim_group": f"{TEXT}_group", "drug_type": f"{TEXT}_drug", "arrest_date": DAY},
        "victim_satisfaction": {"crime_type": f"{TEXT}_crime"},
        "public_attitude": {"survey": f"{TEXT}_survey", "question": f"{TEXT}_question"},
        "road_casualties": {"mode": f"{TEXT}_mode"},
        "criminal_networks": {"business_group": f"{TEXT}_unit"},
        "asset_recovery": {"value_gbp": NUMBER},
        "complaints": {"closed_date": DAY},
        "measure_returns": {"returned_by": f"{TEXT}_unit"},
        "population": {"edition": f"{TEXT} edition"},
    }
    return changed(rows, 100, 200, **free.get(extract, {}))


def _with_quarantined(extract: str) -> list[Row]:
    """The same, and as many bad rows as may be, which together have a canary in every column."""
    rows = _accepted(extract)
    bad = ENOUGH[extract] // 200
    for number in range(bad):
        day = OLD_DAY if number % 2 else BIRTHDAY
        kind = {f"{TEXT}@example.org": number, f"{NUMBER}.5": number + 1, day: number + 2}
        columns = list(rows[0])
        cells = {name: value for value, first in kind.items() for name in columns[first % bad :: bad]}
        rows = changed(rows, number, **cells)
    return rows


def _hostile_commentary() -> list[Row]:
    rows = valid_rows("commentary", len(HOSTILE), "2008-11")
    return [{**row, "commentary": text} for row, text in zip(rows, HOSTILE.values(), strict=True)]


def _hostile_decisions() -> list[Row]:
    rows = valid_rows("board_decisions", len(HOSTILE), "2008-11")
    return [
        {**row, "decision_ref": f"ZQHO/{number}", "decision": text}
        for number, (row, text) in enumerate(zip(rows, HOSTILE.values(), strict=True))
    ]


def _full_of(rows: list[Row], value: str) -> list[Row]:
    """The rows with a canary in every other column."""
    return [{name: value if i % 2 else cell for i, (name, cell) in enumerate(row.items())} for row in rows]


def _parquet(path: Path, frame: pl.DataFrame) -> Path:
    with path.open("wb") as stream:
        frame.write_parquet(stream)
    return path


def _bytes(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _half(path: Path) -> Path:
    return _bytes(path, path.read_bytes()[: path.stat().st_size // 2])


def _renamed(rows: list[Row]) -> list[str]:
    return [f"other_{i}" if i in (1, 2) else name for i, name in enumerate(rows[0])]


REFUSED: dict[str, Callable[[Path, list[Row]], Path]] = {
    "words for numbers": lambda to, rows: write_csv(to / "words.csv", _full_of(rows, f"{TEXT} smith")),
    "days for everything": lambda to, rows: write_csv(to / "days.csv", _full_of(rows, BIRTHDAY)),
    "renamed columns": lambda to, rows: write_csv(to / "renamed.csv", rows, _renamed(rows)),
    "no header": lambda to, rows: _bytes(
        to / "headless.csv", csv_text(_full_of(rows, f"{TEXT} smith")).split("\n", 1)[1].encode()
    ),
    "a line with too many fields": lambda to, rows: _bytes(
        to / "ragged.csv", f"{csv_text(rows)}{TEXT},{TEXT}\n".encode()
    ),
    "an open quotation": lambda to, rows: _bytes(to / "quoted.csv", f'{csv_text(rows)}"{TEXT} smith\n'.encode()),
    "bytes of another encoding": lambda to, rows: _bytes(
        to / "latin.csv", csv_text(changed(rows, 30, area=f"{TEXT} béton")).encode("latin-1")
    ),
    "a cut file": lambda to, rows: _bytes(to / "cut.csv", f"{csv_text(rows)}{TEXT}".encode()),
    "a cut workbook": lambda to, rows: _half(write_xlsx(to / "cut.xlsx", _full_of(rows, TEXT))),
    "a workbook of words": lambda to, rows: write_xlsx(to / "words.xlsx", _full_of(rows, f"{TEXT} smith")),
    "a cut Parquet file": lambda to, rows: _half(write_parquet(to / "cut.parquet", _full_of(rows, TEXT))),
    "lists in a Parquet file": lambda to, rows: _parquet(
        to / "lists.parquet", pl.DataFrame(_full_of(rows, TEXT)).with_columns(pl.concat_list(pl.all()).alias("area"))
    ),
    "numbers for text in a Parquet file": lambda to, rows: _parquet(
        to / "numbers.parquet", pl.DataFrame({name: [int(NUMBER)] * len(rows) for name in rows[0]})
    ),
    "bytes for text in a Parquet file": lambda to, rows: _parquet(
        to / "bytes.parquet", pl.DataFrame(_full_of(rows, TEXT)).with_columns(pl.all().cast(pl.Binary))
    ),
    "categories for text in a Parquet file": lambda to, rows: _parquet(
        to / "categories.parquet", pl.DataFrame(_full_of(rows, TEXT)).with_columns(pl.all().cast(pl.Categorical))
    ),
}


# --- The refreshes --------------------------------------------------------------------------------

# Faults whose texts quote a row, as those of polars, DuckDB and pandera may: one of polars, which refuses the file, and
# one that nobody thought of.
UNEXPECTED = f"""
import polars
import orchestration.landing.store as store
import orchestration.refresh as refresh

validate = store.validate

def broken(received, layout, extract):
    if extract.name == "milestones":
        raise polars.exceptions.ComputeError("conversion failed for 1 out of 1 values: ['{TEXT}']")
    if extract.name != "workforce":
        return validate(received, layout, extract)
    row = received.tables[0].rows.row(0)
    raise ValueError(f"{TEXT}: cannot read {{row}}") from KeyError(row[3])

store.validate = refresh.validate = broken
refresh.main()
"""


@dataclass(frozen=True)
class Refreshed:
    """The warehouse, how each refresh of it ended, and the modes of what holds rows after the first."""

    warehouse: Warehouse
    ended: dict[str, subprocess.CompletedProcess[str]]
    modes: dict[str, str]


def _run(warehouse: Warehouse, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A refresh as a person runs it, whose code has been changed by a few lines."""
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "RAW_DIR": str(warehouse.raw), "WAREHOUSE_DIR": str(warehouse.folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def _tampered(warehouse: Warehouse, extract: str, **columns: pl.Expr) -> None:
    """Rows change within the landing, behind the rules' back."""
    for accepted in (warehouse.folder / "landing" / extract).glob("*/accepted.parquet"):
        rows = pl.read_parquet(accepted.open("rb")).with_columns(**columns)
        _parquet(accepted, rows)
    (warehouse.folder / "build.duckdb").unlink(missing_ok=True)


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    """One warehouse: a refresh that publishes, then ones that fail at each place where a row is at hand.

    Files of every other extract are refused while the code fails over a file of one: it is one refresh fewer.
    """
    folder = tmp_path_factory.mktemp("privacy")
    warehouse = Warehouse(folder / "raw", folder / "warehouse")
    ended = {}
    for extract in EXTRACTS:
        write_csv(warehouse.raw / extract / "delivered.csv", _with_quarantined(extract))
    write_xlsx(warehouse.raw / "commentary" / "2008-11.xlsx", _hostile_commentary())
    write_parquet(warehouse.raw / "board_decisions" / "2008-11.parquet", _hostile_decisions())
    ended["publishes"] = warehouse.refresh()
    modes = {name: oct(stat.S_IMODE((warehouse.folder / name).stat().st_mode)) for name in HOLDS_ROWS}

    refused = [
        write(warehouse.raw / extract, valid_rows(extract, 40, "2008-11"))
        for number, extract in enumerate(EXTRACTS)
        if extract != "workforce"
        for write in list(REFUSED.values())[number % 5 :: 5]
    ]
    refused.append(write_csv(warehouse.raw / "workforce" / "other.csv", valid_rows("workforce", 40, "2008-10")))
    ended["refuses, and fails unexpectedly"] = _run(warehouse, UNEXPECTED, "--month", MONTH)
    ended["fails before it begins"] = _run(warehouse, UNEXPECTED)
    for path in refused:
        path.unlink()

    # A test of dbt fails on the one, and dbt casts the other to decimals that cannot hold it.
    _tampered(warehouse, "recorded_crime", offence_code=pl.lit(f"{TEXT} offence"))
    _tampered(warehouse, "victim_satisfaction", weight=pl.lit(float(NUMBER)))
    ended["fails within dbt"] = warehouse.refresh(MONTH)
    return Refreshed(warehouse, ended, modes)


SCENARIOS = {
    "publishes": (0, ["Published release 2008-12_r1"]),
    "refuses, and fails unexpectedly": (
        1,
        [
            "The refresh failed; what was published is unchanged.",
            "recorded_crime/words.csv: [quarantine_limit, 40 rows] 40 of 40 rows break a rule",
            "milestones/words.xlsx: [unreadable, whole file] The file's columns are not of the types agreed.",
            "An unexpected ValueError stopped the refresh in landing/store.py, line ",
        ],
    ),
    "fails within dbt": (
        1,
        [
            "measures_of_victims: Conversion Error. Its text may quote a row and is not shown.",
            "every_offence_is_in_a_group: Got 1 result",
        ],
    ),
    "fails before it begins": (1, ["An unexpected ValueError stopped the refresh in refresh.py, line "]),
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_refresh_over_canaries_ends_as_meant(refreshed: Refreshed, scenario: str) -> None:
    ended = refreshed.ended[scenario]
    code, words = SCENARIOS[scenario]
    said = ended.stdout + ended.stderr
    assert (ended.returncode, [each for each in words if each not in said]) == (code, []), said[-4000:]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_a_refresh_says_holds_no_value(refreshed: Refreshed, scenario: str) -> None:
    ended = refreshed.ended[scenario]
    assert canaries_in(ended.stdout + ended.stderr) == []


# What dbt says of a node, and what of it is passed on. DuckDB's own words, some with a value in them.
IN_MODEL = "Runtime Error in model stg_workforce (models/staging/stg_workforce.sql)\n  "
SAID_BY_DBT = [
    ("Got 3 results, configured to fail if != 0", True),
    ("Compilation Error in model a (models/a.sql)\n  This model has an enforced contract that failed.", True),
    (f'{IN_MODEL}Binder Error: Referenced column "fte" not found in FROM clause!', True),
    (f"{IN_MODEL}IO Error: Could not write all bytes to file: No space left on device", True),
    (f"Runtime Error in seed targets (seeds/targets.csv)\n  Conversion Error: Could not convert string '{TEXT}'", True),
    (f"{IN_MODEL}Conversion Error: Could not convert string '{TEXT}' to INT64", False),
    (f'{IN_MODEL}Constraint Error: Duplicate key "offence_ref: {TEXT}" violates primary key constraint', False),
    (f"{IN_MODEL}{TEXT}: Binder Error: of no kind that is known", False),
    (f"Database Error in test {TEXT}", False),
    (f"Unhandled error while executing\n{TEXT}", False),
]


@pytest.mark.parametrize(("message", "is_passed_on"), SAID_BY_DBT)
def test_a_message_of_dbt_is_passed_on_only_where_it_can_quote_no_row(message: str, is_passed_on: bool) -> None:
    said = without_rows(message)
    assert said == message if is_passed_on else canaries_in(said) == []


def test_a_message_that_is_not_passed_on_leaves_the_kind_of_error() -> None:
    message = f"{IN_MODEL}Conversion Error: Could not convert string '{TEXT}' to INT64"
    assert without_rows(message) == "Conversion Error. Its text may quote a row and is not shown."


# --- What they wrote ------------------------------------------------------------------------------


def contents(path: Path) -> Iterator[bytes]:
    """A file's bytes, and what is packed in them: members of archives, every cell of a database or table."""
    raw = path.read_bytes()
    yield raw
    if raw[8:12] == b"DUCK":
        with duckdb.connect(str(path), read_only=True) as database:
            names = database.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            for schema, table in names:
                rows = database.execute(f'select columns(*)::varchar from "{schema}"."{table}"').fetchall()
                yield str(rows).encode()
    elif raw.startswith(b"SQLite format 3"):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as events:
            for (table,) in events.execute("select name from sqlite_master where type = 'table'").fetchall():
                yield str(events.execute(f'select * from "{table}"').fetchall()).encode()
    elif raw.startswith(b"PAR1"):
        yield pl.read_parquet(io.BytesIO(raw)).write_ndjson().encode()
    elif raw.startswith(b"\x1f\x8b"):
        yield gzip.decompress(raw)
    elif raw.startswith(b"PK"):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())


def _found(warehouse: Path, where_rows_are: bool, among: list[str] = CANARIES) -> set[tuple[str, str]]:
    """(file, canary) for every file that holds rows, or for every other one."""
    files = [path for path in sorted(warehouse.rglob("*")) if path.is_file() and not path.is_symlink()]
    return {
        (str(path.relative_to(warehouse)), canary)
        for path in files
        if path.relative_to(warehouse).parts[0].startswith(tuple(HOLDS_ROWS)) == where_rows_are
        for content in contents(path)
        for canary in canaries_in(content, among)
    }


def test_no_file_but_those_that_hold_rows_has_a_value(refreshed: Refreshed) -> None:
    assert _found(refreshed.warehouse.folder, where_rows_are=False) == set()


def test_the_search_finds_every_canary_where_rows_are(refreshed: Refreshed) -> None:
    found = _found(refreshed.warehouse.folder, where_rows_are=True)
    assert {canary for _, canary in found} == set(CANARIES)


def _sqlite(path: Path) -> None:
    with sqlite3.connect(path) as events:
        events.execute("create table events (event text)")
        events.execute("insert into events values (?)", [TEXT])


def _duckdb(path: Path) -> None:
    with duckdb.connect(str(path)) as database:
        database.execute(f"create table days as select date '{DAY}' as day")


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("member", TEXT * 100)


HIDDEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "a text file": (lambda path: path.write_text(f"… {TEXT.upper()} …", encoding="utf-8"), TEXT),
    "a gzip file": (lambda path: path.write_bytes(gzip.compress(TEXT.encode() * 100)), TEXT),
    "a zip file": (_zip, TEXT),
    "a SQLite file": (_sqlite, TEXT),
    "a DuckDB file": (_duckdb, DAY),
    "a Parquet file": (lambda path: _parquet(path, pl.DataFrame({"number": [int(NUMBER)]})), NUMBER),
}


@pytest.mark.parametrize("kind", HIDDEN)
def test_the_search_finds_a_value_in(tmp_path: Path, kind: str) -> None:
    hide, canary = HIDDEN[kind]
    hide(tmp_path / "file")
    assert canary in [found for content in contents(tmp_path / "file") for found in canaries_in(content)]


@pytest.mark.parametrize("name", HOLDS_ROWS)
def test_what_holds_rows_is_closed_to_other_users(refreshed: Refreshed, name: str) -> None:
    assert refreshed.modes[name] == ("0o600" if name == "build.duckdb" else "0o700")


def test_a_release_is_open_to_other_users(refreshed: Refreshed) -> None:
    folder = refreshed.warehouse.folder
    published = [folder, folder / "releases", *(folder / "releases").rglob("*")]
    open_to_all = {path: 0o005 if path.is_dir() else 0o004 for path in published}
    assert [str(path) for path, bits in open_to_all.items() if path.stat().st_mode & bits != bits] == []


# --- The release ----------------------------------------------------------------------------------

# Milestones, and what is written by and for the Board, are of no person: they are published with their days and with
# the roles that answer for them.
PUBLISHED = {"milestones", "commentary", "board_decisions"}
# Keys and days of records.
RECORD_COLUMNS = {
    name
    for extract in EXTRACTS.values()
    if extract.name not in PUBLISHED
    for name, column in extract.model.to_schema().columns.items()
    if name.endswith("_ref") or (column.dtype.type == pl.Date and name != "period_month")
} | {"line_number"}


@pytest.fixture(scope="module")
def release(refreshed: Refreshed) -> Iterator[duckdb.DuckDBPyConnection]:
    with refreshed.warehouse.release() as opened:
        yield opened


def test_every_key_and_day_of_a_record_is_looked_for() -> None:
    assert {
        *("offence_ref", "recorded_date", "arrest_date", "outcome_date", "response_ref", "interview_date"),
        *("casualty_ref", "collision_date", "disruption_ref", "network_ref", "disruption_date", "case_ref"),
        *("seizure_date", "service_date", "complaint_ref", "received_date", "closed_date", "line_number"),
    } == RECORD_COLUMNS


def test_no_table_of_a_release_has_a_key_or_a_day_of_a_record(release: duckdb.DuckDBPyConnection) -> None:
    columns = release.execute("select table_name, column_name from duckdb_columns() where not internal").fetchall()
    assert [(table, column) for table, column in columns if column in RECORD_COLUMNS] == []


def test_no_answer_of_a_respondent_is_in_a_release(release: duckdb.DuckDBPyConnection) -> None:
    answers = {*SATISFACTION_ANSWERS, *ATTITUDE_ANSWERS} - {"neither", "not_stated"}
    columns = release.execute(
        "select table_name, column_name from duckdb_columns() where not internal and data_type = 'VARCHAR'"
    ).fetchall()
    held = [
        (table, column)
        for table, column in columns
        for (cell,) in release.execute(f'select distinct "{column}" from "{table}"').fetchall()
        if cell in answers
    ]
    assert held == []


# --- What is written for the Board ----------------------------------------------------------------


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_a_refresh_says_quotes_no_text_for_the_board(refreshed: Refreshed, scenario: str) -> None:
    ended = refreshed.ended[scenario]
    assert canaries_in(ended.stdout + ended.stderr, [WRITTEN]) == []


def test_a_text_for_the_board_is_in_a_release_and_in_no_other_file_but_those_of_rows(refreshed: Refreshed) -> None:
    found = _found(refreshed.warehouse.folder, False, [WRITTEN])
    written = ("performance.duckdb", "parquet/fct_commentary.parquet", "parquet/fct_board_decision.parquet")
    assert {file for file, _ in found} == {f"releases/2008-12_r1/{name}" for name in written}


@pytest.mark.parametrize(
    "query",
    [
        "select commentary from fct_commentary where period_month = '2008-11-01'",
        "select decision from fct_board_decision where decision_ref like 'ZQHO/%'",
    ],
    ids=["commentary", "a decision that the register of December leaves out"],
)
def test_hostile_text_is_published_as_it_was_written(release: duckdb.DuckDBPyConnection, query: str) -> None:
    assert sorted(text for (text,) in release.execute(query).fetchall()) == sorted(HOSTILE.values())


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("table", "counted", "extract"),
    [
        ("fct_recorded_crime", "offences", "recorded_crime"),
        ("fct_road_casualties", "casualties", "road_casualties"),
    ],
)
def test_the_records_of_a_borough_are_one_row_of_a_release(
    release: duckdb.DuckDBPyConnection, table: str, counted: str, extract: str
) -> None:
    """All records are of one month, offence and severity: 32 rows for 32 boroughs count every accepted record."""
    rows, records = _one(release, f"select count(*), sum({counted}) from {table} where {counted} > 0")
    # 602 records less the three that are quarantined.
    assert (rows, records) == (32, 599)


def test_the_interviews_of_a_borough_are_one_figure_of_a_release(release: duckdb.DuckDBPyConnection) -> None:
    """602 interviews in 32 boroughs, three of them quarantined: 16 to 19 respondents behind each borough's figure."""
    fewest = _one(
        release,
        "select min(respondents) from fct_measure_result"
        " where measure_id = 'victim_satisfaction' and respondents > 0 and population_group = 'all'",
    )
    assert fewest >= (15,)
