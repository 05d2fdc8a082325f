"""Hooks of the engine's commands for this database."""

import sqlite3

from db import api_keys, event_epoch, sessions
from orderly.database.database import Database

PURGES = {"sessions and their tokens": sessions.purge, "API keys": api_keys.purge}
"""Rows that `orderly purge` deletes besides idempotency records."""


def before_serving(database: Database) -> None:
    """Advance the epoch of events if the database was moved or restored."""
    event_epoch.detect_restore(database)


def after_copy(connection: sqlite3.Connection) -> None:
    """Mark a copy, so that its use advances the epoch."""
    connection.execute(event_epoch.MARK_COPY)


def mark_restored(database: Database) -> None:
    """Advance the epoch of events."""
    event_epoch.advance_epoch(database)
