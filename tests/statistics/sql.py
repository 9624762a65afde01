"""The project's own SQL, run on tables a test makes.

Here: macros and models rendered as dbt renders them, with `ref` and `source` naming tables of a DuckDB in memory.
Belongs here: what lets a test ask a macro or model directly, thousands of times a second.
Does not belong here: an expectation.
"""

from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import polars as pl

PROJECT = Path(__file__).parents[2] / "dbt_project"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    environment.globals |= {
        "ref": lambda name: f'"{name}"',
        "source": lambda _, name: f'"{name}"',
        "config": lambda **_: "",
    }
    files = sorted((PROJECT / "macros").rglob("*.sql"))
    macros = environment.from_string("".join(file.read_text(encoding="utf-8") for file in files)).module
    environment.globals |= {name: macro for name, macro in vars(macros).items() if not name.startswith("_")}
    return environment


def rendered(sql: str) -> str:
    """SQL with Jinja in it, as DuckDB gets it."""
    return _environment().from_string(sql).render()


def ask(sql: str, **parameters: Any) -> tuple[Any, ...]:
    """The one row that an expression with macros in it gives; parameters are doubles, named `$name`."""
    names = ", ".join(f"${name}::double as {name}" for name in parameters)
    query = rendered(f"select {sql} from (select {names or 'null'})")
    row = duckdb.execute(query, parameters).fetchone()
    assert row is not None
    return row


def run(models: list[str], tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """What the last of some models gives, each run on the tables and on those before it."""
    with duckdb.connect() as connection:
        for table, rows in tables.items():
            connection.register(table, rows)
        for name in models:
            path = next((PROJECT / "models").rglob(f"{name}.sql"))
            connection.execute(f"create table {name} as {rendered(path.read_text(encoding='utf-8'))}")
        made = connection.table(models[-1])
        return pl.DataFrame(made.fetchall(), schema=made.columns, orient="row", infer_schema_length=None)
