"""The database as commands open it, with the schema that this version needs."""

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
"""Seconds that PostgreSQL has to answer a command; a refusal should not take longer than five."""
PATIENCE = 60
"""Seconds that a migration waits for the database: another one may be at work on it, or the machine busy."""
LOCK_NOT_AVAILABLE = "55P03"
"""PostgreSQL's code for a lock that was not granted in time."""


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """Open the database of the settings, and close it at the end. Raises CommandError if it cannot be used."""
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
    """Open the same, with the schema that this version needs, or raise Refused."""
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
        what = "is empty" if revision is None else "has an older schema"
        raise CommandError(f"{describe(database)} {what}: run `orderly db upgrade` first.")


def current_revision(database: Database, timeout: int = CONNECT_TIMEOUT) -> str | None:
    """Return the revision of a database, waiting `timeout` seconds for it; None if it has none yet."""
    if database.is_sqlite and not _usable_file(database):
        return None
    given = {"timeout" if database.is_sqlite else "connect_timeout": timeout}
    engine = create_engine(database.url, poolclass=NullPool, hide_parameters=True, connect_args=given)
    with engine.connect() as connection:
        return revisions.current(connection)


def check_not_newer(revision: str | None, known: tuple[str, ...]) -> None:
    """Raise CommandError if a database was migrated by a later release."""
    if revision is not None and revision not in known:
        raise CommandError(
            f"The database is at revision {revision}, which this version of Orderly does not know: "
            "run the version that made it, or a newer one."
        )


def file_of(database: Database) -> Path:
    """Return the file of a SQLite database."""
    return Path(str(database.url.database))


def describe(database: Database) -> str:
    """Return the database's name, without the user and the password that its URL may hold."""
    if database.is_sqlite:
        return f"The database {file_of(database)}"
    where = database.url.host or database.url.query.get("host", "this machine")
    return f"The database {database.url.database} on {where if isinstance(where, str) else ','.join(where)}"


def _usable_file(database: Database) -> bool:
    path = file_of(database)
    if not path.exists():
        return False
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        raise CommandError(f"{path} and its folder must be writable for the user that runs Orderly.")
    return True


def _reason(error: DatabaseError | InterfaceError) -> str:
    if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
        return "somebody keeps a table in use that has to be changed; try again when he has ended."
    if "recovery is in progress" in str(error.orig):
        return "it is a standby, which can only be read; give ORDERLY_DATABASE_URL the primary."
    if "password authentication" in str(error.orig):
        return "it refuses the user or the password of ORDERLY_DATABASE_URL."
    if "does not exist" in str(error.orig):
        return "it or its user does not exist; create it, or correct ORDERLY_DATABASE_URL."
    return "see whether it runs, and whether ORDERLY_DATABASE_URL or ORDERLY_DATA_DIR is right."
