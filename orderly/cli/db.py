"""`orderly db`: creation, migration and inspection of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from orderly.cli.console import out
from orderly.cli.database_access import (
    MIGRATION_TIMEOUT,
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

app = typer.Typer(help="Create, migrate and inspect the database.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Create the database, or upgrade it to the newest revision."""
    with _open_to_migrate() as (application, database):
        from orderly.database.migrations import runner  # slow to import, and most commands do not need it

        if database.is_sqlite:
            _create_folder(database)
        runner.upgrade(database.url, application.migrations)
        out.print(f"{describe(database)} is at revision {current_revision(database, MIGRATION_TIMEOUT)}.")


@app.command()
def downgrade(
    revision: Annotated[str, typer.Argument(help="The revision, or `base` to drop all tables.")],
) -> None:
    """Downgrade the database to an older revision.

    A downgrade may delete data.
    """
    with _open_to_migrate() as (application, database):
        from orderly.database.migrations import runner

        try:
            runner.downgrade(database.url, application.migrations, revision)
        except LookupError:
            raise CommandError(f"Cannot downgrade to {revision}: the database has no such earlier revision.") from None
        out.print(f"{describe(database)} is at revision {current_revision(database, MIGRATION_TIMEOUT) or 'base'}.")


@app.command()
def mark_restored() -> None:
    """Mark the database as restored to an earlier state.

    Run this command after the restore of a disk or of a copied file, so that clients that follow the events miss none.
    A copy by `orderly backup`, `pg_restore` and a point-in-time recovery are detected automatically.
    """
    application = find_application()
    mark_restored = find_hooks(application).mark_restored
    if mark_restored is None:
        raise CommandError(
            f"{application.database}/hooks.py has no mark_restored: this application needs no such mark."
        )
    with open_migrated(Settings.load(application)) as database:
        mark_restored(database)
        out.print(f"{describe(database)} is marked as restored.")


@app.command()
def status() -> None:
    """Show the revision of the database and the newest one.

    The exit code is 1 if they differ.
    """
    application = find_application()
    newest = _known(application)[-1]
    with open_database(Settings.load(application)) as database:
        revision = current_revision(database)
        out.print(f"{describe(database)} is at revision {revision or 'base'}; the newest is {newest}.")
        if revision != newest:
            raise typer.Exit(1)


@contextmanager
def _open_to_migrate() -> Iterator[tuple[Application, Database]]:
    """Open a database at any revision that this release knows."""
    application = find_application()
    known = _known(application)
    with open_database(Settings.load(application)) as database:
        check_not_newer(current_revision(database, MIGRATION_TIMEOUT), known)
        yield application, database


def _known(application: Application) -> tuple[str, ...]:
    known = revisions.known(application.migrations)
    if not known:
        raise CommandError(
            f"This application has no migrations: {application.migrations}/versions is empty or missing."
        )
    return known


def _create_folder(database: Database) -> None:
    folder = file_of(database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(
            f"Cannot create {folder}: {error.strerror}. Set ORDERLY_DATA_DIR to another folder."
        ) from None
