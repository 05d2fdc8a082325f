"""Upgrade and downgrade of a database with Alembic."""

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
"""Attempts of a migration whose table is in use, and seconds between attempts, in which queued requests run."""


def upgrade(url: str | URL, migrations: Path, revision: str = "head") -> None:
    """Upgrade a database to a revision, after any migration that is running."""
    _run(url, migrations, lambda config: command.upgrade(config, revision))


def downgrade(url: str | URL, migrations: Path, revision: str) -> None:
    """Downgrade a database to a revision; `base` is the empty database.

    Raises:
        LookupError: the revision is not among the earlier ones of the database.
    """
    try:
        _run(url, migrations, lambda config: command.downgrade(config, revision))
    except CommandError as error:
        raise LookupError(revision) from error


def _run(url: str | URL, migrations: Path, migrate: Callable[[Config], None]) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    with migration_lock(url) as connection:
        config.attributes["connection"] = connection
        _retry_on_lock_timeout(partial(migrate, config))


def _retry_on_lock_timeout(migrate: Callable[[], None]) -> None:
    """Retry while a table is in use; completed migrations are not repeated."""
    for _ in range(ATTEMPTS - 1):
        try:
            migrate()
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
            time.sleep(RETRY_DELAY)
        else:
            return
    migrate()
