"""The connection on which a database is migrated: one at a time, and so that others may use it meanwhile."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, NullPool, create_engine, event, make_url

LOCK = 0x6F726465726C79
"""The number of PostgreSQL's advisory lock: "orderly"."""
POLL_INTERVAL = 0.2
"""Seconds between one look and the next whether it is free. To wait in PostgreSQL itself would hold up an index that
is being made concurrently, which waits for every statement that is under way."""
LOCK_TIMEOUT = "500ms"
"""How long a change of a table waits for those who use it. Others queue up behind it, and whom they keep from a thread
for 0.9 s is refused."""
SQLITE_BUSY_TIMEOUT = 60
"""Seconds that a migration waits for SQLite's file."""


@contextmanager
def migration_lock(url: str | URL) -> Iterator[Connection]:
    """The connection, when no other migration has one.

    On SQLite everything happens in one transaction, wholly or not at all. On PostgreSQL no transaction is begun: each
    migration has one of its own, or none where it has to do without.
    """
    parsed = make_url(url)
    with _on_sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _on_postgresql(parsed) as connection:
        yield connection


@contextmanager
def _on_postgresql(url: URL) -> Iterator[Connection]:
    given = {"options": f"-c lock_timeout={LOCK_TIMEOUT}"}
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=given)
    with engine.connect() as connection:
        while not _try_lock(connection):
            time.sleep(POLL_INTERVAL)
        yield connection  # the lock ends with the connection


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
        # SQLite changes a column by copying its table and dropping the old one, which would delete what refers to it.
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
        raise ValueError(f"the migration would leave a row of {broken[0]} without the row of {broken[2]} it refers to")
