"""`orderly backup`: a copy of the database, whole at one moment, while the service goes on."""

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
    """Copy the SQLite database to a file. Restore it by putting the file in the place of the database."""
    application = find_application()
    with open_migrated(Settings.load(application)) as database:
        if not database.is_sqlite:
            raise CommandError("PostgreSQL has tools of its own for this: use `pg_dump --format=custom`.")
        source = Path(str(database.url.database))
    try:
        if target.exists():
            raise CommandError(f"{target} exists: name a file that does not.")
        _copy(source, target, find_hooks(application))
    except (sqlite3.Error, OSError) as error:
        with suppress(OSError):  # there may be no folder that it could be in
            target.unlink()
        raise CommandError(f"{target} cannot be written: {error}.") from None
    out.print(f"{target} is a copy of {source}.")


def _copy(source: Path, target: Path, hooks: Hooks) -> None:
    with (
        closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True)) as reader,
        closing(sqlite3.connect(target)) as writer,
    ):
        # In one step: it reads one moment, and in WAL mode nobody waits for it. Smaller steps would begin again
        # whenever somebody writes.
        reader.backup(writer)
        hooks.after_copy(writer)
        writer.commit()
        if writer.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("the copy is not whole")
