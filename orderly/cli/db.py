"""`orderly db`: the database's shape, and the check that it is the one which this version needs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import DatabaseError, InterfaceError

from db import event_epoch
from orderly.cli.console import out
from orderly.config.settings import CommandError, Settings
from orderly.database.database import Database
from orderly.database.migrations import revisions

CONNECT_TIMEOUT = 3
"""Seconds that PostgreSQL has to answer a command; a refusal should not take longer than five."""
PATIENCE = 60
"""Seconds that who makes or changes a database waits for it: another one may be at work on it, or the machine busy."""
LOCK_NOT_AVAILABLE = "55P03"
"""What PostgreSQL calls it that a lock was waited for in vain."""

app = typer.Typer(help="Make, change and look at the database.", no_args_is_help=True)


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """The database of the settings, closed at the end. Raises CommandError if it cannot be used."""
    database = Database(settings.database_url, settings.database_replica_url or None, threads=settings.threads)
    try:
        yield database
    except (DatabaseError, InterfaceError) as error:
        raise CommandError(f"{_place(database)} cannot be used: {_reason(error)}") from None
    finally:
        database.close()


@contextmanager
def open_migrated(settings: Settings) -> Iterator[Database]:
    """The same, with the schema that this version needs, or CommandError."""
    with open_database(settings) as database:
        refuse_wrong_schema(database)
        event_epoch.detect_restore(database)
        yield database


def refuse_wrong_schema(database: Database) -> None:
    """Raise CommandError unless the database is at the revision that this version needs."""
    revision = current(database)
    _refuse_newer(revision)
    if revision != revisions.head():
        what = "is empty" if revision is None else "has an older schema"
        raise CommandError(f"{_place(database)} {what}: run `orderly db upgrade` first.")


def current(database: Database, patience: int = CONNECT_TIMEOUT) -> str | None:
    """The revision of the database, which has so many seconds to tell it; None if there is none yet."""
    if database.is_sqlite and not _usable_file(database):
        return None
    timeout = {"timeout" if database.is_sqlite else "connect_timeout": patience}
    engine = create_engine(database.url, poolclass=NullPool, hide_parameters=True, connect_args=timeout)
    with engine.connect() as connection:
        return revisions.current(connection)


@app.command()
def upgrade() -> None:
    """Make the database, or bring it to the newest revision."""
    with open_database(Settings.load()) as database:
        if database.is_sqlite:
            _make_folder(database)
        _refuse_newer(current(database, PATIENCE))
        from orderly.database.migrations import (
            runner,  # as long to import as all of the rest, and most commands do without
        )

        runner.upgrade(database.url)
        out.print(f"{_place(database)} is at revision {current(database, PATIENCE)}.")


@app.command()
def downgrade(
    revision: Annotated[str, typer.Argument(help="A revision, or `base` for none: this deletes data.")],
) -> None:
    """Take the database back to an older revision."""
    with open_database(Settings.load()) as database:
        _refuse_newer(current(database, PATIENCE))
        from orderly.database.migrations import runner

        try:
            runner.downgrade(database.url, revision)
        except LookupError:
            raise CommandError(f"{revision} is no revision that the database can be taken back to.") from None
        out.print(f"{_place(database)} is at revision {current(database, PATIENCE) or 'base'}.")


@app.command()
def mark_restored() -> None:
    """Say that the database was taken back to an earlier state, so that followers of the events miss nothing.

    It is noticed by itself after `orderly backup`, `pg_restore` and a point-in-time recovery, and has to be said when
    a disk or a file was put back.
    """
    with open_migrated(Settings.load()) as database:
        event_epoch.advance_epoch(database)
        out.print(f"Events in {_place(database)} come after all that were ever shown.")


@app.command()
def status() -> None:
    """Tell the database's revision and the newest one; exit code 1 if they differ."""
    with open_database(Settings.load()) as database:
        revision = current(database)
        out.print(f"{_place(database)} is at revision {revision or 'base'}; the newest is {revisions.head()}.")
        if revision != revisions.head():
            raise typer.Exit(1)


def _refuse_newer(revision: str | None) -> None:
    if revision is not None and revision not in revisions.known():
        raise CommandError(
            f"The database is at revision {revision}, which this version of Orderly does not know: "
            "run the version that made it, or a newer one."
        )


def _make_folder(database: Database) -> None:
    folder = _file(database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise CommandError(f"The folder {folder} cannot be made: set ORDERLY_DATA_DIR to one that can.") from None


def _usable_file(database: Database) -> bool:
    path = _file(database)
    if not path.exists():
        return False
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        raise CommandError(f"{path} and its folder must be writable for the user that runs Orderly.")
    return True


def _file(database: Database) -> Path:
    return Path(str(database.url.database))


def _place(database: Database) -> str:
    """The database's name, without the user and the password that its URL may hold."""
    if database.is_sqlite:
        return f"The database {_file(database)}"
    where = database.url.host or database.url.query.get("host", "this machine")
    return f"The database {database.url.database} on {where if isinstance(where, str) else ','.join(where)}"


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
