"""The landing in DuckDB: the `landing` schema of `build.duckdb`, made equal to the landing folder.

Here: one table per extract (moving only deliveries it lacks), and the tables that describe deliveries.
Belongs here: what dbt reads as a source.
Does not belong here: any choice between deliveries.
"""

import datetime as dt
from collections.abc import Sequence

import duckdb
import polars as pl

from orchestration.extracts import EXTRACTS, Extract
from orchestration.landing.store import Delivery, Landing
from orchestration.layouts import LAYOUTS

DUCKDB_TYPES = {
    pl.Date: "date",
    pl.Boolean: "boolean",
    pl.Int64: "bigint",
    pl.Float64: "double",
    pl.String: "varchar",
}
DELIVERY_COLUMNS = """
    delivery_id varchar, extract varchar, source varchar, file_name varchar, sha256 varchar, revision bigint,
    is_partial boolean, is_synthetic boolean, received_at timestamptz, status varchar, reason varchar,
    rows_received bigint, rows_accepted bigint, rows_quarantined bigint, rules_broken varchar
"""
PERIOD_COLUMNS = """
    delivery_id varchar, period_month date, months_covered bigint, rows_accepted bigint, rows_quarantined bigint
"""


def columns(extract: Extract) -> dict[str, str]:
    """Column name → DuckDB type of an extract's landing table."""
    typed = {name: DUCKDB_TYPES[column.dtype.type] for name, column in extract.model.to_schema().columns.items()}
    return {"delivery_id": "varchar", "line_number": "bigint", **typed}


def synchronise_extract(connection: duckdb.DuckDBPyConnection, extract: Extract, landing: Landing) -> int:
    """Make `landing.<extract>` hold exactly the landed deliveries; returns how many were moved."""
    wanted = {d.delivery_id: d for d in landing.deliveries(extract.name) if d.status == "landed"}
    connection.execute("create schema if not exists landing")
    connection.execute("create table if not exists landing.loaded (extract varchar, delivery_id varchar)")
    connection.begin()
    if _existing_columns(connection, extract) != columns(extract):
        definition = ", ".join(f'"{name}" {kind}' for name, kind in columns(extract).items())
        connection.execute(f'create or replace table landing."{extract.name}" ({definition})')
        connection.execute("delete from landing.loaded where extract = ?", [extract.name])
    query = "select delivery_id from landing.loaded where extract = ?"
    loaded = {row[0] for row in connection.execute(query, [extract.name]).fetchall()}
    for delivery_id in sorted(loaded - wanted.keys()):
        connection.execute(f'delete from landing."{extract.name}" where delivery_id = ?', [delivery_id])
        connection.execute("delete from landing.loaded where delivery_id = ?", [delivery_id])
    missing = sorted(wanted.keys() - loaded)
    for delivery_id in missing:
        _load(connection, extract, wanted[delivery_id], landing)
    connection.commit()
    return len(missing)


def _existing_columns(connection: duckdb.DuckDBPyConnection, extract: Extract) -> dict[str, str]:
    rows = connection.execute(
        "select column_name, lower(data_type) from information_schema.columns"
        " where table_schema = 'landing' and table_name = ? order by ordinal_position",
        [extract.name],
    ).fetchall()
    return dict(rows)


def _load(connection: duckdb.DuckDBPyConnection, extract: Extract, delivery: Delivery, landing: Landing) -> None:
    # Read through an open file: DuckDB and polars both take a path for a pattern.
    with landing.accepted_rows(delivery).open("rb") as stream:
        rows = pl.read_parquet(stream).with_columns(delivery_id=pl.lit(delivery.delivery_id))
    # A delivery landed before its extract had a column says nothing about it.
    unknown = [pl.lit(None).alias(name) for name in columns(extract) if name not in rows.columns]
    connection.register("delivered_rows", rows.with_columns(unknown).select(list(columns(extract))))
    connection.execute(f'insert into landing."{extract.name}" by name select * from delivered_rows')
    connection.unregister("delivered_rows")
    connection.execute("insert into landing.loaded values (?, ?)", [extract.name, delivery.delivery_id])


def synchronise_deliveries(
    connection: duckdb.DuckDBPyConnection,
    landing: Landing,
    reporting_month: dt.date,
    targets_known_on: dt.date,
) -> None:
    """Describe to dbt what was delivered, what each layout carries, and the month to report on."""
    deliveries = landing.deliveries()
    connection.begin()
    connection.execute("create schema if not exists landing")
    connection.execute(f"create or replace table landing.delivery ({DELIVERY_COLUMNS})")
    _insert(connection, "delivery", [_delivery_row(delivery) for delivery in deliveries])
    connection.execute(f"create or replace table landing.delivery_period ({PERIOD_COLUMNS})")
    periods = [(d.delivery_id, *vars(period).values()) for d in deliveries for period in d.periods]
    _insert(connection, "delivery_period", periods)
    connection.execute(
        "create or replace table landing.layout_column"
        " (extract varchar, source varchar, areas varchar, column_name varchar)"
    )
    carried = [
        (layout.extract, layout.source, layout.areas, name) for layout in LAYOUTS for name in sorted(layout.carries)
    ]
    _insert(connection, "layout_column", carried)
    connection.execute(
        "create or replace table landing.extract"
        " (extract varchar, title varchar, cadence varchar, speaks_for_every_area boolean)"
    )
    extracts = [(e.name, e.title, e.cadence, e.speaks_for_every_area) for e in EXTRACTS.values()]
    _insert(connection, "extract", extracts)
    connection.execute("create or replace table landing.reporting_month (reporting_month date, targets_known_on date)")
    _insert(connection, "reporting_month", [(reporting_month, targets_known_on)])
    connection.commit()


def _delivery_row(d: Delivery) -> tuple[object, ...]:
    rules = "; ".join(f"{rule} {rows}" for rule, rows in sorted(d.rows_by_rule.items())) or None
    counts = (d.rows_received, d.rows_accepted, d.rows_quarantined, rules)
    named = (
        d.delivery_id,
        d.extract,
        d.source,
        d.file_name,
        d.sha256,
        d.revision,
        d.is_partial,
        d.is_synthetic,
    )
    return (*named, d.received_at, d.status, d.reason, *counts)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        # One statement for all rows: DuckDB takes a millisecond a statement.
        places = ", ".join(f"({', '.join('?' for _ in row)})" for row in rows)
        connection.execute(f"insert into landing.{table} values {places}", [v for row in rows for v in row])
