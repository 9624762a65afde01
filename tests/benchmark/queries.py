"""How long the headline queries of `warehouse/README.md` take on a release, from the command line.

Here: each query on the database, newly opened and again, beside the same query on the release's Parquet files.
Belongs here: the time of a reader.
Does not belong here: the time of a refresh (`__main__.py`); whether an answer is right (`tests/test_analysts.py`).
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from orchestration.folders import warehouse_folder
from orchestration.publishing import DATABASE
from orchestration.table_macros import create_macros
from tests.benchmark.__main__ import Report, in_columns, machine
from tests.examples import Example, examples


def main() -> None:
    """Time every headline query; exit 1 when the database and the Parquet files answer differently."""
    parser = argparse.ArgumentParser(prog="benchmark-queries", description=main.__doc__)
    parser.add_argument("--repeat", type=int, default=15, help="runs of each, in turn")
    parser.add_argument("--folder", type=Path, required=True, help="for the report")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    report = Report(arguments.folder.absolute() / "queries.md")
    release = (warehouse_folder() / "current").resolve()
    size = (release / DATABASE).stat().st_size / 1024**2
    report.say(machine())
    report.say(f"Release {release.name}, {size:.0f} MB. Milliseconds: medians, and in brackets the most.")
    opening = statistics.median(milliseconds(lambda: asked_newly(release / DATABASE, "select 1"), arguments.repeat))
    report.say(f"Of a file opened for its query, opening alone takes {opening:.1f}.\n")
    with tempfile.TemporaryDirectory() as scratch:
        beside = over_parquet(release, Path(scratch))
        lines = [measured(query, release / DATABASE, beside, arguments.repeat) for query in headline_queries()]
    heads = ["query", "rows", "file opened for it", "file open already", "Parquet", "Parquet ÷ file"]
    report.say(in_columns([heads, *lines]))
    print(f"The report is in {report.path}")


def headline_queries() -> list[Example]:
    return [example for example in examples() if example.section == "The headline queries"]


def over_parquet(release: Path, scratch: Path) -> Path:
    """A database of views on a release's Parquet files, with the same macros."""
    database = scratch / "views.duckdb"
    with duckdb.connect(str(database)) as views:
        for path in sorted((release / "parquet").iterdir()):
            views.execute(f"create view {path.stem} as from read_parquet('{path}')")
    create_macros(database)
    return database


def measured(query: Example, database: Path, beside: Path, repeat: int) -> list[str]:
    """A line of the report; exits when the two do not answer the same."""
    with (
        duckdb.connect(str(database), read_only=True) as opened,
        duckdb.connect(str(beside), read_only=True) as parquet,
    ):
        answer = opened.execute(query.code).fetchall()
        if sorted(map(repr, answer)) != sorted(map(repr, parquet.execute(query.code).fetchall())):
            sys.exit(f"The database and the Parquet files answer differently: {query.words}")

    of_new = milliseconds(lambda: asked_newly(database, query.code), repeat)
    with (
        duckdb.connect(str(database), read_only=True) as opened,
        duckdb.connect(str(beside), read_only=True) as parquet,
    ):
        of_open = milliseconds(lambda: opened.execute(query.code).fetchall(), repeat)
        of_parquet = milliseconds(lambda: parquet.execute(query.code).fetchall(), repeat)
    ratio = statistics.median(of_parquet) / statistics.median(of_open)
    shown = [f"{statistics.median(took):.1f} ({max(took):.1f})" for took in (of_new, of_open, of_parquet)]
    return [query.words, f"{len(answer):,}", *shown, f"{ratio:.1f}"]


def asked_newly(database: Path, sql: str) -> None:
    with duckdb.connect(str(database), read_only=True) as release:
        release.execute(sql).fetchall()


def milliseconds(run: Callable[[], object], repeat: int) -> list[float]:
    """What each run took, after one that is not counted."""
    run()
    took = []
    for _ in range(repeat):
        started = time.perf_counter()
        run()
        took.append((time.perf_counter() - started) * 1000)
    return took


if __name__ == "__main__":
    main()
