"""The history of the database's shape leads to the shape that the code has, and back."""

from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from orderly.database.database import Database
from orderly.database.migrations import revisions
from orderly.database.migrations.lock import migration_lock
from orderly.database.migrations.metadata import belongs_to, metadata
from tests.requirements import needing_postgresql
from tests.shop.application import APPLICATION, REVISIONS, migrate, migrate_back


@pytest.fixture(params=["sqlite", needing_postgresql("postgresql")])
def empty(request, tmp_path):
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    url = request.getfixturevalue("bare_postgresql")
    migrate_back(url, "base")
    yield url


def revision_of(url):
    engine = create_engine(url)
    with engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
        found = revisions.current(connection)
    engine.dispose()
    return found, tables - {"alembic_version"}


def test_the_revisions_are_those_of_alembic_and_in_its_order():
    history = ScriptDirectory(str(APPLICATION.migrations)).walk_revisions()
    assert tuple(reversed([each.revision for each in history])) == REVISIONS


def test_an_older_database_is_behind_and_a_newer_one_is_not():
    older, newest = REVISIONS[0], REVISIONS[-1]
    assert [revisions.is_behind(each, REVISIONS) for each in (None, older, newest, "9999")] == [
        True,
        True,
        False,
        False,
    ]


def test_up_down_and_up_again(empty):
    migrate(empty)
    assert revision_of(empty) == (REVISIONS[-1], set(metadata(APPLICATION.database).tables))
    migrate_back(empty, "base")
    assert revision_of(empty) == (None, set())
    migrate(empty)
    migrate(empty)
    assert revision_of(empty)[0] == REVISIONS[-1]


def test_two_processes_may_migrate_at_once(empty):
    failures = []

    def upgrade():
        try:
            migrate(empty)
        except Exception as error:
            failures.append(error)

    threads = [Thread(target=upgrade) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert revision_of(empty)[0] == REVISIONS[-1]


def test_the_models_are_the_head(database: Database):
    with database.connect() as connection:
        belongs = belongs_to(connection.dialect.name)
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": belongs})
        assert compare_metadata(context, metadata(APPLICATION.database)) == []


def break_off(url):
    with migration_lock(url) as connection:
        connection.execute(text("CREATE TABLE half (id INTEGER)"))
        connection.execute(text("SELECT * FROM broken"))


def refer_to_nothing(url):
    with migration_lock(url) as connection:
        connection.execute(text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
        connection.execute(text("CREATE TABLE child (id INTEGER REFERENCES parent (id))"))
        connection.execute(text("INSERT INTO child VALUES (1)"))


def test_a_migration_that_fails_leaves_nothing(empty):
    with pytest.raises(DBAPIError, match="broken"):
        break_off(empty)
    assert revision_of(empty) == (None, set())


def test_a_migration_keeps_the_references_whole(tmp_path):
    with pytest.raises(ValueError, match="a row in child"):
        refer_to_nothing(f"sqlite:///{tmp_path / 'references.db'}")
