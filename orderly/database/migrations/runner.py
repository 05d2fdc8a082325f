"""The database's shape and its history: how it gets to a revision."""

import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from psycopg.errors import LockNotAvailable
from sqlalchemy import URL, MetaData
from sqlalchemy.exc import OperationalError

import db
from orderly.database.migrations.lock import migration_lock
from orderly.database.models import Base

HERE = Path(__file__).parents[3] / "db" / "migrations"
ATTEMPTS, RETRY_DELAY = 40, 1.0
"""How often a change is tried while somebody uses its table, and the seconds between for those who wait behind it."""


def upgrade(url: str | URL, revision: str = "head") -> None:
    """Bring a database to a revision. If another process does so at the same time, wait for it."""
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str | URL, revision: str) -> None:
    """Take a database back to a revision; `base` is the empty database.

    Raises:
        LookupError: it never had this revision.
    """
    try:
        _run(url, lambda config: command.downgrade(config, revision))
    except CommandError as error:
        raise LookupError(revision) from error


def metadata() -> MetaData:
    """All tables: those of every module in db/."""
    for module in iter_modules(db.__path__, "db."):
        if not module.ispkg:
            import_module(module.name)
    return Base.metadata


def belongs_to(dialect: str) -> Callable[..., bool]:
    """Which items of the models a kind of database has: one may be `only` for PostgreSQL or for SQLite."""
    return lambda item, *_: item.info.get("only", dialect) == dialect


def _run(url: str | URL, act: Callable[[Config], None]) -> None:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    with migration_lock(url) as connection:
        config.attributes["connection"] = connection
        _retry_on_lock_timeout(partial(act, config))


def _retry_on_lock_timeout(act: Callable[[], None]) -> None:
    """Do it again, from where it got to, as long as somebody uses a table that it has to change."""
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
