"""The landing in DuckDB: the `landing` schema of `build.duckdb`, made equal to the landing folder.

Here: one table per extract (moving only deliveries it lacks), and the tables that describe deliveries.
Belongs here: what dbt reads as a source.
Does not belong here: any choice between deliveries.
"""

import contextlib
import datetime as dt
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import duckdb
import polars as pl

from orchestration.extracts import EXTRACTS, Extract
from orchestration.landing.delivery import Delivery
from orchestration.landing.store import ACCEPTED_ROWS, Landing
from orchestration.layouts import LAYOUTS

CURRENT_DELIVERY = Path(__file__).parents[2] / "dbt_project" / "models" / "staging" / "stg_current_delivery.sql"
DUCKDB_TYPES = {
    pl.Date: "date",
    pl.Boolean: "boolean",
    pl.Int64: "bigint",
    pl.Float64: "double",
    pl.String: "varchar",
}
DELIVERY_COLUMNS = """
    delivery_id varchar, extract varchar, source varchar, file_name varchar, sha256 varchar, revision bigint,
    is_partial boolean, is_synthetic boolean, confirmed_because varchar, received_at timestamptz, status varchar,
    reason varchar, withdrawn_at timestamptz, rows_received bigint, rows_accepted bigint, rows_quarantined bigint
"""
RULE_COLUMNS = "delivery_id varchar, rule varchar, meaning varchar, rows_quarantined bigint"
PERIOD_COLUMNS = """
    delivery_id varchar, period_month date, months_covered bigint, rows_accepted bigint, rows_quarantined bigint
"""

REPEATED_KEY_COLUMNS = "extract varchar, delivery_id varchar, other_delivery_id varchar, keys bigint"
# Set 2026-11-24: twelve large months at once keep both cores busy; their keys fit into memory several times over.
DELIVERIES_AT_ONCE = 12


def columns(extract: Extract) -> dict[str, str]:
    """Column name → DuckDB type of an extract's landing table."""
    typed = {name: DUCKDB_TYPES[column.dtype.type] for name, column in extract.model.to_schema().columns.items()}
    return {"delivery_id": "varchar", "line_number": "bigint", **typed}


def synchronise_extract(connection: duckdb.DuckDBPyConnection, extract: Extract, landing: Landing) -> int:
    """Make `landing.<extract>` hold exactly the landed deliveries; returns how many were moved."""
    wanted = {d.delivery_id for d in landing.deliveries(extract.name) if d.status == "landed"}
    connection.execute("create schema if not exists landing")
    connection.execute("create table if not exists landing.loaded (extract varchar, delivery_id varchar)")
    connection.execute(f"create table if not exists landing.repeated_key ({REPEATED_KEY_COLUMNS})")
    connection.begin()
    if _existing_columns(connection, extract) != columns(extract):
        definition = ", ".join(f'"{name}" {kind}' for name, kind in columns(extract).items())
        connection.execute(f'create or replace table landing."{extract.name}" ({definition})')
        _forget(connection, extract, _loaded(connection, extract))
    loaded = _loaded(connection, extract)
    if gone := loaded - wanted:
        connection.execute(f'delete from landing."{extract.name}" where delivery_id in $gone', {"gone": sorted(gone)})
        _forget(connection, extract, gone)
    missing = sorted(wanted - loaded)
    for position in range(0, len(missing), DELIVERIES_AT_ONCE):
        _load(connection, extract, missing[position : position + DELIVERIES_AT_ONCE], landing)
    connection.commit()
    return len(missing)


def _loaded(connection: duckdb.DuckDBPyConnection, extract: Extract) -> set[str]:
    rows = connection.execute("select delivery_id from landing.loaded where extract = ?", [extract.name]).fetchall()
    return {row[0] for row in rows}


def _forget(connection: duckdb.DuckDBPyConnection, extract: Extract, gone: set[str]) -> None:
    ids = {"extract": extract.name, "gone": sorted(gone)}
    connection.execute("delete from landing.loaded where extract = $extract and delivery_id in $gone", ids)
    connection.execute(
        "delete from landing.repeated_key where extract = $extract"
        " and (delivery_id in $gone or other_delivery_id in $gone)",
        ids,
    )


def _existing_columns(connection: duckdb.DuckDBPyConnection, extract: Extract) -> dict[str, str]:
    rows = connection.execute(
        "select column_name, lower(data_type) from information_schema.columns"
        " where table_schema = 'landing' and table_name = ? order by ordinal_position",
        [extract.name],
    ).fetchall()
    return dict(rows)


def _load(connection: duckdb.DuckDBPyConnection, extract: Extract, delivery_ids: list[str], landing: Landing) -> None:
    """Copy deliveries from the landing, then count the keys they share with each other and with those before."""
    # Names without a folder of the person's in front: DuckDB takes a path for a pattern.
    files = [str(Path(extract.name, delivery_id, ACCEPTED_ROWS)) for delivery_id in delivery_ids]
    with contextlib.chdir(landing.folder):
        # By name: a delivery landed before its extract had a column says nothing about it.
        connection.execute(
            f'insert into landing."{extract.name}" by name'
            " select split_part(filename, '/', 2) as delivery_id, * exclude (filename)"
            " from read_parquet($files, filename = true, union_by_name = true)",
            {"files": files},
        )
    _insert(connection, "loaded", [(extract.name, delivery_id) for delivery_id in delivery_ids])
    if extract.key_column:
        connection.execute(
            f"""
            insert into landing.repeated_key
            with new_keys as (
                select "{extract.key_column}" as key, delivery_id from landing."{extract.name}"
                where delivery_id in $new and "{extract.key_column}" is not null
            )
            select
                $extract, least(new_keys.delivery_id, known.delivery_id),
                greatest(new_keys.delivery_id, known.delivery_id), count(distinct new_keys.key)
            from landing."{extract.name}" as known
            inner join new_keys
                on known."{extract.key_column}" = new_keys.key
                and known.delivery_id <> new_keys.delivery_id
                and (known.delivery_id < new_keys.delivery_id or not list_contains($new, known.delivery_id))
            group by all
            """,
            {"new": delivery_ids, "extract": extract.name},
        )


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
    connection.execute(f"create or replace table landing.delivery_rule ({RULE_COLUMNS})")
    broken = [
        (d.delivery_id, rule, d.rules[rule], rows)
        for d in deliveries
        if d.status == "landed"
        for rule, rows in d.rows_by_rule.items()
    ]
    _insert(connection, "delivery_rule", broken)
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


def current_deliveries(landing: Landing) -> dict[str, set[str]]:
    """The deliveries that are current, with the months each is current for, by the very model that decides it."""
    model = CURRENT_DELIVERY.read_text(encoding="utf-8")
    query = re.sub(r"\{\{ source\('landing', '(\w+)'\) \}\}", r"landing.\1", model)
    current: dict[str, set[str]] = defaultdict(set)
    with duckdb.connect() as connection:
        synchronise_deliveries(connection, landing, dt.date(1994, 1, 1), dt.date(1994, 1, 1))
        for delivery_id, month in connection.execute(
            f"select delivery_id, strftime(period_month, '%Y-%m') from ({query})"
        ).fetchall():
            current[delivery_id].add(month)
    return current


def _delivery_row(d: Delivery) -> tuple[object, ...]:
    named = (d.delivery_id, d.extract, d.source, d.file_name, d.sha256, d.revision)
    declared = (d.is_partial, d.is_synthetic, d.confirmed_because)
    standing = (d.received_at, d.status, d.reason, d.withdrawn_at)
    return (*named, *declared, *standing, d.rows_received, d.rows_accepted, d.rows_quarantined)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        # One statement for all rows: DuckDB takes a millisecond a statement.
        places = ", ".join(f"({', '.join('?' for _ in row)})" for row in rows)
        connection.execute(f"insert into landing.{table} values {places}", [v for row in rows for v in row])
