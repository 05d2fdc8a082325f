"""Who asks which PostgreSQL, and what is answered while all connections are taken or a database is gone."""

import asyncio
from contextlib import ExitStack, closing
from functools import partial

import pytest
from sqlalchemy import insert, select, update

from db.sessions import UserSession
from db.users import User
from orderly import app as composition
from orderly.database import database as sessions
from orderly.database.database import Database
from tests.applications import create_shop
from tests.asgi import Client, shut_down
from tests.conftest import make_postgresql, url_of
from tests.requirements import needing_postgresql
from tests.shop.application import migrate
from tests.shop.factories import make_settings

GONE = "postgresql://postgres@127.0.0.1:1/gone"

pytestmark = pytest.mark.parametrize("migrated", [needing_postgresql("postgresql")], indirect=True)


@pytest.fixture
def alice(sign_in):
    """Alice, in the first database."""
    return sign_in("alice")


@pytest.fixture
def replica(database, alice):
    """A second database, which has another name for Alice: nothing brings it up to date."""
    with make_postgresql("replica") as url, closing(Database(url)) as copy:
        migrate(url)
        with database.reading() as there, copy.writing() as here:
            for table in (User.__table__, UserSession.__table__):
                here.execute(insert(table), [dict(row._mapping) for row in there.execute(select(table))])
            here.execute(update(User).values(name="Alice of old"))
            here.commit()
        yield copy


@pytest.fixture
def serve(database, alice):
    """Serves with these settings; gives Alice as she calls there."""
    with ExitStack() as stack:

        def serve(**settings):
            given = make_settings(database_url=url_of(database), rate_limits=False, **settings)
            app = create_shop(given)
            stack.callback(lambda: asyncio.run(shut_down(app)))
            return Client(app, alice.own)

        yield serve


@pytest.fixture
def few(monkeypatch):
    """The service's database, which has two connections of each kind and waits for them briefly."""
    made = []

    def make(url, replica_url, **_):
        made.append(Database(url, replica_url, threads=1))
        return made[-1]

    monkeypatch.setattr(composition, "Database", make)
    monkeypatch.setattr(sessions, "POOL_TIMEOUT", 0.05)
    return made


def test_a_get_asks_the_replica_and_a_change_the_first_database(serve, replica):
    alice = serve(database_replica_url=url_of(replica))
    assert alice.get("/v1/me").json["name"] == "Alice of old"
    assert alice.patch("/v1/me", {"name": "Alice the Second"}).json["name"] == "Alice the Second"
    assert alice.get("/v1/me").json["name"] == "Alice of old"


def test_who_may_change_something_is_asked_of_the_first_database(serve, replica, database):
    alice = serve(database_replica_url=url_of(replica))
    with database.writing() as session:
        session.execute(update(User).values(status="disabled"))
        session.commit()
    assert alice.get("/v1/me").status == 200
    assert alice.patch("/v1/me", {"name": "Somebody"}).status == 401


def test_without_its_replica_the_service_still_changes_things_and_says_that_it_is_not_ready(serve):
    alice = serve(database_replica_url=GONE)
    assert alice.patch("/v1/me", {"name": "Alice the Second"}).status == 200
    for target in ("/v1/me", "/v1/health/ready"):
        answer = alice.get(target)
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "unavailable", "1")


@pytest.mark.parametrize("kind", ["reading", "writing"])
def test_while_all_connections_are_taken_it_is_unavailable_and_then_it_is_not(serve, few, kind):
    alice = serve()
    rename = partial(alice.patch, "/v1/me", {"name": "Alice the Second"})
    with ExitStack() as taken:
        for _ in range(2):
            taken.enter_context(getattr(few[0], kind)()).connection()
        answer = rename()
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "unavailable", "1")
    assert rename().status == 200
