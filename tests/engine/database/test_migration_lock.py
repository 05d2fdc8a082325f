"""The migration lock, and revisions that are behind."""

from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from orderly.database.migrations import revisions
from orderly.database.migrations.lock import migration_lock
from tests.engine.application import REVISIONS
from tests.requirements import needing_postgresql


@pytest.fixture(params=["sqlite", needing_postgresql("postgresql")])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bare.db'}"
    return request.getfixturevalue("bare_postgresql")


def has_table(url: str, name: str) -> bool:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = inspect(connection).has_table(name)
    engine.dispose()
    return found


def migrate(url: str, *statements: str) -> None:
    with migration_lock(url) as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_a_migration_that_fails_leaves_nothing(url: str) -> None:
    with pytest.raises(DBAPIError, match="broken"):
        migrate(url, "CREATE TABLE half (id INTEGER)", "SELECT * FROM broken")

    assert not has_table(url, "half")


def test_a_broken_reference_fails_a_migration(tmp_path: Path) -> None:
    statements = [
        "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
        "CREATE TABLE child (id INTEGER REFERENCES parent (id))",
        "INSERT INTO child VALUES (1)",
    ]

    with pytest.raises(ValueError, match="leave a row in child"):
        migrate(f"sqlite:///{tmp_path / 'references.db'}", *statements)


def test_two_migrations_run_one_after_the_other(url: str) -> None:
    def take_turn() -> None:
        with migration_lock(url):
            steps.append("begin")
            steps.append("end")

    steps: list[str] = []
    threads = [Thread(target=take_turn) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert steps == ["begin", "end"] * 4


@pytest.mark.parametrize(
    ("revision", "is_behind"), [(None, True), (REVISIONS[0], True), (REVISIONS[-1], False), ("9999", False)]
)
def test_an_older_revision_is_behind_and_a_newer_one_is_not(revision: str | None, is_behind: bool) -> None:
    assert revisions.is_behind(revision, REVISIONS) is is_behind
