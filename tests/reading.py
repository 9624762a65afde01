"""An analyst in a process of their own: opens the current release, asks, keeps it open a while, asks again, opens anew.

Here: what one reader does until it is told to stop, and what it counts.
Belongs here: whatever a reader of a release may rely on while another is published.
Does not belong here: the publishing (`test_readers.py`).

A publish writes its number into two marts, so that rows of two releases in one answer are known from one another.
"""

import json
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb

# What a release says of itself in five places: two of its own tables, two marts, and a mart through a macro's release.
OF_DATABASE = """
    select
        (select release_id from release),
        (select max_by(release_id, published_at) from fct_reported_verdict),
        (select max(title) from dim_plan),
        (select max(note) from fct_board_decision),
        (select count(*) > 0 from measure_trend('homicide', 'force'))
"""
OF_PARQUET = """
    select
        (select release_id from 'release.parquet'),
        (select max_by(release_id, published_at) from 'fct_reported_verdict.parquet'),
        (select max(title) from 'dim_plan.parquet'),
        (select max(note) from 'fct_board_decision.parquet'),
        (select count(distinct value) = 1 and decode(max(value)) = (select release_id from 'release.parquet')
         from parquet_kv_metadata('*.parquet') where decode(key) = 'release_id')
"""


def main() -> None:
    """Read until the file `stop` is there; print the counts as JSON: opens, queries, mixed, errors, releases."""
    warehouse, stop, seed = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(seed)
    counts: Counter[str] = Counter()
    errors: list[str] = []
    releases: set[str] = set()
    while not stop.exists():
        # One in five stays so long that its release is deleted under it.
        longest = 60 if chance.random() < 0.2 else 3
        try:
            releases.add(_round(warehouse, chance.random() < 0.5, chance.uniform(0, longest), stop, counts))
        except (duckdb.Error, OSError) as error:
            errors.append(f"{type(error).__name__}: {error}")
    print(json.dumps({"counts": counts, "errors": errors, "releases": sorted(releases)}))


def _round(warehouse: Path, by_link: bool, stay: float, stop: Path, counts: Counter[str]) -> str:
    """Open by the link as it is, or by the folder it stands for, with the Parquet files of that; the release read."""
    current = warehouse / "current"
    folder = current if by_link else current.resolve()
    with duckdb.connect(str(folder / "performance.duckdb"), read_only=True, config={"threads": "1"}) as release:
        counts["opens"] += 1
        first = _asked(release, OF_DATABASE, counts)
        counts["mixed"] += not _is_one(first)
        if not by_link:
            release.execute(f"set file_search_path = '{folder / 'parquet'}'")
            parquet = _asked(release, OF_PARQUET, counts)
            counts["mixed"] += parquet != first or first[0] != folder.name
        until = time.monotonic() + stay
        while time.monotonic() < until and not stop.exists():
            time.sleep(0.2)
        counts["mixed"] += _asked(release, OF_DATABASE, counts) != first
        counts["outlived"] += not (warehouse / "releases" / first[0]).exists()
    return str(first[0])


def _asked(release: duckdb.DuckDBPyConnection, query: str, counts: Counter[str]) -> tuple[Any, ...]:
    counts["queries"] += 1
    return release.execute(query).fetchall()[0]


def _is_one(said: tuple[Any, ...]) -> bool:
    release_id, newest_said, title, note, has_trend = said
    return bool(release_id == newest_said and title == note and has_trend)


if __name__ == "__main__":
    main()
