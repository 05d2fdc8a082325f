"""The command `orderly db` on SQLite and PostgreSQL."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect, text

from orderly.database.database import Database
from orderly.database.migrations import runner
from orderly.database.migrations.metadata import metadata
from tests.commands import CommandResult
from tests.faults.cluster import own_postgresql
from tests.shop.application import APPLICATION, REVISIONS
from tests.shop.cli.conftest import PARTS

UPGRADE = [sys.executable, "-m", "orderly", "db", "upgrade"]


def tables_of(url: str) -> set[str]:
    engine = create_engine(url)
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names - {"alembic_version"}


def test_up_status_and_down(orderly: Callable[..., CommandResult], database_url: str) -> None:
    empty = orderly("db", "status")
    assert (empty.code, empty.err) == (1, "")
    assert f"is at revision base; the newest is {REVISIONS[-1]}." in empty.out
    assert f"is at revision {REVISIONS[-1]}." in orderly("db", "upgrade").out
    assert orderly("db", "upgrade").code == orderly("db", "status").code == 0
    assert tables_of(database_url) == set(metadata(APPLICATION.database).tables)
    assert "is at revision 0001." in orderly("db", "downgrade", "0001").out
    assert orderly("db", "status").code == 1
    assert "is at revision base." in orderly("db", "downgrade", "base").out
    assert tables_of(database_url) == set()


def test_two_copies_may_upgrade_at_once(database_url: str) -> None:
    copies = [subprocess.Popen(UPGRADE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    result = [copy.communicate(timeout=60) for copy in copies]
    assert [copy.returncode for copy in copies] == [0, 0], result
    assert all(f"is at revision {REVISIONS[-1]}." in out and not err for out, err in result)
    assert tables_of(database_url) == set(metadata(APPLICATION.database).tables)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_upgrade_waits_for_an_exclusive_lock(database_url: str, shop: Path) -> None:
    (shop / "data").mkdir()
    with closing(sqlite3.connect(shop / "data" / "orderly.db", isolation_level=None)) as other:
        other.execute("CREATE TABLE other (id INTEGER)")
        other.execute("BEGIN EXCLUSIVE")
        copy = subprocess.Popen(UPGRADE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with pytest.raises(subprocess.TimeoutExpired):  # longer than the start and the timeout of SQLite
            copy.wait(8)
        other.execute("ROLLBACK")
    out, err = copy.communicate(timeout=60)
    assert (copy.returncode, err) == (0, ""), out


@pytest.mark.needs("postgresql")
def test_password_is_not_printed(
    orderly: Callable[..., CommandResult], bare_postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERLY_DATABASE_URL", "postgresql://nobody:canary@127.0.0.1:1/shop")
    result = orderly("db", "status")
    assert result.code == 1
    assert result.err == (
        "The database shop on 127.0.0.1 cannot be used: "
        "the access failed. Check that the database runs, and correct ORDERLY_DATABASE_URL or ORDERLY_DATA_DIR.\n"
    )


@pytest.mark.needs("postgresql")
def test_missing_database_is_reported(
    orderly: Callable[..., CommandResult], bare_postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERLY_DATABASE_URL", bare_postgresql.rpartition("/")[0] + "/canary")
    result = orderly("db", "upgrade")
    assert result.code == 1
    assert "the database or its user does not exist. Create it, or correct ORDERLY_DATABASE_URL." in result.err


def test_unknown_revision_is_an_error(orderly: Callable[..., CommandResult], migrated_shop: Database) -> None:
    result = orderly("db", "downgrade", "9999")
    assert (result.code, result.out) == (1, "")
    assert result.err == "Cannot downgrade to 9999: the database has no such earlier revision.\n"


def test_an_older_database_is_not_used(orderly: Callable[..., CommandResult], database_url: str) -> None:
    orderly("db", "upgrade")
    orderly("db", "downgrade", "0001")
    result = orderly("purge")
    assert (result.code, result.out) == (1, "")
    assert result.err.endswith(" has an older schema: run `orderly db upgrade` first.\n")


@pytest.mark.parametrize("words", [("upgrade",), ("downgrade", "base")])
def test_newer_database_is_unchanged(
    orderly: Callable[..., CommandResult], migrated_shop: Database, words: tuple[Any, ...]
) -> None:
    with migrated_shop.connect() as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    result = orderly("db", *words)
    assert result.code == 1
    assert result.err == (
        "The database is at revision 9999, which this version of Orderly does not know: "
        "a newer version has migrated it. Use that version.\n"
    )


def test_folder_that_cannot_be_created_is_named(
    orderly: Callable[..., CommandResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERLY_DATABASE_URL", "sqlite:////dev/null/data/orderly.db")
    result = orderly("db", "upgrade")
    assert (result.code, result.out) == (1, "")
    assert result.err == "Cannot create /dev/null/data: Not a directory. Set ORDERLY_DATA_DIR to another folder.\n"


def test_file_other_than_a_database_is_an_error(orderly: Callable[..., CommandResult], shop: Path) -> None:
    (shop / "data").mkdir()
    (shop / "data" / "orderly.db").write_text("This is a letter. " * 100)
    result = orderly("db", "upgrade")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1), result
    assert "data/orderly.db cannot be used" in result.err


def test_restored_database_is_marked(orderly: Callable[..., CommandResult], database_url: str) -> None:
    orderly("db", "upgrade")
    result = orderly("db", "mark-restored")
    assert (result.code, result.err) == (0, "")
    assert result.out.endswith(" is marked as restored.\n")
    engine = create_engine(database_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT shift FROM event_origin")) > 0
    engine.dispose()


@pytest.mark.needs("postgresql")
def test_locked_table_is_reported(
    orderly: Callable[..., CommandResult], bare_postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERLY_DATABASE_URL", bare_postgresql)
    monkeypatch.setattr(runner, "ATTEMPTS", 1)
    orderly("db", "upgrade")
    engine = create_engine(bare_postgresql)
    with engine.connect() as other:
        other.execute(text("SELECT count(*) FROM event_origin"))
        result = orderly("db", "downgrade", "0007")
    engine.dispose()
    assert (result.code, result.out) == (1, "")
    assert "another session holds a lock on a table to be migrated" in result.err


@pytest.mark.needs("postgresql-server")
def test_standby_is_an_error(orderly: Callable[..., CommandResult], monkeypatch: pytest.MonkeyPatch) -> None:
    with TemporaryDirectory() as folder, own_postgresql(Path(folder) / "cluster") as cluster:
        monkeypatch.setenv("ORDERLY_DATABASE_URL", cluster.url)
        orderly("db", "upgrade")
        cluster.control("stop", "-m", "fast")
        (cluster.data / "standby.signal").touch()
        cluster.control("start")
        result = orderly("purge")
    assert result.code == 1
    assert "the server is a read-only standby. Set ORDERLY_DATABASE_URL to the primary." in result.err


def test_folder_name_may_have_special_characters(
    orderly: Callable[..., CommandResult], monkeypatch: pytest.MonkeyPatch, shop: Path
) -> None:
    folder = shop / "a?b#c%41 [/d]"
    monkeypatch.setenv("ORDERLY_DATA_DIR", str(folder))
    assert orderly("db", "upgrade").out.startswith(f"The database {folder / 'orderly.db'} is at revision")
    assert orderly("backup", "copy.db").code == 0
    assert {each.name for each in shop.iterdir()} == {"a?b#c%41 [", "copy.db", *PARTS}


def test_argument_other_than_utf_8_is_an_error(orderly: Callable[..., CommandResult], shop: Path) -> None:
    result = orderly("user", "create", "--email", "alice\udcff@example.com", "--name", "Alice")
    assert (result.code, result.err) == (1, "A command-line argument is not valid UTF-8.\n")
