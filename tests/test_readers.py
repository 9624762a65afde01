"""Reading while releases are published: nobody waits, fails, or sees two releases in one.

Here: thirty readers in processes of their own during twenty publishes, and the oldest client that is promised.
Belongs here: what holds between a release and programs this project does not control.
Does not belong here: what a reader does (`reading.py`), a refresh killed while it publishes (`test_kills.py`).
"""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.publishing import publish
from orchestration.resources import DBT_PROJECT
from tests.conftest import ROOT, Warehouse
from tests.examples import examples

READERS = 30
PUBLISHES = 20
OLDEST_CLIENT = "1.2.2"


def publish_marked(warehouse: Warehouse, number: int) -> str:
    """Publish March 2009 once more, with a number in two marts that are no figures; the release's name."""
    with duckdb.connect(str(warehouse.folder / "build.duckdb")) as build:
        build.execute("update marts.dim_plan set title = ?", [f"publish {number}"])
        build.execute("update marts.fct_board_decision set note = ?", [f"publish {number}"])
    published = publish(warehouse.folder, DBT_PROJECT.manifest_path, "2009-03", dt.datetime.now(dt.UTC), {})
    assert published.is_new
    return published.release_id


@pytest.mark.long
def test_thirty_readers_during_twenty_publishes_meet_no_error_and_no_mixed_release(
    sample: Warehouse, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    warehouse = sample.copy(tmp_path)
    published = [publish_marked(warehouse, 0)]
    stop = tmp_path / "stop"
    command = [sys.executable, "-m", "tests.reading", str(warehouse.folder), str(stop)]
    readers = [
        subprocess.Popen([*command, str(seed)], cwd=ROOT, stdout=subprocess.PIPE, text=True) for seed in range(READERS)
    ]
    try:
        for number in range(1, PUBLISHES + 1):
            published.append(publish_marked(warehouse, number))
    finally:
        stop.touch()
    told = [json.loads(reader.communicate()[0]) for reader in readers]
    record_property("publishes under readers", PUBLISHES)
    for what in ("opens", "queries", "mixed", "outlived"):
        record_property(f"readers: {what}", sum(reader["counts"].get(what, 0) for reader in told))
    record_property("readers: errors", sum(len(reader["errors"]) for reader in told))
    assert [error for reader in told for error in reader["errors"]] == []
    assert [reader["counts"]["mixed"] for reader in told] == [0] * READERS
    # They did read while it was published: each more than one release, all of them nearly every one.
    assert min(len(reader["releases"]) for reader in told) > 1
    assert set().union(*(reader["releases"] for reader in told)) <= set(published)
    assert len(set().union(*(reader["releases"] for reader in told))) > PUBLISHES / 2


# Run by a client of another version: the rows of each query, as text.
ANSWERS = """
import json, sys, duckdb
release = duckdb.connect(sys.argv[1], read_only=True)
release.execute("set timezone = 'UTC'")
answers = [[str(row) for row in release.execute(query).fetchall()] for query in json.load(sys.stdin)]
print(json.dumps([duckdb.__version__, answers]))
"""


@pytest.mark.long
def test_the_oldest_client_answers_every_question_as_this_one_does(sample: Warehouse) -> None:
    database = str((sample.folder / "current" / "performance.duckdb").resolve())
    with duckdb.connect(database, read_only=True) as release:
        columns = release.execute(
            "select table_name, string_agg(format('coalesce({}::varchar, ''NULL'')', column_name), ', ')"
            " from duckdb_columns() where not internal group by table_name"
        ).fetchall()
    queries = [example.code for example in examples() if example.language == "sql" and ".parquet" not in example.code]
    # Every value of every table, as text: how a row is written as a whole differs between versions.
    queries += [
        f"select count(*), sum(md5_number_lower(concat_ws('|', {cells}))::hugeint) from {name}"
        for name, cells in columns
    ]
    uv = str(Path(sys.executable).with_name("uv"))
    old = [uv, "run", "--no-project", "--with", f"duckdb=={OLDEST_CLIENT}", "--with", "pytz", "python"]
    answered = {}
    for client in (old, [sys.executable]):
        ended = subprocess.run(
            [*client, "-c", ANSWERS, database], input=json.dumps(queries), capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr
        # Before it, an old client draws how far it is.
        version, answers = json.loads(ended.stdout.splitlines()[-1])
        answered[version] = answers
    assert answered.keys() == {OLDEST_CLIENT, duckdb.__version__}
    assert answered[OLDEST_CLIENT] == answered[duckdb.__version__]
    assert len(queries) > len(columns) + 10
