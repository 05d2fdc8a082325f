"""Connections that died in their pool: those that have rested for a while are replaced before anybody notices."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from orderly.database import idle_ping
from orderly.database.database import Database
from tests.conftest import url_of
from tests.requirements import needing_postgresql

WHO = text("SELECT pg_backend_pid()")
END = text("SELECT pg_terminate_backend(:who, 5000)")

pytestmark = pytest.mark.parametrize("migrated", [needing_postgresql("postgresql")], indirect=True)


@pytest.fixture
def ended(database):
    """A database of one's own, whose connection has ended while it was not in use."""
    own = Database(url_of(database), threads=1)
    with database.reading() as session:
        assert session.scalar(END, {"who": ask(own)})
    yield own
    own.close()


def ask(database):
    with database.reading() as session:
        return session.scalar(WHO)


def test_one_that_has_rested_is_replaced(ended, monkeypatch):
    monkeypatch.setattr(idle_ping, "IDLE_PING_AFTER", 0.0)
    assert ask(ended)


def test_one_that_was_just_used_is_found_out_by_a_statement_and_only_once(ended, monkeypatch):
    monkeypatch.setattr(idle_ping, "IDLE_PING_AFTER", 60.0)
    with pytest.raises(OperationalError):
        ask(ended)
    assert ask(ended)
