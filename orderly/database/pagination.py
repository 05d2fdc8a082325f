"""Keyset pagination.

A page begins after the key of the previous page's last row. Rows inserted or deleted meanwhile neither repeat nor hide
other rows.
"""

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
"""A column in the sort order of a list."""
Item = TypeVar("Item")
"""A serialized row."""
Key = Sequence[str | int]
"""The position of a row in its list: its values in the sort columns, as JSON types."""


@dataclass(frozen=True, slots=True)
class PageRows(Generic[Item]):
    """The serialized rows of one page, and the key to continue from."""

    data: list[Item]
    has_more: bool
    last: Key | None
    """The key of the last row; None for an empty page."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A page of a list: its query, order and serializer.

    Handlers return it. `query` selects the whole list. `order` ends with the id, so that it is total; `descending`
    applies to all its columns. With `follow` a client can continue the list after its last page, as with a feed. With
    `of_rows` the query selects columns of a table, so a connection without an ORM session is enough. With `constant`
    the query is a constant of its module, so its statements are kept.
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
        statement = _constant_statement if self.constant else _page_statement
        result = source.execute(statement(self.query, (*self.order,), self.descending, after is not None), values)
        rows = result.scalars().all() if len(result.keys()) == 1 else result.all()
        kept = rows[:limit]
        last = [_json_value(getattr(kept[-1], str(c.key))) for c in self.order] if kept else None
        return PageRows([self.serialize(row) for row in kept], len(rows) > limit, last)


def within(
    statement: Select[Any], column: InstrumentedAttribute[datetime], after: datetime | None, before: datetime | None
) -> Select[Any]:
    """Restrict a query to times from `after`, inclusive, to `before`, exclusive."""
    if after is not None:
        statement = statement.where(column >= after)
    return statement if before is None else statement.where(column < before)


def _page_statement(
    statement: Select[Any], order: tuple[SortColumn, ...], descending: bool, later: bool
) -> Select[Any]:
    """Return the statement for the first page, or for a later one."""
    statement = statement.order_by(*(c.desc() if descending else c.asc() for c in order)).limit(bindparam("limit"))
    if not later:
        return statement
    row, key = tuple_(*order), tuple_(*(bindparam(f"after_{n}", type_=c.type) for n, c in enumerate(order)))
    return statement.where(row < key if descending else row > key)


_constant_statement = lru_cache(maxsize=64)(_page_statement)
"""Building and hashing a statement is 111 of the 746 calls of `GET /v1/products`.

Queries are compared by identity: one that is created for a request would never be found again.
"""


def _json_value(value: Any) -> str | int:
    return value.isoformat() if isinstance(value, datetime) else value


def _restore(column: SortColumn, value: str | int) -> Any:
    return datetime.fromisoformat(str(value)) if isinstance(column.type, UtcDateTime) else value
