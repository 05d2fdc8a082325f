"""Whether the service can serve: each thing that it claims to ask is taken away once."""

from contextlib import closing

import psycopg
import pytest
from sqlalchemy import text

from orderly.database import readiness
from orderly.database.database import Database
from orderly.database.readiness import Readiness
from orderly.errors import Unavailable
from tests.conftest import url_of
from tests.requirements import needing_postgresql
from tests.shop.application import REVISIONS


def result(database, *, is_stopping=False):
    """What it says; None if it is ready."""
    try:
        Readiness(database, lambda: is_stopping, REVISIONS).check_ready()
    except Unavailable as refusal:
        return refusal.fields["reason"]
    return None


def set_revision(database, revision):
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
        session.commit()


@pytest.fixture
def outdated(database):
    """The database as an earlier release needed it."""
    set_revision(database, REVISIONS[0])
    yield database
    set_revision(database, REVISIONS[-1])


@pytest.fixture
def unwritable(database, monkeypatch):
    """The database, which somebody else is writing all the time (SQLite), or which became a standby (PostgreSQL)."""
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


def test_it_is_ready_when_everything_is_there(database):
    assert result(database) is None


def test_it_is_not_while_it_stops(database):
    assert result(database, is_stopping=True) == "it is stopping"


def test_it_is_not_without_a_place_to_write(unwritable):
    assert result(unwritable) == "the database cannot be written"


def test_it_is_not_with_the_schema_of_an_earlier_release(outdated):
    assert result(outdated) == "the database does not have the schema of this version"


@pytest.mark.parametrize("migrated", ["sqlite"], indirect=True)
def test_it_is_not_with_a_disk_that_is_nearly_full(database, monkeypatch):
    monkeypatch.setattr(readiness, "MIN_FREE_BYTES", 2**62)
    assert result(database) == "the disk of the database is full"


@pytest.mark.parametrize("migrated", [needing_postgresql("postgresql")], indirect=True)
def test_it_is_not_without_its_replica(database):
    with closing(Database(url_of(database), "postgresql://nobody@127.0.0.1:1/nothing")) as without:
        assert result(without) == "the database does not respond"


def test_what_was_asked_a_moment_ago_is_not_asked_again(database, monkeypatch):
    asked = Readiness(database, lambda: False, REVISIONS)
    asked.check_ready()
    monkeypatch.setattr(asked, "_ask", lambda _: "This would be asked.")
    asked.check_ready()
    monkeypatch.setattr(asked, "_until", 0.0)
    with pytest.raises(Unavailable, match=r"This would be asked\."):
        asked.check_ready()
