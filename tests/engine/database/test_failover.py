"""PostgreSQL with standbys: reading and writing find the primary, and who cannot write any more is left."""

from contextlib import closing

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from orderly.database.database import Database
from tests.conftest import url_of
from tests.requirements import needing_postgresql

WHO = text("SELECT pg_backend_pid()")
WRITE = text("UPDATE users SET name = name")
DEMOTE = text("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")

pytestmark = pytest.mark.parametrize("migrated", [needing_postgresql("postgresql")], indirect=True)


def without_target(database, wanted):
    """The URL of the database, with a host before its own where nobody listens."""
    own = database.url
    where = {"host": f"127.0.0.1,{own.host}", "port": f"1,{own.port or 5432}", "target_session_attrs": wanted}
    url = own._replace(host=None, port=None).update_query_dict(where)
    return url.render_as_string(hide_password=False)


@pytest.mark.parametrize("wanted", ["read-write", "primary", "any"])
def test_of_several_hosts_both_reading_and_writing_find_the_one_that_is_there(database, wanted):
    with closing(Database(without_target(database, wanted))) as own:
        with own.reading() as session:
            assert session.scalar(text("SHOW default_transaction_read_only")) == "on"
        with own.writing() as session:
            session.execute(WRITE)
            session.commit()


def test_connections_that_cannot_write_any_more_are_given_up_all_at_once(database):
    with closing(Database(url_of(database), threads=2)) as own:
        with own.writing() as one, own.writing() as other:
            before = {demoted(one), demoted(other)}
        with own.writing() as session, pytest.raises(DBAPIError, match="read-only transaction"):
            session.execute(WRITE)
        with own.writing() as one, own.writing() as other:
            assert before.isdisjoint({one.scalar(WHO), other.scalar(WHO)})
            one.execute(WRITE)
            other.rollback()


def demoted(session):
    """The backend of a session whose connection only reads from now on."""
    connection = session.connection()
    connection.execute(DEMOTE)
    who = connection.scalar(WHO)
    session.commit()
    return who
