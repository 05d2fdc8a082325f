"""Events: what happened in the shop, in an order that a reader can follow without missing anything.

A reader asks for what comes after the last event that he has seen. So an event must never appear before one that he
has been shown, though transactions end in another order than they begin. On PostgreSQL the position of an event is
the number of its transaction, and the feed ends before the oldest transaction that is still under way, in whichever
database of the server: whatever that one records comes after all that was shown. On SQLite writers are alone.

The numbers of transactions are those of one server, and a copy that takes the place of the database has not the last
events that readers were shown. `db.event_epoch` sets where positions count from, so that they continue above these.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, Select, String, insert, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.sql.functions import FunctionElement

from db.event_epoch import POSITION_OFFSET
from orderly import Caller
from orderly.clock import new_id, now
from orderly.database.models import Base, UtcDateTime

TYPES = (
    "product.created",
    "product.updated",
    "product.archived",
    "stock.adjusted",
    "order.created",
    "order.updated",
    "order.paid",
    "order.fulfilled",
    "order.cancelled",
    "order.refunded",
    "user.created",
    "user.updated",
    "user.disabled",
    "user.enabled",
    "user.erased",
)


class _Position(FunctionElement[int]):
    """The position of what is recorded now."""

    type = BigInteger()
    inherit_cache = True


class _End(FunctionElement[int]):
    """The first position at which something may still be recorded."""

    type = BigInteger()
    inherit_cache = True


@compiles(_Position, "postgresql")
def _transaction(*_: Any, **__: Any) -> str:
    return f"({POSITION_OFFSET} + CAST(CAST(pg_current_xact_id() AS text) AS bigint))"


@compiles(_End, "postgresql")
def _oldest_transaction(*_: Any, **__: Any) -> str:
    return f"({POSITION_OFFSET} + CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint))"


@compiles(_Position, "sqlite")
@compiles(_End, "sqlite")
def _next(*_: Any, **__: Any) -> str:
    return f"(SELECT max(coalesce(max(position), 0) + 1, {POSITION_OFFSET}) FROM events)"  # noqa: S608  # ours


class Event(Base):
    """One thing that happened. The row is never changed or deleted."""

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint(f"type IN ({', '.join(map(repr, TYPES))})", name="type"),
        Index("ix_events_position", "position", "id"),
        Index("ix_events_type", "type", "position", "id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, default=_Position())
    type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


def record(
    session: Session, type: str, subject_id: str, *, caller: Caller | None, data: dict[str, Any] | None = None
) -> None:
    """Record, in the transaction of a change, that it was made.

    Args:
        session: the transaction.
        type: what happened, one of `TYPES`.
        subject_id: the id of what it happened to.
        caller: who did it; None if nobody was signed in.
        data: what a program wants to know at once, as the contract's `EventData` has it; no personal data.
    """
    # The ids made by one process ascend, so they keep the order within a transaction.
    event = {"id": new_id("evt"), "type": type, "subject_id": subject_id, "data": data or {}}
    session.connection().execute(_RECORD, {**event, "actor_id": caller.id if caller else None})


def feed(*, type: str | None = None) -> Select[Event]:
    """What happened, as far as it is settled: nothing will ever be recorded before it."""
    statement = select(Event).where(Event.position < _End())
    return statement if type is None else statement.where(Event.type == type)


_RECORD = insert(Event)
"""Runs with every change, so it is built once, and no object is made for a row that nobody reads now."""
