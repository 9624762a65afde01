"""What analysts are promised of a release: `warehouse/README.md`, the table macros, Parquet and `make query`.

Here: every example run, every table named, macros beside figures worked by hand, files beside tables.
Belongs here: a promise to who reads a release.
Does not belong here: whether its figures are right (`test_sample_figures.py`), reading during publishes
(`test_readers.py`).
"""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration import query
from orchestration.table_macros import MACROS, create_macros
from tests.benchmark.queries import headline_queries, measured, over_parquet
from tests.conftest import ROOT, Warehouse
from tests.examples import README, Example, examples

NOT_RUN = "(not run by the tests)"
RUN = [example for example in examples() if NOT_RUN not in example.section]


@pytest.fixture(scope="session")
def desk(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's folder as an analyst has it, with the sample for its warehouse."""
    folder = tmp_path_factory.mktemp("desk")
    for name in ("Makefile", ".venv", "pyproject.toml", "requirements.lock", "orchestration", "dbt_project"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "warehouse").symlink_to(sample.folder)
    return folder


def run(command: list[str], desk: Path) -> subprocess.CompletedProcess[str]:
    """A command at the desk, with the environment's own programs first."""
    unset = ("RAW_DIR", "WAREHOUSE_DIR", "MAKEFLAGS", "MAKELEVEL")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    path = f"{Path(sys.executable).parent}:{kept['PATH']}"
    return subprocess.run(command, cwd=desk, env={**kept, "PATH": path}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("example", RUN, ids=[f"{e.section}: {e.words[:40]}" for e in RUN])
def test_an_example_of_the_readme_runs(example: Example, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if example.language == "sql":
        monkeypatch.chdir(desk)
        with duckdb.connect("warehouse/current/performance.duckdb", read_only=True) as release:
            answer = release.execute(example.code)
            # Nothing of the sample is restated; every other example has an answer.
            assert answer.fetchall() or "fct_restatement" in example.code
        return
    command = {"shell": ["bash", "-ec"], "python": [sys.executable, "-c"]}[example.language]
    ended = run([*command, example.code], desk)
    assert (ended.returncode, ended.stderr) == (0, "")
    written = re.search(r"> (\S+)$", example.code.strip())
    assert (desk / written[1]).read_text(encoding="utf-8") if written else ended.stdout


def test_what_is_not_run_says_so() -> None:
    not_run = {example.language for example in examples()} - {example.language for example in RUN}
    assert not_run == {"r", "text"}
    assert (
        README.count(NOT_RUN) == len({e.section for e in examples() if NOT_RUN in e.section}) + 1
    )  # Power BI: no code


def lines_of(section: str) -> list[list[str]]:
    """The cells of the table in a section of the README."""
    table = README.partition(f"## {section}\n")[2].partition("\n## ")[0]
    lines = [re.split(r" \| ", line.strip("| ")) for line in table.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line] for line in lines]


def test_every_table_of_the_release_has_its_line_and_no_other_has(sample: Warehouse) -> None:
    lines = lines_of("What each table is for, and what it must not be used for")
    tables = sample.release().execute("select table_name from duckdb_tables()").fetchall()
    assert sorted(line[0] for line in lines) == sorted(f"`{name}`" for (name,) in tables)
    assert [line for line in lines if len(line) != 3 or not all(line)] == []


def test_the_readme_calls_every_macro_as_it_is_and_the_release_explains_it(sample: Warehouse) -> None:
    calls = {macro.name: f"{macro.name}({macro.parameters})" for macro in MACROS}
    assert sorted(line[0] for line in lines_of("The table macros")) == sorted(f"`{call}`" for call in calls.values())
    release = sample.release()
    comments = (
        "select function_name, comment from duckdb_functions() where function_type = 'table_macro' and not internal"
    )
    assert dict(release.execute(comments).fetchall()) == {macro.name: macro.meaning for macro in MACROS}
    rows = release.execute(
        "select table_name, meaning from data_dictionary where column_name is null and source like 'macro over %'"
    ).fetchall()
    assert sorted(rows) == sorted((m.name, f"Macro {calls[m.name]}. {m.meaning}") for m in MACROS)


def test_the_headline_queries_are_timed_on_the_file_and_on_its_parquet_with_one_answer(
    sample: Warehouse, tmp_path: Path
) -> None:
    release = (sample.folder / "current").resolve()
    beside = over_parquet(release, tmp_path)
    queries = headline_queries()
    lines = [measured(query, release / "performance.duckdb", beside, 1) for query in queries]
    assert [line[0] for line in lines] == [query.words for query in queries]
    assert len({query.words for query in queries}) == len(queries) > 10


def test_a_query_that_parquet_answers_otherwise_ends_the_benchmark(sample: Warehouse, tmp_path: Path) -> None:
    release = (sample.folder / "current").resolve()
    with duckdb.connect(str(tmp_path / "other.duckdb")) as other:
        other.execute("create table scorecard as select 'met' as verdict")
    query = Example("", "Of verdicts", "sql", "select verdict from scorecard")
    with pytest.raises(SystemExit, match="answer differently: Of verdicts"):
        measured(query, release / "performance.duckdb", tmp_path / "other.duckdb", 1)


# Each macro held against SQL written by hand for one case.


def test_a_trend_is_on_the_basis_the_measure_is_charted_on_with_its_chart_beside(sample: Warehouse) -> None:
    release = sample.release()
    charted = dict(
        release.execute(
            "select control_basis, min(measure_id) from dim_measure where control_basis is null or measure_id in"
            " (select measure_id from fct_process_control where area_id = 'force') group by control_basis"
        ).fetchall()
    )
    assert set(charted) == {"month", "quarter", None}
    for basis, measure in charted.items():
        expected = release.execute(
            "select period_month, value, is_complete, reason from fct_measure_result where measure_id = $measure"
            " and area_id = 'force' and population_group = 'all' and period_basis = $basis order by period_month",
            {"measure": measure, "basis": basis or "rolling_12_months"},
        ).fetchall()
        trend = "select period_month, value, is_complete, reason from measure_trend(?, 'force')"
        assert release.execute(trend, [measure]).fetchall() == expected != []
        chart = release.execute(
            "select period_month, centre_line, signal from fct_process_control"
            " where measure_id = ? and area_id = 'force' and population_group = 'all' order by period_month",
            [measure],
        ).fetchall()
        lines = "select period_month, centre_line, signal from measure_trend(?, 'force') where centre_line is not null"
        assert release.execute(lines, [measure]).fetchall() == chart
        assert bool(chart) == bool(basis)


def test_a_trend_can_be_asked_on_another_basis(sample: Warehouse) -> None:
    quarters = "select distinct period_basis from measure_trend('homicide', 'force', basis := 'quarter')"
    assert sample.release().execute(quarters).fetchall() == [("quarter",)]


def test_an_area_is_known_by_its_id_and_by_its_title_however_cased(sample: Warehouse) -> None:
    release = sample.release()
    asked = [("force", "METROPOLITAN police service"), ("kensington_and_chelsea", "Kensington and Chelsea")]
    for by_id, by_title in asked:
        for macro in ("measure_trend('homicide', ?)", "verdict_trend('victim_satisfaction', ?)"):
            answers = [release.execute(f"from {macro}", [name]).fetchall() for name in (by_id, by_id.upper(), by_title)]
            assert answers[0] == answers[1] == answers[2]
        assert release.execute("from measure_trend('homicide', ?)", [by_title]).fetchall() != []


UNKNOWN = [
    "measure_trend('no_such', 'force')",
    "measure_trend('homicide', 'Atlantis')",
    "measure_trend('homicide', 'force', basis := 'week')",
    "measure_trend(null, null)",
    "borough_table('no_such', '2009-03')",
    "borough_table('homicide', '1066-10')",
    "borough_table('homicide', 'last month')",
    "verdict_trend('no_such', 'force')",
    "verdict_trend('victim_satisfaction', 'Atlantis')",
    "reported_then('no_such', current_date)",
    "reported_then('homicide', 'yesterday')",
    "reported_then('homicide', '1999-12-31')",
    "find_measure('no such words')",
]


@pytest.mark.parametrize("call", UNKNOWN)
def test_what_is_not_known_gives_no_rows_and_no_error(call: str, sample: Warehouse) -> None:
    assert sample.release().execute(f"from {call}").fetchall() == []


@pytest.fixture
def by_hand(sample: Warehouse, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A release's tables without a row, and its macros, to be filled by hand."""
    database = tmp_path / "by_hand.duckdb"
    with duckdb.connect(str(database)) as empty:
        empty.execute(f"attach '{sample.folder}/current/performance.duckdb' as sample (read_only)")
        for (name,) in empty.execute(
            "select table_name from duckdb_tables() where database_name = 'sample'"
        ).fetchall():
            empty.execute(f"create table {name} as from sample.{name} limit 0")
    create_macros(database)
    with duckdb.connect(str(database)) as filled:
        # An hour from Greenwich: what a macro makes of a day must not hang on where its reader sits.
        filled.execute("set timezone = 'Europe/Paris'")
        yield filled


def test_boroughs_stand_beside_the_force_and_nothing_else_does(by_hand: duckdb.DuckDBPyConnection) -> None:
    by_hand.execute("""
        insert into dim_area by name
        select * from (values
            ('force', 'The force', 'force'), ('brent', 'Brent', 'borough'), ('barnet', 'Barnet', 'borough'),
            ('heathrow', 'Heathrow', 'airport')
        ) as area (area_id, title, area_type)
    """)
    by_hand.execute("""
        insert into fct_measure_result by name
        select *, 'rolling_12_months' as period_basis
        from (values
            ('burglary', date '2009-03-01', 'force', 'all', 20.0, null),
            ('burglary', date '2009-03-01', 'brent', 'all', 30.0, null),
            ('burglary', date '2009-03-01', 'barnet', 'all', null, 'incomplete: 1 of 12 months'),
            ('burglary', date '2009-03-01', 'heathrow', 'all', 1.0, null),
            ('burglary', date '2009-03-01', 'brent', 'gender:female', 7.0, null),
            ('burglary', date '2009-02-01', 'brent', 'all', 29.0, null),
            ('robbery', date '2009-03-01', 'brent', 'all', 3.0, null)
        ) as result (measure_id, period_month, area_id, population_group, value, reason)
    """)
    by_hand.execute("""
        insert into fct_peer_comparison by name
        select 'burglary' as measure_id, 'brent' as area_id, 'rolling_12_months' as period_basis, peers.*
        from (values
            (date '2009-03-01', 'london_boroughs', 1, 'above_95'),
            (date '2009-03-01', 'outer_london_boroughs', 2, 'within')
        ) as peers (period_month, peer_group, rank_in_group, funnel_flag)
    """)
    # In the order of the boroughs' names; of Barnet the reason stands for its figure.
    expected = [
        ("Barnet", None, 20.0, None, None, "incomplete: 1 of 12 months"),
        ("Brent", 30.0, 20.0, 1, "above_95", None),
    ]
    columns = "title, value, force_value, rank_among_boroughs, funnel_flag, reason"
    for month in ("'2009-03'", "date '2009-03-01'", "'2009-03-31'", "timestamp '2009-03-15 12:00'"):
        asked = f"select {columns} from borough_table('burglary', {month})"
        assert by_hand.execute(asked).fetchall() == expected
    assert by_hand.execute("from borough_table('burglary', '2009-03', basis := 'month')").fetchall() == []


# Published at noon of 10 May (r1), at half past eleven at night of 20 May (r2), both in UTC: the second of them on
# 21 May in Paris. r2 restates March from 12 to 15 and turns its verdict; April's release comes on 10 June.
SAID = """
    insert into fct_reported_result by name
    select 'burglary' as measure_id, 'month' as period_basis, 'force' as area_id, 'all' as population_group, said.*
    from (values
        (date '2009-02-01', 9.0, 'm3_r1', timestamptz '2009-05-10 12:00+00', null, null),
        (
            date '2009-03-01', 12.0, 'm3_r1', timestamptz '2009-05-10 12:00+00',
            'm3_r2', timestamptz '2009-05-20 23:30+00'
        ),
        (date '2009-03-01', 15.0, 'm3_r2', timestamptz '2009-05-20 23:30+00', null, null),
        (date '2009-04-01', 11.0, 'm4_r1', timestamptz '2009-06-10 12:00+00', null, null)
    ) as said (period_month, value, reported_from_release, reported_from, reported_until_release, reported_until);
    insert into fct_reported_verdict by name
    select 'burglary' as measure_id, 'month' as period_basis, 'all' as population_group, 'less' as target_id, said.*
    from (values
        ('m3_r1', date '2009-03-01', timestamptz '2009-05-10 12:00+00', 12.0, 13.0, 'met'),
        ('m3_r2', date '2009-03-01', timestamptz '2009-05-20 23:30+00', 15.0, 13.0, 'not_met'),
        ('m4_r1', date '2009-04-01', timestamptz '2009-06-10 12:00+00', 11.0, 13.0, 'met')
    ) as said (release_id, reporting_month, published_at, value, threshold, verdict)
"""


@pytest.mark.parametrize(
    ("as_of", "said"),
    [
        ("2009-05-09", []),
        # The day of publishing counts, to its end in Greenwich.
        ("2009-05-10", [(2, 9.0, None, "m3_r1"), (3, 12.0, None, "m3_r1"), (3, 12.0, "met", "m3_r1")]),
        ("2009-05-19", [(2, 9.0, None, "m3_r1"), (3, 12.0, None, "m3_r1"), (3, 12.0, "met", "m3_r1")]),
        ("2009-05-20", [(2, 9.0, None, "m3_r1"), (3, 15.0, None, "m3_r2"), (3, 15.0, "not_met", "m3_r2")]),
        (
            "2009-06-30",
            [(2, 9.0, None, "m3_r1"), (3, 15.0, None, "m3_r2"), (4, 11.0, None, "m4_r1")]
            + [(3, 15.0, "not_met", "m3_r2"), (4, 11.0, "met", "m4_r1")],
        ),
    ],
)
def test_what_was_reported_by_a_day_is_what_the_releases_up_to_its_end_said(
    as_of: str, said: list[tuple[int, float, str | None, str]], by_hand: duckdb.DuckDBPyConnection
) -> None:
    by_hand.execute(SAID)
    for day in (f"'{as_of}'", f"date '{as_of}'"):
        found = by_hand.execute(
            f"select month(period_month), value, verdict, release_id from reported_then('burglary', {day})"
            " order by said, period_month"
        ).fetchall()
        assert found == said


def test_a_line_that_a_later_release_leaves_out_was_said_no_longer(by_hand: duckdb.DuckDBPyConnection) -> None:
    by_hand.execute(SAID)
    # The second release of March has no line for this measure, only for another.
    by_hand.execute("update fct_reported_verdict set measure_id = 'robbery' where release_id = 'm3_r2'")
    lines = "select count(*) from reported_then('burglary', '2009-05-31') where said = 'verdict'"
    assert by_hand.execute(lines).fetchall() == [(0,)]


def test_a_month_is_judged_by_the_target_known_on_the_day_asked_for(by_hand: duckdb.DuckDBPyConnection) -> None:
    by_hand.execute("insert into dim_area by name select 'force' as area_id, 'The force' as title")
    by_hand.execute("insert into release by name select date '2009-03-31' as targets_known_on")
    by_hand.execute("""
        insert into fct_target_verdict by name
        select 'satisfaction' as measure_id, 'force' as area_id, date '2008-09-01' as period_month, version.*
        from (values
            ('first', date '2008-04-01', date '2008-06-12', 80.0, 'not_met'),
            ('revised', date '2008-06-12', null, 78.9, 'met')
        ) as version (target_id, known_from, known_to, threshold, verdict)
    """)

    def known(on: str) -> list[tuple[str, float, str]]:
        asked = f"select target_id, threshold, verdict from verdict_trend('satisfaction', 'force'{on})"
        return by_hand.execute(asked).fetchall()

    # On the day of a revision the revised one is known already; before the first there is none.
    assert known("") == known(", known_on := '2008-06-12'") == [("revised", 78.9, "met")]
    assert known(", known_on := date '2008-06-11'") == [("first", 80.0, "not_met")]
    assert known(", known_on := '2008-03-31'") == []


def test_a_measure_is_found_by_words_of_its_id_title_or_definition(by_hand: duckdb.DuckDBPyConnection) -> None:
    by_hand.execute("""
        insert into dim_measure by name
        select * from (values
            ('knife_crime', 'Crime with blades', 'Offences.'), ('guns', 'KNIFE or gun', 'Offences.'),
            ('youth', 'Youth violence', 'With a knife, under 20.'), ('calls', '100% answered', 'Calls.')
        ) as measure (measure_id, title, definition)
    """)

    def found(words: str) -> list[str]:
        return [name for (name,) in by_hand.execute("select measure_id from find_measure(?)", [words]).fetchall()]

    assert found("Knife") == ["guns", "knife_crime", "youth"]
    # No pattern: a percent sign is a percent sign.
    assert found("%") == ["calls"]


def test_parquet_has_every_table_the_same_rows_in_the_same_order(sample: Warehouse) -> None:
    folder = (sample.folder / "current").resolve()
    release = sample.release()
    tables = dict(release.execute("select table_name, comment from duckdb_tables()").fetchall())
    files = {path.stem: path for path in (folder / "parquet").iterdir()}
    assert files.keys() == tables.keys()
    for name, path in files.items():
        differing = release.execute(
            f"select count(*) from (select published from {name} as published)"
            f" positional join (select written from read_parquet('{path}') as written)"
            " where published is distinct from written"
        ).fetchall()
        assert (name, differing) == (name, [(0,)])
        metadata = f"select decode(key), decode(value) from parquet_kv_metadata('{path}')"
        described = {"release_id": folder.name, "comment": tables[name]}
        assert dict(release.execute(metadata).fetchall()) == described
        assert stat.S_IMODE(path.stat().st_mode) == 0o444


Answer = Callable[..., list[str]]


@pytest.fixture
def answer(sample: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Answer:
    """The lines the command prints to a question, in this process."""
    monkeypatch.setenv("COLUMNS", "120")

    def asked(sql: str, release: str = "", warehouse: Path = sample.folder) -> list[str]:
        monkeypatch.setenv("WAREHOUSE_DIR", str(warehouse))
        monkeypatch.setattr(sys, "argv", ["query", f"--sql={sql}", f"--release={release}"])
        query.main()
        return capsys.readouterr().out.splitlines()

    return asked


def test_a_question_is_answered_with_a_table_and_the_release_it_is_of(answer: Answer) -> None:
    first = "select 'a' as letter, 1.5 as number, null as nothing, true as truth"
    assert answer(f"{first} union all select 'bb', 10, null, false") == [
        "letter  number  nothing  truth",
        "------  ------  -------  -----",
        "a          1.5  NULL     true",
        "bb        10.0  NULL     false",
        "2009-03_r1: 2 rows.",
    ]


def test_rows_too_wide_for_the_terminal_are_shown_one_below_the_other_with_every_column(
    answer: Answer, sample: Warehouse
) -> None:
    columns = [name for (name, *_) in sample.release().execute("describe scorecard").fetchall()]
    *blocks, counted = answer("from scorecard limit 2")
    assert [line.split()[0] for line in blocks if line] == columns + columns
    assert (blocks.index(""), counted) == (len(columns), "2009-03_r1: 2 rows.")


def test_rows_beyond_the_limit_are_told_of(answer: Answer) -> None:
    told = {rows: answer(f"from range({rows})") for rows in (100, 101)}
    assert [len(lines) for lines in told.values()] == [103, 103]
    assert told[100][-1] == "2009-03_r1: 100 rows."
    assert told[101][-1] == "2009-03_r1: the first 100 rows; there are more."


def test_another_release_answers_when_it_is_named(answer: Answer) -> None:
    asked = "select reporting_month from release"
    assert answer(asked, release="2008-09_r1")[2:] == ["2008-09-01", "2008-09_r1: 1 row."]


@pytest.mark.parametrize("columns", ["hostile", "hostile, repeat('wide', 15) as b, repeat('wide', 15) as c"])
def test_control_characters_of_a_text_do_not_reach_the_terminal(columns: str, answer: Answer) -> None:
    hostile = "'a' || chr(27) || '[2J' || chr(10) || 'b' || chr(8238)"
    lines = answer(f"select {columns} from (select {hostile} as hostile)")
    assert r"a\x1b[2J\nb\u202e" in [word for line in lines for word in line.split()]


REFUSED = {
    "selec 1": 'Parser Error: syntax error at or near "selec"',
    "select no_such from scorecard": 'Binder Error: Referenced column "no_such" not found',
    "delete from release": "attached in read-only mode",
    "create table mine as select 1": "attached in read-only mode",
    "copy release to 'out.csv'": "file system operations are disabled",
    "from read_csv('pyproject.toml')": "file system operations are disabled",
    " ": "Nothing was asked",
}


@pytest.mark.parametrize("sql", REFUSED)
def test_what_cannot_be_answered_says_why(sql: str, answer: Answer) -> None:
    with pytest.raises(SystemExit, match=re.escape(REFUSED[sql])):
        answer(sql)


def test_a_warehouse_without_a_release_says_what_makes_one(answer: Answer, tmp_path: Path) -> None:
    said = f"No release is in {tmp_path} yet. `make refresh` publishes one."
    with pytest.raises(SystemExit, match=re.escape(said)):
        answer("select 1", warehouse=tmp_path)


@pytest.mark.parametrize("release_id", ["2001-01_r1", "../current", "."])
def test_a_release_that_is_not_there_is_said(release_id: str, answer: Answer) -> None:
    said = f"No release is called «{release_id}». `make releases` lists them."
    with pytest.raises(SystemExit, match=re.escape(said)):
        answer("select 1", release=release_id)


def test_a_question_comes_through_make_and_shell_as_it_was_asked(desk: Path) -> None:
    texts = ["$(touch ran)", "`touch ran`", "$$HOME ${HOME}", '"; touch ran; "', "100%", "-- --sql", "#"]
    asked = " union all ".join(f"select {place}, '{text}'" for place, text in enumerate(texts))
    ended = run(["make", "-s", "query", f"SQL=-- a comment first\n{asked} order by all"], desk)
    assert [line.split(maxsplit=1)[1] for line in ended.stdout.splitlines()[2:-1]] == texts
    assert not (desk / "ran").exists()


def test_a_wrong_question_ends_with_the_reason_and_no_stack_trace(desk: Path) -> None:
    ended = run(["make", "-s", "query", "SQL=selec 1"], desk)
    assert ended.returncode != 0
    assert ended.stderr.startswith('Parser Error: syntax error at or near "selec"')
    assert "Traceback" not in ended.stderr
