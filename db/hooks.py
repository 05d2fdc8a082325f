"""What the commands of the engine do to this database besides their own work."""

import sqlite3

from db import api_keys, event_epoch, sessions
from orderly.database.database import Database

PURGES = {"sessions and their tokens": sessions.purge, "API keys": api_keys.purge}
"""What `orderly purge` deletes besides idempotency records."""


def before_serving(database: Database) -> None:
    """Let events count on from above all that were shown, if the database came from another server."""
    event_epoch.detect_restore(database)


def after_copy(connection: sqlite3.Connection) -> None:
    """Mark a copy, so that events count on from above all that were shown when it is put in its place."""
    connection.execute(event_epoch.MARK_COPY)


def mark_restored(database: Database) -> None:
    """Let events count on from above all that were shown."""
    event_epoch.advance_epoch(database)
