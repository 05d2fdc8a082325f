"""`orderly db`: create, migrate and inspect the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from orderly.cli.console import out
from orderly.cli.database_access import (
    PATIENCE,
    check_not_newer,
    current_revision,
    describe,
    file_of,
    open_database,
    open_migrated,
)
from orderly.config.application import Application, find_application
from orderly.config.errors import CommandError
from orderly.config.settings import Settings
from orderly.database.database import Database
from orderly.database.hooks import find_hooks
from orderly.database.migrations import revisions

app = typer.Typer(help="Make, change and look at the database.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Make the database, or bring it to the newest revision."""
    with _to_migrate() as (application, database):
        from orderly.database.migrations import runner  # slow to import, and most commands do without it

        if database.is_sqlite:
            _make_folder(database)
        runner.upgrade(database.url, application.migrations)
        out.print(f"{describe(database)} is at revision {current_revision(database, PATIENCE)}.")


@app.command()
def downgrade(
    revision: Annotated[str, typer.Argument(help="A revision, or `base` for none: this deletes data.")],
) -> None:
    """Take the database back to an older revision."""
    with _to_migrate() as (application, database):
        from orderly.database.migrations import runner

        try:
            runner.downgrade(database.url, application.migrations, revision)
        except LookupError:
            raise CommandError(f"{revision} is no revision that the database can be taken back to.") from None
        out.print(f"{describe(database)} is at revision {current_revision(database, PATIENCE) or 'base'}.")


@app.command()
def mark_restored() -> None:
    """Say that the database was taken back to an earlier state, so that followers of the events miss nothing.

    It is noticed by itself after `orderly backup`, `pg_restore` and a point-in-time recovery, and has to be said when
    a disk or a file was put back.
    """
    application = find_application()
    mark_restored = find_hooks(application).mark_restored
    if mark_restored is None:
        raise CommandError(
            f"{application.database}/hooks.py has no mark_restored: a restored database needs nothing here."
        )
    with open_migrated(Settings.load(application)) as database:
        mark_restored(database)
        out.print(f"{describe(database)} is marked as restored.")


@app.command()
def status() -> None:
    """Tell the database's revision and the newest one; exit code 1 if they differ."""
    application = find_application()
    newest = _known(application)[-1]
    with open_database(Settings.load(application)) as database:
        revision = current_revision(database)
        out.print(f"{describe(database)} is at revision {revision or 'base'}; the newest is {newest}.")
        if revision != newest:
            raise typer.Exit(1)


@contextmanager
def _to_migrate() -> Iterator[tuple[Application, Database]]:
    """Open a database whose schema may be any that this version knows."""
    application = find_application()
    known = _known(application)
    with open_database(Settings.load(application)) as database:
        check_not_newer(current_revision(database, PATIENCE), known)
        yield application, database


def _known(application: Application) -> tuple[str, ...]:
    known = revisions.known(application.migrations)
    if not known:
        raise CommandError(f"This application has no migrations: {application.migrations}/versions is empty or absent.")
    return known


def _make_folder(database: Database) -> None:
    folder = file_of(database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise CommandError(f"The folder {folder} cannot be made: set ORDERLY_DATA_DIR to one that can.") from None
