"""SQL files as one script, in a DuckDB database of its own.

Here: variables, threads, running the files in order.
Belongs here: what every SQL reference needs around it.
Does not belong here: SQL.
"""

import os
import sys
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
# Not through `orchestration`, which takes seconds to load.
SEEDS = HERE.parents[1] / "dbt_project" / "seeds"


def main() -> None:
    """Arguments: the folder of deliveries, the folder to write to, and the SQL files."""
    raw, out, *files = sys.argv[1:]
    os.chdir(out)
    Path("quarantined/recorded_crime").mkdir(parents=True)
    with duckdb.connect("reference.duckdb", config={"threads": 2}) as connection:
        run(connection, Path(raw), files)


def run(connection: duckdb.DuckDBPyConnection, raw: Path, files: list[str]) -> None:
    """Run the SQL files on the deliveries in a folder."""
    connection.execute("set variable raw = $raw", {"raw": str(raw)})
    connection.execute("set variable seeds = $seeds", {"seeds": str(SEEDS)})
    for name in files:
        connection.execute((HERE / name).read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
