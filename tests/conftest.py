"""The databases and the service of the tests.

Each test that needs a database runs on SQLite and on PostgreSQL.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.orm import Session

from db.access_tokens import AccessTokens
from orderly.config.settings import Settings
from orderly.database.database import Database
from orderly.database.migrations.metadata import metadata
from orderly.http.messages import ASGIApp
from tests import requirements
from tests.applications import create_shop
from tests.asgi import Client, shut_down
from tests.contract_coverage.capture import recorded
from tests.factories import SECRET, make_session, make_settings, make_user
from tests.requirements import POSTGRESQL, needing_postgresql, require
from tests.shop.application import APPLICATION, migrate

pytest_plugins = ["tests.contract_coverage.plugin", "pytester"]


def pytest_configure(config: pytest.Config) -> None:
    """Register the check of what a test needs, before it runs."""
    config.pluginmanager.register(requirements, "requirements")


def url_of(database: Database) -> str:
    """Return the URL of a database, including the password."""
    return database.url.render_as_string(hide_password=False)


@pytest.fixture(scope="session", params=["sqlite", needing_postgresql("postgresql")])
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with the current tables, one for each process of tests."""
    yield from make_database(request, tmp_path_factory)


@pytest.fixture
def database(migrated: Database) -> Database:
    """A migrated database without rows."""
    empty(migrated)
    return migrated


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A write session; only the test commits it."""
    with database.writing() as session:
        yield session


@pytest.fixture(scope="session")
def application(migrated: Database) -> Iterator[ASGIApp]:
    """The service on that database, made once."""
    yield from make_application(migrated)


@pytest.fixture
def client(application: ASGIApp, database: Database) -> Client:
    """A client of the service on an empty database."""
    return Client(application)


@pytest.fixture
def sign_in(client: Client, database: Database) -> Callable[..., Client]:
    """A function that creates a signed-in user: `sign_in("alice")`; `.user` is the account."""

    def sign_in(name: str = "alice", **given: Any) -> Client:
        with database.writing() as session:
            user = make_user(session, name, **given)
            started = make_session(session, user).session
            session.commit()
        token, _ = AccessTokens(SECRET).issue(user.id, started.id)
        return client.signed_in(token, user)

    return sign_in


@pytest.fixture(scope="session")
def new_postgresql() -> Iterator[str]:
    """A new database without tables, one for each process of tests."""
    with make_postgresql("main") as url:
        yield url


@pytest.fixture(scope="session")
def bare_postgresql() -> Iterator[str]:
    """Another new database, whose tables tests create and drop."""
    with make_postgresql("bare") as url:
        yield url


def empty(database: Database) -> None:
    """Delete all rows."""
    with database.connect() as connection, connection.begin():
        for table in reversed(metadata(APPLICATION.database).sorted_tables):
            connection.execute(table.delete())


def settings_on(database: Database) -> Settings:
    """Return the settings of a service on a database.

    Rate limits are off to save time.
    """
    return make_settings(database_url=url_of(database), rate_limits=False, threads=10)


def make_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Create a migrated database on PostgreSQL or SQLite.

    The parameter names the file of SQLite.
    """
    if request.param == "postgresql":
        url = request.getfixturevalue("new_postgresql")
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('database') / request.param}.db"
    migrate(url)
    with closing(Database(url, threads=10)) as database:
        yield database


def make_application(database: Database) -> Iterator[ASGIApp]:
    """Create the service on a database; shut it down at the end."""
    app = recorded(create_shop(settings_on(database)))
    yield app
    asyncio.run(shut_down(app))


@contextmanager
def make_postgresql(purpose: str) -> Iterator[str]:
    """Create a database on the server; drop it at the end."""
    require("postgresql")
    name = f"orderly_test_{purpose}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    with psycopg.connect(POSTGRESQL, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        url = make_url(POSTGRESQL).set(drivername="postgresql+psycopg", database=name)
        try:
            yield url.render_as_string(hide_password=False)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
