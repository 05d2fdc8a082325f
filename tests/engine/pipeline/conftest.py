"""One database: the pipeline does the same on each."""

from collections.abc import Iterator

import pytest

from orderly.database.database import Database
from orderly.http.messages import ASGIApp
from tests.engine.conftest import create_application, create_sqlite


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A SQLite file with the tables of the application."""
    yield from create_sqlite(tmp_path_factory.mktemp("pipeline"))


@pytest.fixture(scope="session")
def application(migrated: Database) -> Iterator[ASGIApp]:
    """The application on that file."""
    yield from create_application(migrated)
