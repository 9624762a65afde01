"""The tables of a release as Parquet files, for who has no DuckDB.

Here: one file a table, beside the database.
Belongs here: how a table is written for other tools.
Does not belong here: which tables there are, and their content (`publishing.py`).
"""

import contextlib
from pathlib import Path

import duckdb

FOLDER = "parquet"


def write_parquet(database: Path, folder: Path) -> None:
    """Write every table of a release's database into `folder`/parquet: the same rows in the same order.

    The metadata of a file holds the release it is of (`release_id`) and what a row is (`comment`).
    """
    (folder / FOLDER).mkdir()
    with duckdb.connect(str(database), read_only=True) as release, contextlib.chdir(folder / FOLDER):
        # Drawn between the lines of the refresh on a slow disk.
        release.execute("set enable_progress_bar = false")
        tables = release.execute(
            "select table_name, comment, release_id from duckdb_tables(), release order by table_name"
        ).fetchall()
        for name, comment, release_id in tables:
            release.execute(
                f"copy {name} to '{name}.parquet' (format parquet, compression zstd, kv_metadata"
                " {release_id: $release_id, comment: $comment})",
                {"release_id": release_id, "comment": comment},
            )
