"""The database's shape and its history: how it gets to a revision."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, MetaData, NullPool, create_engine, event, make_url

import db
from db.base import Base

HERE = Path(__file__).parent
LOCK = 0x6F726465726C79
"""The number of PostgreSQL's advisory lock: "orderly"."""
PATIENCE = 60
"""Seconds that a migration waits for one that runs in another process (SQLite)."""


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


@contextmanager
def transaction(url: str | URL) -> Iterator[Connection]:
    """The one transaction in which a migration happens, wholly or not at all, with no other one beside it."""
    parsed = make_url(url)
    engine = create_engine(parsed, poolclass=NullPool, hide_parameters=True)
    if parsed.get_backend_name() == "sqlite":
        _alone_on_sqlite(engine)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        yield connection
        if connection.dialect.name == "sqlite":
            _check_foreign_keys(connection)


def _run(url: str | URL, act: Callable[[Config], None]) -> None:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    with transaction(url) as connection:
        config.attributes["connection"] = connection
        act(config)


def _alone_on_sqlite(engine: Any) -> None:
    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000}")
        # SQLite changes a column by copying its table and dropping the old one, which would delete what refers to it.
        connection.execute("PRAGMA foreign_keys = OFF")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _check_foreign_keys(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise ValueError(f"the migration would leave a row of {broken[0]} without the row of {broken[2]} it refers to")
