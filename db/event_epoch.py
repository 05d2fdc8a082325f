"""The epoch of event positions.

It keeps the positions ascending after a move or a restore of the database. Clients remember the last position that they
received. After a move to another server, the numbers of transactions differ. A restored database lacks events that
clients have received already. In both cases positions continue from the current time in microseconds. No position
reaches that otherwise, because no database has that number of transactions. So every later event follows all that were
delivered.

`detect_restore` detects a copy by `orderly backup` and, for PostgreSQL, another server or timeline, as after a
point-in-time recovery. After any other restore an operator must run `advance_epoch`, by `orderly db mark-restored`.
"""

from sqlalchemy import BigInteger, CheckConstraint, Connection, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from orderly.clock import now
from orderly.database.database import Database
from orderly.database.models import Base

POSITION_OFFSET = "coalesce((SELECT shift FROM event_origin), 0)"
"""SQL for the offset of positions; 0 in a database that was never moved."""
MARK_COPY = "UPDATE event_origin SET server = 'copy'"
"""SQL that marks a SQLite file as a copy, so that the epoch advances when a service uses it."""
REMEMBER = text(
    "INSERT INTO event_origin (id, server, shift) VALUES (1, :server, :shift)"
    " ON CONFLICT (id) DO UPDATE SET server = excluded.server, shift = excluded.shift"
)
LOCK_EVENTS = text("LOCK TABLE events IN SHARE ROW EXCLUSIVE MODE")
"""Waits for transactions that record events, and blocks others: no position of the old epoch may follow one of the new
epoch."""
SERVER = text(
    "SELECT system_identifier || '/' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)"
    " FROM pg_control_system()"
)
"""The identifier of a PostgreSQL server and its timeline, which is the first part of the name of a WAL file."""
NUMBER = text("SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)")


class EventEpoch(Base):
    """The epoch of positions and its server; at most one row."""

    __tablename__ = "event_origin"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    server: Mapped[str] = mapped_column(String(40))
    shift: Mapped[int] = mapped_column(BigInteger)


def detect_restore(database: Database) -> None:
    """Advance the epoch if the database was moved or restored."""
    # Without a change nothing is written: a SQLite file may be locked or its disk full during the start.
    with database.reading() if database.is_sqlite else database.writing() as session:
        connection = session.connection()
        current = _server(connection)
        stored = connection.scalar(select(EventEpoch.server))
    if stored is None:
        with database.writing() as session:
            session.execute(REMEMBER, {"server": current, "shift": 0})
            session.commit()
    elif stored != current:
        advance_epoch(database)


def advance_epoch(database: Database) -> None:
    """Advance the epoch, so that later positions exceed all earlier ones."""
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
