"""The connection of a migration: one at a time, beside running services."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, NullPool, create_engine, event, make_url

LOCK = 0x6F726465726C79
"""The number of the advisory lock in PostgreSQL: "orderly" in ASCII."""
POLL_INTERVAL = 0.2
"""Seconds between attempts to get the lock. A wait inside PostgreSQL would block CREATE INDEX CONCURRENTLY of another
migration, which waits for every running statement."""
LOCK_TIMEOUT = "500ms"
"""Lock timeout for DDL. Queries queue behind a waiting ALTER, so it must stay well below the 0.9 s after which a
request without a thread is rejected."""
SQLITE_BUSY_TIMEOUT = 60
"""Seconds a migration waits for the SQLite file."""


@contextmanager
def migration_lock(url: str | URL) -> Iterator[Connection]:
    """Wait until no other migration runs, then open the connection.

    On SQLite all migrations run in one transaction. On PostgreSQL no transaction is begun: each migration has its own,
    or none where a statement does not allow one.
    """
    parsed = make_url(url)
    with _on_sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _on_postgresql(parsed) as connection:
        yield connection


@contextmanager
def _on_postgresql(url: URL) -> Iterator[Connection]:
    options = {"options": f"-c lock_timeout={LOCK_TIMEOUT}"}
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=options)
    with engine.connect() as connection:
        while not _try_lock(connection):
            time.sleep(POLL_INTERVAL)
        yield connection  # closing the connection releases the lock


def _try_lock(connection: Connection) -> bool:
    with connection.begin():
        return bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({LOCK})").scalar())


@contextmanager
def _on_sqlite(url: URL) -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_TIMEOUT * 1000}")
        # A changed column in SQLite means a copy of its table. With foreign keys on, dropping the old table would
        # delete the rows that refer to it.
        connection.execute("PRAGMA foreign_keys = OFF")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.begin() as connection:
        yield connection
        _check_foreign_keys(connection)


def _check_foreign_keys(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise ValueError(f"the migration would leave a row in {broken[0]} with a dangling reference to {broken[2]}")
