"""The engine's own application on SQLite and PostgreSQL."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from orderly.database.database import Database
from orderly.database.idempotency import IdempotencyRecord
from orderly.http.messages import ASGIApp
from tests.asgi import Client, shut_down
from tests.conftest import make_postgresql, url_of
from tests.engine.application import HANDLERS, REVISIONS, Functions, Tables, Thing, add_thing, create
from tests.requirements import needing_postgresql
from tests.settings import make_settings

Serve = Callable[..., Client]


@pytest.fixture(scope="session", params=["sqlite", needing_postgresql("postgresql")])
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with the tables of the application."""
    if request.param == "postgresql":
        with make_postgresql("engine") as url:
            yield from create_tables(url)
    else:
        yield from create_sqlite(tmp_path_factory.mktemp("engine"))


@pytest.fixture
def database(migrated: Database) -> Database:
    """A database without rows."""
    with migrated.connect() as connection, connection.begin():
        for table in (Thing, IdempotencyRecord):
            connection.execute(delete(table))
    return migrated


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A write session without a commit."""
    with database.writing() as session:
        yield session


@pytest.fixture
def serve(database: Database) -> Iterator[Serve]:
    """A function that serves handlers and returns a client."""
    opened = []

    def serve(handlers: Functions = HANDLERS, *given: Any, **settings: Any) -> Client:
        given_settings = {"database_url": url_of(database), "rate_limits": False, **settings}
        opened.append(create(make_settings(**given_settings), handlers, *given))
        return Client(opened[-1])

    yield serve
    for app in opened:
        asyncio.run(shut_down(app))


@pytest.fixture(scope="session")
def application(migrated: Database) -> Iterator[ASGIApp]:
    """The application, created once."""
    yield from create_application(migrated)


@pytest.fixture
def client(application: ASGIApp, database: Database) -> Client:
    """A client of the application without credentials."""
    return Client(application)


@pytest.fixture
def alice(client: Client) -> Client:
    """A client with the scope that the operations ask for."""
    return client.signed_in("alice")


@pytest.fixture
def charlie(client: Client) -> Client:
    """A client without any scope."""
    return client.signed_in("charlie")


@pytest.fixture
def thing(database: Database) -> str:
    """The URL path of a thing in its first version."""
    with database.writing() as session:
        target = f"/v1/things/{add_thing(session).id}"
        session.commit()
    return target


def create_application(database: Database) -> Iterator[ASGIApp]:
    """Create the application, and shut it down at the end."""
    app = create(make_settings(database_url=url_of(database), rate_limits=False))
    yield app
    asyncio.run(shut_down(app))


def create_sqlite(folder: Path) -> Iterator[Database]:
    """Create a SQLite file with the tables."""
    file = folder / "engine.db"
    file.touch()  # a service opens only a file that exists
    yield from create_tables(f"sqlite:///{file}")


def create_tables(url: str) -> Iterator[Database]:
    """Create the tables, and what a migration leaves."""
    with closing(Database(url, threads=10)) as database:
        with database.connect() as connection, connection.begin():
            Tables.metadata.create_all(connection)
            IdempotencyRecord.metadata.tables[IdempotencyRecord.__tablename__].create(connection)
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
            connection.execute(text("INSERT INTO alembic_version VALUES (:newest)"), {"newest": REVISIONS[-1]})
        yield database
