"""The feed of events: a follower sees each event once."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import insert, text, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db import events
from db.events import Event
from orderly.database.database import Database
from orderly.database.pagination import Page
from tests.requirements import needing_postgresql

SETTLES_WITHIN = 30
"""Seconds. The feed waits for every transaction of the server, those of other tests too."""


class Follower:
    """A reader of the feed that continues from its last page."""

    def __init__(self, database: Database, **wanted: Any) -> None:
        self.database = database
        self.wanted = wanted
        self.seen: list[Any] = []
        self.place: Sequence[str | int] | None = None

    def read(self, limit: int = 7) -> list[Any]:
        order, wanted = [Event.position, Event.id], events.feed(**self.wanted)
        listing = Page(wanted, lambda e: e.subject_id, order, descending=False, follow=True)
        with self.database.reading() as session:
            page = listing.rows(session.session, limit, self.place)
        self.seen += page.data
        self.place = page.last or self.place
        return self.seen

    def read_until(self, count: int) -> list[Any]:
        deadline = time.monotonic() + SETTLES_WITHIN
        while len(self.seen) < count and time.monotonic() < deadline:
            self.read()
            time.sleep(0.01)
        return self.read()


def record(session: Session, *subjects: str) -> None:
    for subject in subjects:
        events.record(session, "order.created", subject, caller=None)
    session.flush()


def test_events_are_in_the_order_of_recording(database: Database) -> None:
    with database.writing() as session:
        record(session, "a", "b", "c")
        record(session, "d")
        session.commit()
    with database.writing() as session:
        record(session, "e")
        session.commit()
    assert Follower(database).read_until(5) == ["a", "b", "c", "d", "e"]


def test_event_of_a_rollback_is_not_recorded(database: Database) -> None:
    with database.writing() as session:
        record(session, "never")
    with database.writing() as session:
        record(session, "once")
        session.commit()
    assert Follower(database).read_until(1) == ["once"]


def test_table_rejects_an_unknown_type(session: Session) -> None:
    with pytest.raises(IntegrityError, match="ck_events_type"):
        events.record(session, "order.lost", "ord_1", caller=None)


@pytest.mark.parametrize(("wanted", "index"), [({}, "ix_events_position"), ({"type": "user.erased"}, "ix_events_type")])
def test_page_uses_an_index(session: Session, wanted: dict[str, Any], index: str) -> None:
    often_and_rarely = ["order.created"] * 99 + ["user.erased"]
    rows = [{"id": f"evt_{n:04}", "position": n, "type": often_and_rarely[n % 100]} for n in range(5000)]
    session.execute(insert(Event), [{**row, "subject_id": "ord_1", "data": {}} for row in rows])
    session.execute(text("ANALYZE"))
    place = tuple_(Event.position, Event.id)
    page = events.feed(**wanted).where(place > tuple_(2000, "evt_2000")).order_by(Event.position, Event.id).limit(21)
    sql = page.compile(session.connection(), compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN QUERY PLAN" if session.get_bind().dialect.name == "sqlite" else "EXPLAIN"
    plan = "\n".join(str(row) for row in session.execute(text(f"{explain} {sql}")))
    assert index in plan, plan
    assert "TEMP B-TREE" not in plan, plan
    assert "Sort" not in plan, plan


@pytest.mark.parametrize("migrated", [needing_postgresql("postgresql")], indirect=True)
def test_late_commit_is_not_skipped(database: Database) -> None:
    follower = Follower(database)
    with database.writing() as early, database.writing() as late:
        record(early, "early")
        record(late, "late")
        late.commit()
        assert follower.read() == []
        early.commit()
    assert follower.read_until(2) == ["early", "late"]


def write(database: Database, writer: Any) -> list[str]:
    """Record events in transactions, some rolled back; return the committed ones."""
    committed = []
    for turn in range(15):
        subjects = [f"{writer}.{turn}.{n}" for n in range(1 + turn % 3)]
        with database.writing() as session:
            record(session, *subjects)
            if turn % 5 < 4:
                session.commit()
                committed += subjects
    return committed


def test_a_follower_of_many_writers_sees_each_event_once(database: Database) -> None:
    follower = Follower(database)
    with ThreadPoolExecutor(6) as pool:
        writers = [pool.submit(write, database, name) for name in "abcdef"]
        while not all(writer.done() for writer in writers):
            follower.read()
    committed = [subject for writer in writers for subject in writer.result()]
    assert sorted(follower.read_until(len(committed))) == sorted(committed)
