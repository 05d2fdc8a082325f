"""Write sessions of a database that another process writes."""

from contextlib import closing

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from orderly.database.database import Database
from tests.conftest import url_of

WRITE = text("UPDATE things SET name = name")


@pytest.mark.parametrize("migrated", ["sqlite"], indirect=True)
def test_a_wait_for_the_file_ends_as_a_failed_statement(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orderly.database.database.BUSY_TIMEOUT", 0.01)
    with closing(Database(url_of(database))) as late:
        with late.writing() as session:
            session.execute(WRITE)

        with database.writing() as other:
            other.execute(WRITE)
            with late.writing() as session, pytest.raises(OperationalError, match="locked"):
                session.execute(WRITE)
        with late.writing() as session:
            session.execute(WRITE)
