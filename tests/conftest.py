"""The databases that tests run on: each test that needs one runs on SQLite and on PostgreSQL."""

import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.orm import Session

from db import migrations
from db.session import Database

POSTGRESQL = os.environ.get("ORDERLY_TEST_POSTGRESQL_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
REQUIRED = bool(os.environ.get("CI")) or os.environ.get("ORDERLY_TEST_REQUIRE_SERVICES") == "1"


@cache
def why_no_postgresql() -> str | None:
    """Why PostgreSQL cannot be tested here; None if it can."""
    try:
        psycopg.connect(POSTGRESQL, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        return f"no PostgreSQL at {make_url(POSTGRESQL).render_as_string()}: {str(error).splitlines()[0]}"
    return None


def pytest_report_header() -> str | None:
    """Say it once and plainly if half of the tests will not run."""
    reason = why_no_postgresql()
    return reason and f"PostgreSQL's half of the tests {'FAILS' if REQUIRED else 'is skipped'}: {reason}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated, empty database."""
    if request.param == "postgresql":
        yield request.getfixturevalue("empty_postgresql")
        return
    file = request.getfixturevalue("tmp_path") / "orderly.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), file)
    database = Database(f"sqlite:///{file}")
    yield database
    database.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A write session, which nothing commits but the test."""
    with database.writing() as session:
        yield session


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file, for tests to copy."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrations.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def new_postgresql() -> Iterator[str]:
    """A new database on the server, without tables; one for each process of tests."""
    reason = why_no_postgresql()
    if reason:
        (pytest.fail if REQUIRED else pytest.skip)(reason)
    name = f"orderly_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    with psycopg.connect(POSTGRESQL, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        url = make_url(POSTGRESQL).set(drivername="postgresql+psycopg", database=name)
        yield url.render_as_string(hide_password=False)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def migrated_postgresql(new_postgresql: str) -> Iterator[Database]:
    """That database, with the tables of today."""
    migrations.upgrade(new_postgresql)
    database = Database(new_postgresql, threads=10)
    yield database
    database.close()


@pytest.fixture
def empty_postgresql(migrated_postgresql: Database) -> Database:
    """That database, without rows."""
    with migrated_postgresql.connect() as connection, connection.begin():
        for table in reversed(migrations.metadata().sorted_tables):
            connection.execute(table.delete())
    return migrated_postgresql
