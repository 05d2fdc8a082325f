"""Replica and primary on PostgreSQL, and missing connections."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from orderly import Caller, ReadSession
from orderly.database import database as databases
from orderly.database.database import Database
from orderly.pipeline.thread_pool import PASSWORD_THREADS
from tests.conftest import make_postgresql, url_of
from tests.engine.application import AUTHENTICATORS, CALLERS, CONTRACT, HANDLERS, Tables, Thing
from tests.engine.conftest import Serve
from tests.requirements import needing_postgresql

GONE = "postgresql://postgres@127.0.0.1:1/gone"
JUG, ANY = {"name": "jug"}, {"If-Match": "*"}

CONNECTIONS = 2 * (1 + PASSWORD_THREADS)
"""Connections of a service with one thread: one for each thread, and as many for bursts."""

pytestmark = pytest.mark.parametrize("migrated", [needing_postgresql("postgresql")], indirect=True)


@pytest.fixture
def replica(database: Database, thing: str) -> Iterator[Database]:
    """A second database with another name of the thing."""
    with make_postgresql("replica") as url, closing(Database(url)) as replica:
        with database.reading() as source, replica.writing() as copy:
            Tables.metadata.create_all(copy.connection())
            copy.execute(insert(Thing), [dict(row._mapping) for row in source.execute(select(Thing.__table__))])
            copy.execute(update(Thing).values(name="old cup"))
            copy.commit()
        yield replica


def test_a_get_reads_the_replica_and_a_change_the_primary(serve: Serve, replica: Database, thing: str) -> None:
    alice = serve(database_replica_url=url_of(replica)).signed_in("alice")

    assert alice.get(thing).json["name"] == "old cup"
    assert alice.patch(thing, JUG, ANY).json["name"] == "jug"
    assert alice.get(thing).json["name"] == "old cup"


def test_the_caller_of_a_change_is_read_from_the_primary(serve: Serve, replica: Database, thing: str) -> None:
    def bearer(token: str, *, session: ReadSession) -> Caller:
        names.append(session.scalar(select(Thing.name)))
        return CALLERS[token]

    names: list[str | None] = []
    authenticators = {**AUTHENTICATORS, "bearer": bearer}
    alice = serve(HANDLERS, CONTRACT, authenticators, database_replica_url=url_of(replica)).signed_in("alice")

    alice.get("/v1/callers")
    alice.patch(thing, JUG, ANY)

    assert names == ["old cup", "cup"]


def test_without_its_replica_the_service_changes_things(serve: Serve, thing: str) -> None:
    alice = serve(database_replica_url=GONE).signed_in("alice")

    assert alice.patch(thing, JUG, ANY).status == 200
    answer = alice.get(thing)
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "unavailable", "1")


@pytest.mark.parametrize("kind", ["reading", "writing"])
def test_while_all_connections_are_taken_it_is_unavailable(
    serve: Serve, thing: str, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def get_newest_tree(*, database: Database) -> dict[str, Any]:
        found.append(database)
        return {"name": "newest"}

    monkeypatch.setattr(databases, "POOL_TIMEOUT", 0.05)
    found: list[Database] = []
    alice = serve({**HANDLERS, "get_newest_tree": get_newest_tree}, threads=1).signed_in("alice")
    alice.get("/v1/trees/newest")

    with ExitStack() as taken:
        for _ in range(CONNECTIONS):
            taken.enter_context(getattr(found[0], kind)()).connection()
        answer = alice.get(thing) if kind == "reading" else alice.patch(thing, JUG, ANY)

    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "unavailable", "1")
    assert alice.patch(thing, JUG, ANY).status == 200
