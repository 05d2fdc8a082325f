"""The shop on SQLite and PostgreSQL."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy.orm import Session

from db.access_tokens import AccessTokens
from orderly.config.settings import Settings
from orderly.database.database import Database
from orderly.database.migrations.metadata import metadata
from orderly.http.messages import ASGIApp
from tests.applications import create_shop
from tests.asgi import Client, shut_down
from tests.conftest import url_of
from tests.contract_coverage.capture import recorded
from tests.requirements import needing_postgresql
from tests.settings import SECRET, make_settings
from tests.shop.application import APPLICATION, migrate
from tests.shop.factories import make_session, make_user


@pytest.fixture(scope="session", params=["sqlite", needing_postgresql("postgresql")])
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database at the newest revision, one for each process of tests."""
    yield from make_database(request, tmp_path_factory)


@pytest.fixture
def database(migrated: Database) -> Database:
    """A migrated database without rows."""
    empty(migrated)
    return migrated


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A write session without a commit."""
    with database.writing() as session:
        yield session


@pytest.fixture(scope="session")
def application(migrated: Database) -> Iterator[ASGIApp]:
    """The shop on that database, created once."""
    yield from make_application(migrated)


@pytest.fixture
def client(application: ASGIApp, database: Database) -> Client:
    """A client without credentials, on an empty database."""
    return Client(application)


@pytest.fixture
def sign_in(client: Client, database: Database) -> Callable[..., Client]:
    """A function that returns the client of a new user, with `.user`."""

    def sign_in(name: str = "alice", **given: Any) -> Client:
        with database.writing() as session:
            user = make_user(session, name, **given)
            started = make_session(session, user).session
            session.commit()
        token, _ = AccessTokens(SECRET).issue(user.id, started.id)
        return client.signed_in(token, user)

    return sign_in


def empty(database: Database) -> None:
    """Delete all rows."""
    with database.connect() as connection, connection.begin():
        for table in reversed(metadata(APPLICATION.database).sorted_tables):
            connection.execute(table.delete())


def settings_on(database: Database) -> Settings:
    """Return the settings of a service without rate limits on a database."""
    return make_settings(database_url=url_of(database), rate_limits=False, threads=10)


def make_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Migrate a new database of the parameter's kind."""
    if request.param == "postgresql":
        url = request.getfixturevalue("new_postgresql")
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('database') / request.param}.db"
    migrate(url)
    with closing(Database(url, threads=10)) as database:
        yield database


def make_application(database: Database) -> Iterator[ASGIApp]:
    """Create the shop, and shut it down at the end."""
    app = recorded(create_shop(settings_on(database)))
    yield app
    asyncio.run(shut_down(app))
