"""Dagster's log of events in SQLite, with its connection kept open.

Here: what Dagster's own storage does, but for connecting.
Belongs here: nothing else; `dagster_home.py` names this class in `dagster.yaml`.
Does not belong here: which events there are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import Connection, Engine, create_engine


class SqliteEventLogStorage(ConsolidatedSqliteEventLogStorage):
    """Dagster's own opens the database and compiles its SQL anew for each event, of which a run has several hundred:
    a quarter of a small refresh."""

    @cached_property
    def _engine(self) -> Engine:
        return create_engine(self._conn_string, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        with self._engine.connect() as connection, connection.begin():
            yield connection

    def dispose(self) -> None:
        super().dispose()
        self._engine.dispose()
