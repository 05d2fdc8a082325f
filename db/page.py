"""Pages of a list, by keyset: the next page begins after the key of the last row, however the table moved since."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from db.base import UtcDateTime

Key = Sequence[str | int]
"""Where a row stands in its list: the values of the order's columns, as JSON can hold them."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list, shaped, and the keys to go on with."""

    data: list[dict[str, Any]]
    has_more: bool
    last: Key | None
    """The key of the last row, None for an empty page."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that a handler gives: what is in it, in which order, and how a row looks.

    `order` ends with the id, so that no two rows stand in one place; `descending` holds for all its columns.
    With `follow` the list can be resumed from its last page, as a feed is.
    """

    statement: Select[Any]
    order: Sequence[InstrumentedAttribute[Any]]
    shape: Callable[[Any], dict[str, Any]]
    descending: bool = True
    follow: bool = False

    def page(self, session: Session, limit: int, after: Key | None = None) -> Page:
        """The first `limit` rows after a key (from the start without one)."""
        statement = self.statement.order_by(*(c.desc() if self.descending else c.asc() for c in self.order))
        if after is not None:
            place = tuple_(*self.order)
            key = tuple_(*(_restore(c, v) for c, v in zip(self.order, after, strict=True)))
            statement = statement.where(place < key if self.descending else place > key)
        found = session.execute(statement.limit(limit + 1))
        rows = list(found.scalars() if len(statement.column_descriptions) == 1 else found)
        kept = rows[:limit]
        last = [_plain(getattr(kept[-1], c.key)) for c in self.order] if kept else None
        return Page([self.shape(row) for row in kept], len(rows) > limit, last)


def _plain(value: Any) -> str | int:
    return value.isoformat() if isinstance(value, datetime) else value


def _restore(column: InstrumentedAttribute[Any], value: str | int) -> ColumnElement[Any]:
    typed = datetime.fromisoformat(str(value)) if isinstance(column.type, UtcDateTime) else value
    return literal(typed, column.type)
