"""A question to a release from the command line: `make query SQL="…" [RELEASE=…]`.

Here: opening the release, running the SQL, and printing the answer for people.
Belongs here: what a person at a terminal needs of an answer.
Does not belong here: what is in a release (`publishing.py`), releases as such (`releases.py`).
"""

import argparse
import shutil
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.folders import warehouse_folder
from orchestration.landing.table import shown
from orchestration.publishing import DATABASE, month_and_number

# What a person reads; who wants more opens the file itself.
MOST_ROWS = 100
# A longer text is cut in a table; a row by itself has it whole.
WIDEST_CELL = 60


def main() -> None:
    """Print the answer of a release; exit 1 with the reason when there is none."""
    parser = argparse.ArgumentParser(prog="query", description=main.__doc__)
    parser.add_argument("--sql", required=True, help="what is asked, in DuckDB's SQL")
    parser.add_argument("--release", default="", help="like 2008-12_r1; the current one when empty")
    arguments = parser.parse_args()
    if not arguments.sql.strip():
        sys.exit('Nothing was asked. For instance: make query SQL="select title, value, verdict from scorecard"')
    folder = _folder(warehouse_folder(), arguments.release)
    # The release alone: no other file, no network.
    alone: dict[str, str | bool | int | float | list[str]] = {"enable_external_access": False}
    try:
        with duckdb.connect(str(folder / DATABASE), read_only=True, config=alone) as release:
            # Drawn into what is printed, or piped on, when an answer takes its time.
            release.execute("set enable_progress_bar = false")
            answer = release.execute(arguments.sql)
            names = [column[0] for column in answer.description or []]
            rows = answer.fetchmany(MOST_ROWS + 1) if names else []
    except duckdb.Error as error:
        sys.exit(str(error))
    print(_as_text(names, rows[:MOST_ROWS], shutil.get_terminal_size((160, 0)).columns))
    more = len(rows) > MOST_ROWS
    print(f"{folder.name}: {f'the first {MOST_ROWS} rows; there are more' if more else _counted(len(rows))}.")


def _folder(warehouse: Path, release_id: str) -> Path:
    if not release_id:
        current = warehouse / "current"
        if not current.exists():
            sys.exit(f"No release is in {warehouse} yet. `make refresh` publishes one.")
        # The folder itself: a refresh may point `current` elsewhere meanwhile.
        return current.resolve()
    folder = warehouse / "releases" / release_id
    if not month_and_number(release_id) or not folder.is_dir():
        sys.exit(f"No release is called «{release_id}». `make releases` lists them.")
    return folder


def _counted(rows: int) -> str:
    return f"{rows} row{'' if rows == 1 else 's'}"


def _as_text(names: list[str], rows: list[tuple[Any, ...]], width: int) -> str:
    """A table with every column, or, where that is wider than the terminal, a block for each row."""
    cells = [[_cell(value) for value in row] for row in rows]
    lines = [names, *([shown(cell, WIDEST_CELL) for cell in row] for row in cells)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    if sum(widths) + 2 * len(widths) - 2 > width and rows:
        longest = max(map(len, names))
        blocks = [
            "\n".join(f"{name:<{longest}}  {cell}" for name, cell in zip(names, row, strict=True)) for row in cells
        ]
        return "\n\n".join(blocks)
    of_numbers = [
        any(_is_number(row[i]) for row in rows) and all(row[i] is None or _is_number(row[i]) for row in rows)
        for i in range(len(names))
    ]
    return "\n".join(
        "  ".join(
            f"{cell:>{wide}}" if right else f"{cell:<{wide}}"
            for cell, wide, right in zip(line, widths, of_numbers, strict=True)
        ).rstrip()
        for line in [lines[0], ["-" * wide for wide in widths], *lines[1:]]
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _cell(value: Any) -> str:
    """A value on one line, unrounded, as SQL writes it."""
    if value is None or isinstance(value, bool):
        return {None: "NULL", True: "true", False: "false"}[value]
    return shown(str(value), len(str(value)) * 10)


if __name__ == "__main__":
    main()
