"""What every table has in common: the declarative base, the clock, ids and times."""

import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import DateTime, Dialect, MetaData
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator
from typeid import TypeID

RFC_3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:]{8}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})")
MIN_TIME, MAX_TIME = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
LEAP_SECOND = re.compile(r"(T[0-9]{2}:[0-9]{2}):60(?:\.[0-9]+)?")


class Base(DeclarativeBase):
    """The declarative base; every constraint has a name, so that migrations and errors can speak of it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time: an aware datetime in UTC on both sides of the database, refused without a zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC; SQLite keeps no zone, so UTC is the only one that may reach it."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone is no point in time")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give back an aware datetime in UTC."""
        if value is None:
            return None
        aware: datetime = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return aware


def parse_time(text: str) -> datetime:
    """The point in time that an RFC 3339 text names, or the nearest one that a datetime in UTC can hold.

    Raises:
        ValueError: it is none.
    """
    if not RFC_3339.fullmatch(text):
        raise ValueError("not a time as RFC 3339 writes it")
    text = text.upper()
    if ":60" in text:
        text = LEAP_SECOND.sub(r"\1:59.999999", text)
    # Year 0 is a leap year like 4, and as good a name for the beginning of time.
    time = datetime.fromisoformat(f"0004{text[4:]}" if text.startswith("0000") else text)
    try:
        return MIN_TIME if text.startswith("0000") else time.astimezone(UTC)
    except OverflowError:
        return MIN_TIME if time.year == 1 else MAX_TIME


def rfc3339(time: datetime) -> str:
    """A point in time as answers write it: RFC 3339 in UTC with `Z`, to the microsecond."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def type_id(prefix: str) -> str:
    """An id that nobody has: the prefix, `_`, and 26 characters of a UUIDv7, so that ids sort by time (TypeID 0.3)."""
    return str(TypeID(prefix=prefix))


@dataclass(frozen=True, slots=True)
class Source:
    """Where times and ids come from."""

    now: Callable[[], datetime]
    new_id: Callable[[str], str]


WORLD = Source(partial(datetime.now, UTC), type_id)
SOURCE = ContextVar("source", default=WORLD)
"""The clock of the shop and its mint. Whoever serves a request may have others for it: the sandbox does, so that in it
the same calls make the same things. They are found in the context and not handed down, because a row's own rules ask
for the time, and the defaults of its columns; and of one context and not of the process, so that a service that runs
beside a sandbox keeps the real ones. Secrets do not come from here: nothing may make them predictable."""


def now() -> datetime:
    """The time, in UTC, from the clock of the shop."""
    return SOURCE.get().now()


def new_id(prefix: str) -> str:
    """A new id."""
    return SOURCE.get().new_id(prefix)
