"""Readiness: the database is readable and writable, with the required schema."""

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from orderly.database.database import Database
from orderly.database.migrations.revisions import current, is_behind
from orderly.errors import Unavailable

MIN_FREE_BYTES = 4 * 2**20
"""Bytes that must be free on the disk of the database. A nearly full disk accepts some writes and fails others."""
CACHE_SECONDS = 1.0
"""Seconds a result is reused: any client may query the readiness, and each check writes."""
# The update writes the value that is stored already. Only a write shows that the disk has space and the file is
# writable.
WRITE = text("UPDATE alembic_version SET version_num = version_num")
READ = text("SELECT 1")
# PostgreSQL does not report free disk space. It spills a result beyond work_mem to a file beside the data for the
# duration of the statement. The probe writes 64 KiB at a time, up to MIN_FREE_BYTES.
SPILL_TO_DISK = text("SET LOCAL work_mem = '64kB'")
PROBE_FREE_SPACE = text(
    "WITH room AS MATERIALIZED (SELECT repeat('x', 65536) AS x FROM generate_series(1, :times))"
    " SELECT count(x) FROM room"
)
DISK_FULL_DETAIL = "the disk of the database is full"
DISK_FULL = "53100"
"""SQLSTATE of PostgreSQL for a full disk (disk_full)."""


class Readiness:
    """The readiness check of a service."""

    def __init__(
        self, database: Database | None, is_stopping: Callable[[], bool], revisions: tuple[str, ...] = ()
    ) -> None:
        """Initialize the check.

        Args:
            database: the database of the service; None for a service without one.
            is_stopping: returns whether a shutdown has begun.
            revisions: the schema revisions that this release knows, oldest first; empty without migrations.
        """
        self._database = database
        self._is_stopping = is_stopping
        self._revisions = revisions
        self._lock = threading.Lock()
        self._until = 0.0
        self._problem: str | None = None

    def check_ready(self) -> None:
        """Raise `Unavailable` with the failing part if the service cannot serve."""
        if self._is_stopping():
            raise Unavailable("a shutdown is in progress")
        with self._lock:
            if time.monotonic() >= self._until:
                self._problem = self._check(self._database) if self._database else None
                self._until = time.monotonic() + CACHE_SECONDS
            problem = self._problem
        if problem is not None:
            raise Unavailable(problem)

    def _check(self, database: Database) -> str | None:
        if not _has_free_space(database):
            return DISK_FULL_DETAIL
        try:
            with database.reading(replica=True) as session:
                session.execute(READ)
        except (DBAPIError, PoolTimeout, Unavailable):
            return "the database does not respond"
        try:
            return self._write(database) if self._revisions else None  # the probe writes to the revisions' table
        except (DBAPIError, PoolTimeout, Unavailable) as error:
            is_full = getattr(error.__cause__, "sqlstate", None) == DISK_FULL
            return DISK_FULL_DETAIL if is_full else "the database cannot be written"

    def _write(self, database: Database) -> str | None:
        with database.writing() as session:
            if not database.is_sqlite:
                session.execute(SPILL_TO_DISK)
                session.execute(PROBE_FREE_SPACE, {"times": MIN_FREE_BYTES // 65536})
            session.execute(WRITE)
            if is_behind(current(session.connection()), self._revisions):
                return "the database does not have the schema of this version"
            session.commit()
        return None


def _has_free_space(database: Database) -> bool:
    if not database.is_sqlite:
        return True
    try:
        return shutil.disk_usage(Path(str(database.url.database)).parent).free >= MIN_FREE_BYTES
    except OSError:
        return True  # a missing folder is reported by the read that follows
