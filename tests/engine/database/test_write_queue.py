"""Two processes that write to one SQLite file in turns."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from orderly.database import database as sessions
from orderly.database.database import Database
from orderly.database.write_queue import WriteQueue
from tests.serving import ROOT

COUNT = text("SELECT n FROM counted")
OTHER = """
import sys, time
from sqlalchemy import text
from orderly.database.database import Database
database = Database(sys.argv[1])
while True:
    with database.writing() as session:
        session.execute(text("UPDATE counted SET n = n + 1"))
        print(flush=True)
        time.sleep(0.003)
        session.commit()
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The URL of a file with a counter."""
    with closing(sqlite3.connect(tmp_path / "counted.db")) as connection:
        connection.executescript("CREATE TABLE counted (n INTEGER); INSERT INTO counted VALUES (0)")
    return f"sqlite:///{tmp_path / 'counted.db'}"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A database that writes to it now and then."""
    database = Database(url)
    yield database
    database.close()


@contextmanager
def busy_other(url: str) -> Iterator[IO[bytes]]:
    """Run a process that writes without a pause; yield its output."""
    with subprocess.Popen([sys.executable, "-c", OTHER, url], cwd=ROOT, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        try:
            yield other.stdout
        finally:
            other.kill()


def count(database: Database, session_of: Callable[..., Any]) -> Any:
    with session_of() as session:
        return session.scalar(COUNT)


def test_a_waiting_writer_is_overtaken_a_few_times_only(url: str, database: Database) -> None:
    with busy_other(url) as output:
        overtaken = []
        for _ in range(20):
            before = count(database, database.reading)
            overtaken.append(count(database, database.writing) - before)
            output.readline()
    assert max(overtaken) < 60, overtaken  # as many as fit into a slice; without turns it is hundreds


def test_a_killed_process_returns_its_turn(url: str, database: Database) -> None:
    with busy_other(url) as output:
        output.readline()
    assert count(database, database.writing) > 0


def test_a_frozen_process_is_waited_for_until_a_timeout(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = WriteQueue(str(tmp_path / "counted.db"), 0.0)
    frozen.acquire()
    monkeypatch.setattr(sessions, "BUSY_TIMEOUT", 0.05)
    database = Database(url)
    with pytest.raises(OperationalError, match="database is locked"):
        count(database, database.writing)
    frozen.close()
    assert count(database, database.writing) == 0
    database.close()


def test_a_lock_of_another_program_is_a_database_error(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "BUSY_TIMEOUT", 0.05)
    database = Database(url)
    assert count(database, database.writing) == 0
    with closing(sqlite3.connect(tmp_path / "counted.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="database is locked"):
            count(database, database.writing)
    assert count(database, database.writing) == 0
    database.close()


def test_without_lock_files_the_database_is_written(url: str, database: Database, tmp_path: Path) -> None:
    for name in ("head", "turn"):
        (tmp_path / f"counted.db-{name}").symlink_to(tmp_path / "nowhere" / name)
    assert count(database, database.writing) == 0


def test_a_transaction_takes_one_turn(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check the number of turns: a second one would be a deadlock."""
    taken = []
    monkeypatch.setattr(WriteQueue, "acquire", lambda turns: taken.append(turns))
    with closing(Database(url)) as database:
        assert count(database, database.writing) == 0
    assert len(taken) == 1
