"""SQLite's write-ahead log."""

import sqlite3
import time

POLL_INTERVAL = 0.01
"""Seconds between two attempts to switch the journal."""


def enable_wal(connection: sqlite3.Connection, timeout: float) -> None:
    """Switch a database to its write-ahead log, if it has none yet.

    SQLite fails at once if another connection uses the database during the switch, whatever its busy timeout is: so two
    services that start together on a new database need this loop.

    Args:
        connection: a connection without a transaction.
        timeout: seconds to wait for other connections.

    Raises:
        sqlite3.OperationalError: another connection used the database for all this time, or the file is not usable.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(POLL_INTERVAL)
        else:
            return
