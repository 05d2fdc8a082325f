"""Events of the shop, ordered for clients that follow them.

A client requests the events after the last one that it has received. So an event must never appear before one that
was delivered, although transactions end in another order than they begin. On PostgreSQL the position of an event is
the number of its transaction. The feed ends before the oldest transaction that is open in any database of the server.
So the events of that transaction follow all delivered ones. On SQLite only one transaction writes at a time.

The numbers of transactions belong to one server, and a restored copy lacks the last delivered events. `db.event_epoch`
offsets the positions, so that they continue above the delivered ones.
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
    """SQL expression for the position of a new event."""

    type = BigInteger()
    inherit_cache = True


class _End(FunctionElement[int]):
    """SQL expression for the first position of events not yet committed."""

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
    return f"(SELECT max(coalesce(max(position), 0) + 1, {POSITION_OFFSET}) FROM events)"  # noqa: S608  # a constant


class Event(Base):
    """An event; its row is never changed or deleted."""

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
    """Record an event in the transaction of its change.

    Args:
        session: the transaction.
        type: the kind of event, one of `TYPES`.
        subject_id: the id of the changed object.
        caller: the author of the change; None without a signed-in caller.
        data: details by the contract's `EventData`; no personal data.
    """
    # The ids of one process ascend, so they keep the order within a transaction.
    event = {"id": new_id("evt"), "type": type, "subject_id": subject_id, "data": data or {}}
    session.connection().execute(_RECORD, {**event, "actor_id": caller.id if caller else None})


def feed(*, type: str | None = None) -> Select[Event]:
    """Return a query for the events that no later commit can precede."""
    statement = select(Event).where(Event.position < _End())
    return statement if type is None else statement.where(Event.type == type)


_RECORD = insert(Event)
"""The statement of every change, built once. The ORM would create an object that no code reads."""
