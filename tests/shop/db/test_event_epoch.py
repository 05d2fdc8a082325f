"""Positions of events after a database was restored."""

from typing import Any

import pytest
from sqlalchemy import select, text, update

from db import event_epoch
from db.event_epoch import EventEpoch
from db.events import Event
from orderly.database.database import Database
from tests.requirements import needing_postgresql
from tests.shop.db.test_events import Follower, record


def happen(database: Database, *subjects: str) -> None:
    with database.writing() as session:
        record(session, *subjects)
        session.commit()


def shift_of(database: Database) -> Any:
    with database.reading() as session:
        return session.scalar(select(EventEpoch.shift))


def test_same_database_keeps_its_positions(database: Database) -> None:
    event_epoch.detect_restore(database)
    happen(database, "before")
    event_epoch.detect_restore(database)
    happen(database, "after")
    assert shift_of(database) == 0
    assert Follower(database).read_until(2) == ["before", "after"]


def test_restored_database_continues_at_higher_positions(database: Database) -> None:
    event_epoch.detect_restore(database)
    happen(database, "kept")
    follower = Follower(database)
    follower.read_until(1)
    with database.writing() as session:
        session.execute(update(EventEpoch).values(server="another"))
        kept = session.execute(select(Event.position)).scalar_one()
        session.commit()
    follower.place = (kept + 1_000_000, "evt_lost")  # the last event of the lost server that the follower read
    event_epoch.detect_restore(database)
    happen(database, "new")
    assert follower.read_until(2) == ["kept", "new"]


def test_restore_is_detected_once(database: Database) -> None:
    event_epoch.detect_restore(database)
    event_epoch.advance_epoch(database)
    moved = shift_of(database)
    event_epoch.detect_restore(database)
    assert shift_of(database) == moved > 0


@pytest.mark.parametrize("migrated", [needing_postgresql("postgresql")], indirect=True)
def test_role_without_privileges_can_identify_the_server(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("SET LOCAL ROLE pg_database_owner"))
        assert "/" in session.scalar(event_epoch.SERVER)
