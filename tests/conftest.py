"""PostgreSQL databases, and the plugins of all tests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import make_url

from orderly.database.database import Database
from tests import requirements
from tests.requirements import POSTGRESQL, require

pytest_plugins = ["tests.contract_coverage.plugin", "pytester"]


def pytest_configure(config: pytest.Config) -> None:
    """Check the requirements of each test before it runs."""
    config.pluginmanager.register(requirements, "requirements")


def url_of(database: Database) -> str:
    """Return the URL of a database, including the password."""
    return database.url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def new_postgresql() -> Iterator[str]:
    """The URL of a new database, one for each process of tests."""
    with make_postgresql("main") as url:
        yield url


@pytest.fixture(scope="session")
def bare_postgresql() -> Iterator[str]:
    """The URL of another one, whose tables come and go."""
    with make_postgresql("bare") as url:
        yield url


@contextmanager
def make_postgresql(purpose: str) -> Iterator[str]:
    """Create a database on the server, and drop it at the end."""
    require("postgresql")
    name = f"orderly_test_{purpose}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    with psycopg.connect(POSTGRESQL, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        url = make_url(POSTGRESQL).set(drivername="postgresql+psycopg", database=name)
        try:
            yield url.render_as_string(hide_password=False)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
