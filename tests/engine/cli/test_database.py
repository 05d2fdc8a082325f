"""The database commands of applications with and without database and hooks."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.commands import CommandResult
from tests.engine.cli.conftest import Write

MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


def upgrade():
    op.create_table("cups", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("note", sa.String(40)))
    op.create_table(
        "idempotency_records", sa.Column("key", sa.String(40)), sa.Column("created_at", sa.DateTime(timezone=True))
    )
    op.execute("INSERT INTO cups VALUES (1, 'made')")


def downgrade():
    op.drop_table("cups")
    op.drop_table("idempotency_records")
"""
HOOKS = """
from sqlalchemy import text

PURGES = {"broken cups": lambda session: len(session.execute(text("DELETE FROM cups RETURNING id")).all())}


def before_serving(database):
    write(database, "opened")


def after_copy(connection):
    connection.execute("UPDATE cups SET note = 'copied'")


def mark_restored(database):
    write(database, "restored")


def write(database, note):
    with database.writing() as session:
        session.execute(text("UPDATE cups SET note = :note"), {"note": note})
        session.commit()
"""


@pytest.fixture
def migrated(application: Path, write: Write, orderly: Callable[..., CommandResult]) -> Path:
    """The folder of an application with one table."""
    write("database", "__init__", "")
    versions = application / "db_of_a_test" / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "0001_cups.py").write_text(MIGRATION)
    (versions.parent / "env.py").write_text(
        "from orderly.database.migrations.environment import run\n\nrun('db_of_a_test')\n"
    )
    assert orderly("db", "upgrade").out == "The database data/orderly.db is at revision 0001.\n"
    return application


def notes_in(file: str | Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [note for (note,) in connection.execute("SELECT note FROM cups")]


@pytest.mark.parametrize("words", [("purge",), ("backup", "copy.db")])
def test_without_a_database_its_commands_say_so(
    orderly: Callable[..., CommandResult], application: Path, words: tuple[Any, ...]
) -> None:
    ended = orderly(*words)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == ("This application has no database: add a database package, or set ORDERLY_DATABASE_URL.\n")


@pytest.mark.parametrize("words", [("upgrade",), ("downgrade", "base"), ("status",)])
def test_without_migrations_nothing_is_migrated(
    orderly: Callable[..., CommandResult], write: Write, application: Path, words: tuple[Any, ...]
) -> None:
    write("database", "__init__", "")
    ended = orderly("db", *words)
    assert (ended.code, ended.out) == (1, "")
    migrations = application / "db_of_a_test" / "migrations"
    assert ended.err == f"This application has no migrations: {migrations}/versions is empty or missing.\n"


def test_a_migration_is_made_and_undone(orderly: Callable[..., CommandResult], migrated: Path) -> None:
    assert notes_in(migrated / "data" / "orderly.db") == ["made"]
    assert orderly("db", "downgrade", "base").out == "The database data/orderly.db is at revision base.\n"


def test_without_hooks_there_is_nothing_to_mark(orderly: Callable[..., CommandResult], migrated: Path) -> None:
    ended = orderly("db", "mark-restored")
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert ended.err.startswith("db_of_a_test/hooks.py has no mark_restored: ")


def test_without_hooks_records_of_idempotency_are_purged(orderly: Callable[..., CommandResult], migrated: Path) -> None:
    assert orderly("purge").out == "Deleted: 0 idempotency records.\n"


def test_without_hooks_a_copy_is_a_copy(orderly: Callable[..., CommandResult], migrated: Path) -> None:
    assert orderly("backup", "copy.db").code == 0
    assert notes_in("copy.db") == ["made"]


class TestHooks:
    @pytest.fixture(autouse=True)
    def hooks(self, migrated: Path, write: Write) -> None:
        """All of them."""
        write("database", "hooks", HOOKS)

    def test_a_purge_deletes_what_they_name(self, orderly: Callable[..., CommandResult]) -> None:
        assert orderly("purge").out == "Deleted: 1 broken cups, 0 idempotency records.\n"

    def test_a_copy_is_marked_and_the_database_is_not(self, orderly: Callable[..., CommandResult]) -> None:
        assert orderly("backup", "copy.db").code == 0
        assert (notes_in("copy.db"), notes_in("data/orderly.db")) == (["copied"], ["opened"])

    def test_a_restored_database_is_marked(self, orderly: Callable[..., CommandResult]) -> None:
        assert orderly("db", "mark-restored").out == "The database data/orderly.db is marked as restored.\n"
        assert notes_in("data/orderly.db") == ["restored"]

    def test_a_broken_module_is_one_line_with_its_place(
        self, orderly: Callable[..., CommandResult], write: Write
    ) -> None:
        write("database", "hooks", "\nboom\n")
        assert orderly("purge").err == "db_of_a_test/hooks.py:2: NameError: name 'boom' is not defined\n"


def test_the_data_folder_is_that_of_the_application(
    orderly: Callable[..., CommandResult], migrated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(migrated / "openapi")
    assert orderly("db", "status").out == ("The database ../data/orderly.db is at revision 0001; the newest is 0001.\n")
