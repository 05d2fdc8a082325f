"""PostgreSQL with standbys: sessions find the primary, and read-only connections are closed."""

from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from orderly.database.database import Database
from tests.conftest import url_of
from tests.requirements import needing_postgresql

BACKEND = text("SELECT pg_backend_pid()")
WRITE = text("UPDATE things SET name = name")
DEMOTE = text("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")

pytestmark = pytest.mark.parametrize("migrated", [needing_postgresql("postgresql")], indirect=True)


def without_target(database: Database, target: str) -> str:
    """Return the database URL with an unreachable first host."""
    own = database.url
    where = {"host": f"127.0.0.1,{own.host}", "port": f"1,{own.port or 5432}", "target_session_attrs": target}
    url = own._replace(host=None, port=None).update_query_dict(where)
    return url.render_as_string(hide_password=False)


@pytest.mark.parametrize("target", ["read-write", "primary", "any"])
def test_of_several_hosts_the_one_in_reach_is_found(database: Database, target: str) -> None:
    with closing(Database(without_target(database, target))) as own:
        with own.reading() as session:
            assert session.execute(text("SHOW default_transaction_read_only")).scalar() == "on"
        with own.writing() as session:
            session.execute(WRITE)
            session.commit()


def test_read_only_connections_are_replaced_together(database: Database) -> None:
    with closing(Database(url_of(database), threads=2)) as own:
        with own.writing() as one, own.writing() as other:
            before = {demoted(one), demoted(other)}
        with own.writing() as session, pytest.raises(DBAPIError, match="read-only transaction"):
            session.execute(WRITE)
        with own.writing() as one, own.writing() as other:
            assert before.isdisjoint({one.scalar(BACKEND), other.scalar(BACKEND)})
            one.execute(WRITE)
            other.rollback()


def demoted(session: Session) -> Any:
    """Make the connection of a session read-only, and return its backend."""
    connection = session.connection()
    connection.execute(DEMOTE)
    backend = connection.scalar(BACKEND)
    session.commit()
    return backend
