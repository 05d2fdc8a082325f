"""The clock, and ids that contain the time (TypeID)."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from typeid import TypeID


def type_id(prefix: str) -> str:
    """Return a new TypeID (0.3). It is the prefix, `_`, and a UUIDv7, and sorts by time."""
    return str(TypeID(prefix=prefix))


@dataclass(frozen=True, slots=True)
class ClockAndIds:
    """A source of times and of ids."""

    now: Callable[[], datetime]
    new_id: Callable[[str], str]


SYSTEM_CLOCK = ClockAndIds(partial(datetime.now, UTC), type_id)
current_clock = ContextVar("current_clock", default=SYSTEM_CLOCK)
"""The clock of the current context. The sandbox sets a deterministic one, so that the same calls create the same
objects. It is not an argument, because rules of a row and defaults of its columns need it. It is not global, so that a
service in the same process as a sandbox keeps the system's clock. Secrets never depend on it."""


def now() -> datetime:
    """Return the time of the current clock, in UTC."""
    return current_clock.get().now()


def new_id(prefix: str) -> str:
    """Return a new id with a prefix."""
    return current_clock.get().new_id(prefix)
