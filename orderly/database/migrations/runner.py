"""Migrations, run by Alembic: upgrade and downgrade of a database."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from psycopg.errors import LockNotAvailable
from sqlalchemy import URL
from sqlalchemy.exc import OperationalError

from orderly.database.migrations.lock import migration_lock

ATTEMPTS, RETRY_DELAY = 40, 1.0
"""Attempts of a migration whose table is in use, and seconds between them, in which queued requests run."""


def upgrade(url: str | URL, migrations: Path, revision: str = "head") -> None:
    """Migrate a database to a revision. If another process does so at the same time, wait for it."""
    _run(url, migrations, lambda config: command.upgrade(config, revision))


def downgrade(url: str | URL, migrations: Path, revision: str) -> None:
    """Migrate a database back to a revision; `base` is the empty database.

    Raises:
        LookupError: it never had this revision.
    """
    try:
        _run(url, migrations, lambda config: command.downgrade(config, revision))
    except CommandError as error:
        raise LookupError(revision) from error


def _run(url: str | URL, migrations: Path, act: Callable[[Config], None]) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    with migration_lock(url) as connection:
        config.attributes["connection"] = connection
        _retry_on_lock_timeout(partial(act, config))


def _retry_on_lock_timeout(act: Callable[[], None]) -> None:
    """Try a migration again, from where it got to, while a table that it changes is in use."""
    for _ in range(ATTEMPTS - 1):
        try:
            act()
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
            time.sleep(RETRY_DELAY)
        else:
            return
    act()
