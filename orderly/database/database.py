"""The database: a read engine, a write engine, and their sessions."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any
from urllib.parse import quote

import orjson
from sqlalchemy import URL, Connection, Engine, PoolProxiedConnection, create_engine, event, make_url
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session

from orderly.database import timing
from orderly.database.connections import ReadSession
from orderly.database.failover import invalidate_on_readonly, reader_url
from orderly.database.idle_ping import ping_idle_connections
from orderly.database.wal import enable_wal
from orderly.database.write_queue import WriteQueue

BUSY_TIMEOUT = 5.0
"""Seconds a SQLite writer waits for another writer; then an error."""
POOL_TIMEOUT = 2.0
"""Seconds a request waits for a connection from the pool (PostgreSQL, and readers on SQLite)."""
STATEMENT_TIMEOUTS = "-c statement_timeout=10s -c lock_timeout=5s"
"""PostgreSQL's limits on the duration of a statement and on its wait for a lock."""
TCP_KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}
"""Connection options that detect an unreachable PostgreSQL host, which closes no connection."""


class Database:
    """The engines of a database and the source of its sessions.

    On SQLite the write engine has exactly one connection, so a process has one writer at a time and its writers queue
    in order. Processes take turns through `orderly.database.write_queue`, because SQLite's busy handler is unfair.
    Write transactions begin with BEGIN IMMEDIATE: a transaction that reads first and writes later cannot wait.
    """

    def __init__(self, url: str, replica_url: str | None = None, *, threads: int = 4) -> None:
        self.url = _with_driver(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._write_engine = _sqlite_writer(self.url)
            self._replica_engine = self._read_engine = _sqlite_engine(
                self.url, "BEGIN", connections=threads, timeout=POOL_TIMEOUT
            )
            return
        self._write_engine = _postgresql_engine(self.url, threads)
        invalidate_on_readonly(self._write_engine)
        self._replica_engine = self._read_engine = _postgresql_reader(self.url, threads)
        if replica_url:
            self._replica_engine = _postgresql_reader(_with_driver(replica_url), threads)

    @contextmanager
    def reading(self, *, replica: bool = False) -> Iterator[ReadSession]:
        """Open a read session; its transaction begins with the first statement.

        With `replica` the session reads from the replica, if one is configured. A replica may lag behind: a decision
        about a change must read from the primary.
        """
        engine = self._replica_engine if replica else self._read_engine
        with closing(ReadSession(engine.connect)) as session:
            yield session

    @contextmanager
    def writing(self, *, snapshot: bool = False) -> Iterator[Session]:
        """Open a write session; its transaction begins with the first statement.

        The session rolls back unless its user commits. With `snapshot` PostgreSQL uses REPEATABLE READ, which fails
        with 40001 on a write to a row that changed since the transaction read it. SQLite has one writer at a time.
        """
        engine = self._write_engine
        if snapshot and not self.is_sqlite:
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with Session(engine, expire_on_commit=False) as session:
            yield session

    def connect(self) -> Connection:
        """Return a connection of the write engine, for migrations and health checks."""
        return self._write_engine.connect()

    @property
    def engines(self) -> dict[str, Engine]:
        """Return the engines by purpose: read, write and, if separate, replica."""
        own = {"read": self._read_engine, "write": self._write_engine}
        return own if self._replica_engine is self._read_engine else own | {"replica": self._replica_engine}

    def close(self) -> None:
        """Close all connections."""
        self._write_engine.dispose()
        self._read_engine.dispose()
        self._replica_engine.dispose()


def _with_driver(url: str) -> URL:
    parsed = make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


def _engine(url: URL, **options: Any) -> Engine:
    return create_engine(url, hide_parameters=True, json_serializer=_json, json_deserializer=orjson.loads, **options)


def _postgresql_engine(
    url: URL, threads: int, *, isolation_level: IsolationLevel = "READ COMMITTED", options: str = ""
) -> Engine:
    engine = _engine(
        url,
        pool_size=threads,
        max_overflow=threads,
        pool_timeout=POOL_TIMEOUT,
        isolation_level=isolation_level,
        connect_args=TCP_KEEPALIVE | {"connect_timeout": 5, "options": f"{STATEMENT_TIMEOUTS} {options}"},
    )
    timing.wrap_dialect(engine, timing.timed)
    ping_idle_connections(engine)
    return engine


def _postgresql_reader(url: URL, threads: int) -> Engine:
    # At READ COMMITTED each statement sees what is committed by then, within a transaction or not. So reads omit
    # BEGIN and ROLLBACK, which take a round trip each.
    options = "-c default_transaction_read_only=on"
    return _postgresql_engine(reader_url(url), threads, isolation_level="AUTOCOMMIT", options=options)


def _sqlite_writer(url: URL) -> Engine:
    write_queue = WriteQueue(str(url.database), BUSY_TIMEOUT)
    engine = _sqlite_engine(url, "BEGIN IMMEDIATE", connections=1, timeout=BUSY_TIMEOUT, before=write_queue.acquire)
    event.listen(engine, "checkin", lambda _connection, _record: write_queue.release())
    event.listen(engine, "engine_disposed", lambda _engine: write_queue.close())
    return engine


def _sqlite_engine(
    url: URL, begin: str, *, connections: int, timeout: float, before: Callable[[], None] = lambda: None
) -> Engine:
    engine = _engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=timeout,
        creator=partial(_open, str(url.database)),
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, record: Any) -> None:
        record.info["file"] = _file(url)
        connection.isolation_level = None  # the driver begins no transaction of its own
        enable_wal(connection, BUSY_TIMEOUT)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        if begin == "BEGIN":
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "checkout")
    def _check_file_unchanged(_connection: sqlite3.Connection, record: Any, _proxy: Any) -> None:
        # SQLite keeps writing to a file that was deleted or replaced, and loses everything written there.
        if record.info["file"] != _file(url):
            raise DisconnectionError("the database file was deleted or replaced")

    def begin_transaction(connection: PoolProxiedConnection) -> None:
        before()
        # Call the driver directly: nothing needs compiling, and SQLAlchemy's path costs as much as a query.
        connection.driver_connection.execute(begin)  # type: ignore[union-attr]  # it is connected

    # Not an event listener: an engine that has one looks for listeners at each statement, which takes longer than
    # SQLite does. SQLAlchemy also does not wrap an exception raised in a listener, so no handler would recognize it.
    engine.dialect.do_begin = begin_transaction  # type: ignore[assignment,method-assign]
    timing.wrap_dialect(engine, timing.timed)
    return engine


def _open(file: str) -> sqlite3.Connection:
    # SQLite opens a file without write permission read-only, without an error. The pooled connection would stay
    # read-only after the permission is corrected.
    if os.path.exists(file) and not os.access(file, os.W_OK):
        raise sqlite3.OperationalError("the database file is not writable")
    uri = f"file:{quote(file)}?mode=rw"  # a missing file is an error, not a new empty database
    return sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT, check_same_thread=False)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _file(url: URL) -> tuple[int, int] | None:
    try:
        status = os.stat(str(url.database))
    except OSError:
        return None
    return status.st_dev, status.st_ino
