"""Where the positions of events count from, so that they only grow: on another server too, and in a restored copy.

Readers remember the last position that they saw. A database that was brought to another server has other numbers of
transactions, and one that was restored lacks what happened after it was copied, which readers have seen. Both go on
counting from the time of day in microseconds, which no position ever reaches: there are not so many transactions. So
whatever happens from now on comes after all that anybody was shown.

It is noticed by itself (`detect_restore`) when PostgreSQL is another server or on another timeline, as after
a point-in-time recovery, and in a copy that `orderly backup` made. Whoever goes
back in another way says so (`advance_epoch`).
"""

from sqlalchemy import BigInteger, CheckConstraint, Connection, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from orderly.clock import now
from orderly.database.database import Database
from orderly.database.models import Base

POSITION_OFFSET = "coalesce((SELECT shift FROM event_origin), 0)"
"""What is added to the numbers of the database, as SQL; nothing in a database that has never been moved."""
MARK_COPY = "UPDATE event_origin SET server = 'copy'"
"""What makes a SQLite file one that readers' positions have to be lifted in, when it is put in its place."""
REMEMBER = text(
    "INSERT INTO event_origin (id, server, shift) VALUES (1, :server, :shift)"
    " ON CONFLICT (id) DO UPDATE SET server = excluded.server, shift = excluded.shift"
)
LOCK_EVENTS = text("LOCK TABLE events IN SHARE ROW EXCLUSIVE MODE")
"""Waits for those who record events, and lets others wait: nobody counts from the old place after somebody did from
the new one."""
SERVER = text(
    "SELECT system_identifier || '/' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)"
    " FROM pg_control_system()"
)
"""Which PostgreSQL this is, and on which timeline: the first part of the names of its logs."""
NUMBER = text("SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)")


class EventEpoch(Base):
    """From where positions count, and on which server; one row at the most."""

    __tablename__ = "event_origin"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    server: Mapped[str] = mapped_column(String(40))
    shift: Mapped[int] = mapped_column(BigInteger)


def detect_restore(database: Database) -> None:
    """Let positions count from above all that were shown, if the database has come to another server since."""
    # A start writes nothing where nothing has changed: a SQLite file may be locked, or its disk full, for the moment.
    with database.reading() if database.is_sqlite else database.writing() as session:
        connection = session.connection()
        here = _server(connection)
        known = connection.scalar(select(EventEpoch.server))
    if known is None:
        with database.writing() as session:
            session.execute(REMEMBER, {"server": here, "shift": 0})
            session.commit()
    elif known != here:
        advance_epoch(database)


def advance_epoch(database: Database) -> None:
    """The same, for a database that has gone back to an earlier state in a way that it does not show."""
    with database.writing() as session:
        number = 0
        if not database.is_sqlite:
            session.execute(LOCK_EVENTS)
            number = session.scalar(NUMBER) or 0
        shift = int(now().timestamp() * 1_000_000) - number
        session.execute(REMEMBER, {"server": _server(session.connection()), "shift": shift})
        session.commit()


def _server(connection: Connection) -> str:
    return "file" if connection.dialect.name == "sqlite" else str(connection.scalar(SERVER))
