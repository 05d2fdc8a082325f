"""Pages of a list, by keyset: the next page begins after the key of the last row, however the table moved since."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Select, bindparam, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.elements import KeyedColumnElement

from orderly.database.models import UtcDateTime

SortColumn = InstrumentedAttribute[Any] | KeyedColumnElement[Any]
"""A column that a list is ordered by."""
Item = TypeVar("Item")
"""A serialized row."""
Key = Sequence[str | int]
"""Where a row stands in its list: the values of the order's columns, as JSON can hold them."""


@dataclass(frozen=True, slots=True)
class PageRows(Generic[Item]):
    """The serialized rows of one page, and the key to continue from."""

    data: list[Item]
    has_more: bool
    last: Key | None
    """The key of the last row, None for an empty page."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A page of a list, as a handler returns it: the query of the whole list, its order, and how a row is serialized.

    `order` ends with the id, so that it is total; `descending` applies to all its columns. With `follow` the list can
    be resumed after its last page, as a feed is. `of_rows`: the query selects columns of a table, so a connection
    without an ORM session is enough. `constant`: the query is a constant of its module, so its statements are kept.
    """

    query: Select[Any]
    serialize: Callable[[Any], Item]
    order: Sequence[SortColumn]
    descending: bool = True
    follow: bool = False
    of_rows: bool = False
    constant: bool = False

    def rows(self, source: Connection | Session, limit: int, after: Key | None = None) -> PageRows[Item]:
        """Return the first `limit` rows after a key, or from the start."""
        values: dict[str, Any] = {"limit": limit + 1}
        if after is not None:
            values |= {f"after_{n}": _restore(*each) for n, each in enumerate(zip(self.order, after, strict=True))}
        build = _build_once if self.constant else _build
        found = source.execute(build(self.query, (*self.order,), self.descending, after is not None), values)
        rows = found.scalars().all() if len(found.keys()) == 1 else found.all()
        kept = rows[:limit]
        last = [_plain(getattr(kept[-1], str(c.key))) for c in self.order] if kept else None
        return PageRows([self.serialize(row) for row in kept], len(rows) > limit, last)


def within(
    statement: Select[Any], column: InstrumentedAttribute[datetime], after: datetime | None, before: datetime | None
) -> Select[Any]:
    """Those of the rows whose time is at `after` or later, and before `before`, as far as these are given."""
    if after is not None:
        statement = statement.where(column >= after)
    return statement if before is None else statement.where(column < before)


def _build(statement: Select[Any], order: tuple[SortColumn, ...], descending: bool, later: bool) -> Select[Any]:
    """Return the statement of the first page, or of a later one."""
    statement = statement.order_by(*(c.desc() if descending else c.asc() for c in order)).limit(bindparam("limit"))
    if not later:
        return statement
    place, key = tuple_(*order), tuple_(*(bindparam(f"after_{n}", type_=c.type) for n, c in enumerate(order)))
    return statement.where(place < key if descending else place > key)


_build_once = lru_cache(maxsize=64)(_build)
"""Building and hashing a statement is 111 of the 746 calls of `GET /v1/products`.

Queries are compared by identity: one that is made for a request would never be found again.
"""


def _plain(value: Any) -> str | int:
    return value.isoformat() if isinstance(value, datetime) else value


def _restore(column: SortColumn, value: str | int) -> Any:
    return datetime.fromisoformat(str(value)) if isinstance(column.type, UtcDateTime) else value
