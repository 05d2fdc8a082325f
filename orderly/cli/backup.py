"""`orderly backup`: a consistent copy of the database of a running service."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from orderly.cli.console import out
from orderly.cli.database_access import open_migrated
from orderly.config.application import find_application
from orderly.config.errors import CommandError
from orderly.config.settings import Settings
from orderly.database.hooks import Hooks, find_hooks


def backup(target: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")]) -> None:
    """Copy the SQLite database to a file.

    To restore it, stop the service and replace the database with this file.
    """
    application = find_application()
    with open_migrated(Settings.load(application)) as database:
        if not database.is_sqlite:
            raise CommandError("Cannot back up PostgreSQL with this command: use `pg_dump --format=custom`.")
        source = Path(str(database.url.database))
    try:
        if target.exists():
            raise CommandError(f"Cannot write {target}: the file exists. Choose another name.")
        _copy(source, target, find_hooks(application))
    except (sqlite3.Error, OSError) as error:
        with suppress(OSError):  # the folder may not exist
            target.unlink()
        raise CommandError(f"Cannot write {target}: {error}.") from None
    out.print(f"{target} is a copy of {source}.")


def _copy(source: Path, target: Path, hooks: Hooks) -> None:
    with (
        closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True)) as reader,
        closing(sqlite3.connect(target)) as writer,
    ):
        # In one step, which copies one snapshot. In WAL mode no writer waits for it. Smaller steps would restart
        # after every write.
        reader.backup(writer)
        hooks.after_copy(writer)
        writer.commit()
        if writer.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("the copy failed the integrity check")
