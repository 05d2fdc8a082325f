"""The shop's migrations and the tables of its models."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from orderly.database.database import Database
from orderly.database.migrations import revisions
from orderly.database.migrations.metadata import belongs_to, metadata
from tests.requirements import needing_postgresql
from tests.shop.application import APPLICATION, REVISIONS, migrate, migrate_back


@pytest.fixture(params=["sqlite", needing_postgresql("postgresql")])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    url = request.getfixturevalue("bare_postgresql")
    migrate_back(url, "base")
    yield url


def revision_of(url: str) -> tuple[str | None, set[str]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
        found = revisions.current(connection)
    engine.dispose()
    return found, tables - {"alembic_version"}


def test_the_revisions_are_in_the_order_of_alembic() -> None:
    history = ScriptDirectory(str(APPLICATION.migrations)).walk_revisions()
    assert tuple(reversed([each.revision for each in history])) == REVISIONS


def test_up_down_and_up_again(empty: str) -> None:
    migrate(empty)
    assert revision_of(empty) == (REVISIONS[-1], set(metadata(APPLICATION.database).tables))
    migrate_back(empty, "base")
    assert revision_of(empty) == (None, set())
    migrate(empty)
    migrate(empty)
    assert revision_of(empty)[0] == REVISIONS[-1]


def test_the_newest_revision_has_the_models(database: Database) -> None:
    with database.connect() as connection:
        belongs = belongs_to(connection.dialect.name)
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": belongs})
        assert compare_metadata(context, metadata(APPLICATION.database)) == []
