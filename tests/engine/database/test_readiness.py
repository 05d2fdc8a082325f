"""Readiness: each of its checks fails once."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import text

from orderly.database import readiness
from orderly.database.database import Database
from orderly.database.readiness import Readiness
from orderly.errors import Unavailable
from tests.conftest import url_of
from tests.engine.application import REVISIONS
from tests.requirements import needing_postgresql


def result(database: Database, *, is_stopping: bool = False) -> str | None:
    """Return the reason why it is not ready, None if it is."""
    try:
        Readiness(database, lambda: is_stopping, REVISIONS).check_ready()
    except Unavailable as refusal:
        return refusal.fields["reason"]
    return None


def set_revision(database: Database, revision: str) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
        session.commit()


@pytest.fixture
def outdated(database: Database) -> Iterator[Database]:
    """The database at an older revision."""
    set_revision(database, REVISIONS[0])
    yield database
    set_revision(database, REVISIONS[-1])


@pytest.fixture
def unwritable(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A locked SQLite file, or a standby of PostgreSQL."""
    if database.is_sqlite:
        monkeypatch.setattr("orderly.database.database.BUSY_TIMEOUT", 0.01)
        with closing(Database(url_of(database))) as late, database.writing() as session:
            assert result(late) is None  # it is connected
            session.execute(readiness.WRITE)
            yield late
        return
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    name = database.url.database
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        try:
            with closing(Database(url)) as standby:
                yield standby
        finally:
            owner.execute("SET default_transaction_read_only = off")
            owner.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")


def test_a_complete_database_is_ready(database: Database) -> None:
    assert result(database) is None


def test_a_stopping_service_is_not_ready(database: Database) -> None:
    assert result(database, is_stopping=True) == "a shutdown is in progress"


def test_an_unwritable_database_is_not_ready(unwritable: Database) -> None:
    assert result(unwritable) == "the database cannot be written"


def test_an_outdated_schema_is_not_ready(outdated: Database) -> None:
    assert result(outdated) == "the database does not have the schema of this version"


@pytest.mark.parametrize("migrated", ["sqlite"], indirect=True)
def test_a_nearly_full_disk_is_not_ready(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "MIN_FREE_BYTES", 2**62)
    assert result(database) == "the disk of the database is full"


@pytest.mark.parametrize("migrated", [needing_postgresql("postgresql")], indirect=True)
def test_an_absent_replica_is_not_ready(database: Database) -> None:
    with closing(Database(url_of(database), "postgresql://nobody@127.0.0.1:1/nothing")) as without:
        assert result(without) == "the database does not respond"


def test_a_recent_result_is_reused(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    readiness_ = Readiness(database, lambda: False, REVISIONS)
    readiness_.check_ready()
    monkeypatch.setattr(readiness_, "_check", lambda _: "It was checked again.")
    readiness_.check_ready()
    monkeypatch.setattr(readiness_, "_until", 0.0)
    with pytest.raises(Unavailable, match=r"It was checked again\."):
        readiness_.check_ready()
