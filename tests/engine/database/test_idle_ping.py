"""Connections that died in their pool."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from orderly.database import idle_ping
from orderly.database.database import Database
from tests.conftest import url_of
from tests.requirements import needing_postgresql

BACKEND = text("SELECT pg_backend_pid()")
TERMINATE = text("SELECT pg_terminate_backend(:backend, 5000)")

pytestmark = pytest.mark.parametrize("migrated", [needing_postgresql("postgresql")], indirect=True)


@pytest.fixture
def ended(database: Database) -> Iterator[Database]:
    """A database whose only connection was terminated while idle."""
    own = Database(url_of(database), threads=1)
    with database.reading() as session:
        assert session.execute(TERMINATE, {"backend": backend_of(own)}).scalar()
    yield own
    own.close()


def backend_of(database: Database) -> Any:
    with database.reading() as session:
        return session.execute(BACKEND).scalar()


def test_an_idle_one_is_replaced(ended: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle_ping, "IDLE_PING_AFTER", 0.0)
    assert backend_of(ended)


def test_a_recent_one_fails_once_and_is_replaced(ended: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle_ping, "IDLE_PING_AFTER", 60.0)
    with pytest.raises(OperationalError):
        backend_of(ended)
    assert backend_of(ended)
