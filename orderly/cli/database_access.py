"""Database access of the commands, with checks of the schema."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import DatabaseError, InterfaceError

from orderly.config.application import Application, find_application
from orderly.config.errors import CommandError
from orderly.config.settings import Settings
from orderly.database.database import Database
from orderly.database.hooks import find_hooks
from orderly.database.migrations import revisions

CONNECT_TIMEOUT = 3
"""Seconds to connect to PostgreSQL. A command should fail within five."""
MIGRATION_TIMEOUT = 60
"""Seconds a migration waits for the database: another migration may run, or the machine may be busy."""
LOCK_NOT_AVAILABLE = "55P03"
"""PostgreSQL's code for a lock that was not granted in time."""


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """Open the database of the settings within the block.

    Raises:
        CommandError: there is no database, or it cannot be used.
    """
    if not settings.database_url:
        raise CommandError("This application has no database: add a database package, or set ORDERLY_DATABASE_URL.")
    database = Database(settings.database_url, settings.database_replica_url or None, threads=settings.threads)
    try:
        yield database
    except (DatabaseError, InterfaceError) as error:
        raise CommandError(f"{describe(database)} cannot be used: {_reason(error)}") from None
    finally:
        database.close()


@contextmanager
def open_migrated(settings: Settings) -> Iterator[Database]:
    """Open the database, and check that its schema is current.

    Raises:
        CommandError: there is no database, it cannot be used, or it has another schema.
    """
    application = find_application()
    with open_database(settings) as database:
        _check_schema(application, database)
        find_hooks(application).before_serving(database)
        yield database


def _check_schema(application: Application, database: Database) -> None:
    known = revisions.known(application.migrations)
    if not known:
        return
    revision = current_revision(database)
    check_not_newer(revision, known)
    if revision != known[-1]:
        state = "is empty" if revision is None else "has an older schema"
        raise CommandError(f"{describe(database)} {state}: run `orderly db upgrade` first.")


def current_revision(database: Database, timeout: int = CONNECT_TIMEOUT) -> str | None:
    """Return the revision of a database, or None for an empty one.

    `timeout` is the number of seconds to wait for the database.
    """
    if database.is_sqlite and not _usable_file(database):
        return None
    options = {"timeout" if database.is_sqlite else "connect_timeout": timeout}
    engine = create_engine(database.url, poolclass=NullPool, hide_parameters=True, connect_args=options)
    with engine.connect() as connection:
        return revisions.current(connection)


def check_not_newer(revision: str | None, known: tuple[str, ...]) -> None:
    """Raise CommandError if a database was migrated by a later release."""
    if revision is not None and revision not in known:
        raise CommandError(
            f"The database is at revision {revision}, which this version of Orderly does not know: "
            "a newer version has migrated it. Use that version."
        )


def file_of(database: Database) -> Path:
    """Return the file of a SQLite database."""
    return Path(str(database.url.database))


def describe(database: Database) -> str:
    """Return the database's name, without the credentials in its URL."""
    if database.is_sqlite:
        return f"The database {file_of(database)}"
    host = database.url.host or database.url.query.get("host", "this machine")
    return f"The database {database.url.database} on {host if isinstance(host, str) else ','.join(host)}"


def _usable_file(database: Database) -> bool:
    path = file_of(database)
    if not path.exists():
        return False
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        raise CommandError(f"Cannot write {path}: make the file and its folder writable for the user of the service.")
    return True


def _reason(error: DatabaseError | InterfaceError) -> str:
    if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
        return "another session holds a lock on a table to be migrated. Retry when it has finished."
    if "recovery is in progress" in str(error.orig):
        return "the server is a read-only standby. Set ORDERLY_DATABASE_URL to the primary."
    if "password authentication" in str(error.orig):
        return "the server rejects the user or the password. Correct ORDERLY_DATABASE_URL."
    if "does not exist" in str(error.orig):
        return "the database or its user does not exist. Create it, or correct ORDERLY_DATABASE_URL."
    return "the access failed. Check that the database runs, and correct ORDERLY_DATABASE_URL or ORDERLY_DATA_DIR."
