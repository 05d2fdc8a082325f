"""Whether requests should be sent here: the database can be read and written, and has the schema that is needed."""

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
"""Bytes that have to be free on the disk of the database: a nearly full one takes some writes, and refuses others."""
CACHE_SECONDS = 1.0
"""Seconds for which an answer is good: anybody may ask, and asking writes."""
# What it writes is what was there; nothing less tells whether the disk is full or the file may be written.
WRITE = text("UPDATE alembic_version SET version_num = version_num")
READ = text("SELECT 1")
# PostgreSQL tells nobody how much room there is. What does not fit into its memory goes to a file beside the data, for
# the length of the statement: 64 KiB each time, until it is as much as there should be room for.
SPILL_TO_DISK = text("SET LOCAL work_mem = '64kB'")
PROBE_FREE_SPACE = text(
    "WITH room AS MATERIALIZED (SELECT repeat('x', 65536) AS x FROM generate_series(1, :times))"
    " SELECT count(x) FROM room"
)
DISK_FULL_DETAIL = "the disk of the database is full"
DISK_FULL = "53100"
"""What PostgreSQL calls it (disk_full)."""


class Readiness:
    """Asks everything that serving takes."""

    def __init__(
        self, database: Database | None, is_stopping: Callable[[], bool], revisions: tuple[str, ...] = ()
    ) -> None:
        """Make it.

        Args:
            database: what the service needs; None for one that needs no database.
            is_stopping: tells whether the service will stop soon.
            revisions: those of the schema that this release knows, the oldest first; none if nothing is migrated.
        """
        self._database = database
        self._is_stopping = is_stopping
        self._revisions = revisions
        self._lock = threading.Lock()
        self._until = 0.0
        self._problem: str | None = None

    def check_ready(self) -> None:
        """Raise `Unavailable`, which names the part that does not work, if there is one."""
        if self._is_stopping():
            raise Unavailable("it is stopping")
        with self._lock:
            if time.monotonic() >= self._until:
                self._problem = self._ask(self._database) if self._database else None
                self._until = time.monotonic() + CACHE_SECONDS
            problem = self._problem
        if problem is not None:
            raise Unavailable(problem)

    def _ask(self, database: Database) -> str | None:
        if not _has_free_space(database):
            return DISK_FULL_DETAIL
        try:
            with database.reading(replica=True) as session:
                session.execute(READ)
        except (DBAPIError, PoolTimeout, Unavailable):
            return "the database does not respond"
        try:
            return self._write(database) if self._revisions else None  # it writes to the table of the revisions
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
        return True  # that the folder is not there, the database will say
