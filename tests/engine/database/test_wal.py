"""The switch of a new database to the write-ahead log."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from orderly.database.wal import enable_wal


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database with a rollback journal, as a migration leaves it."""
    file = tmp_path / "new.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE notes (id INTEGER)")
    return file


@pytest.fixture
def reader(file: Path) -> Iterator[sqlite3.Connection]:
    """Another connection with an open read transaction."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT * FROM notes").fetchall()
        yield connection


def journal(connection: sqlite3.Connection) -> str:
    return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def test_a_new_database_gets_its_log(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        enable_wal(connection, timeout=0)

        assert journal(connection) == "wal"


def test_the_switch_waits_for_other_connections(
    file: Path, reader: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orderly.database.wal.time.sleep", lambda _: reader.rollback())
    with closing(sqlite3.connect(file, timeout=0)) as connection:
        enable_wal(connection, timeout=5)

        assert journal(connection) == "wal"


def test_the_switch_fails_after_its_timeout(file: Path, reader: sqlite3.Connection) -> None:
    with (
        closing(sqlite3.connect(file, timeout=0)) as connection,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        enable_wal(connection, timeout=0)
