"""Deterministic clock and ids: equal requests have equal times and ids."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Lock
from uuid import UUID

from typeid import TypeID

from orderly.clock import ClockAndIds, current_clock
from orderly.http.messages import ASGIApp, Receive, Scope, Send

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""The time before the first request."""
STEP = timedelta(seconds=1)
"""The advance of the clock by each request with an unsafe method."""
SAFE = {"GET", "HEAD", "OPTIONS"}


class DeterministicClock:
    """A clock for unsafe requests, and a counter for ids.

    Each unsafe request advances the clock. Time does not pass during a request, nor between two of them. A test that
    runs tomorrow, or on a slow machine, gets the results of today. Safe requests do not advance the clock, so that
    reading never changes later results.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self.rewind()

    def rewind(self) -> None:
        """Reset the time and all counters."""
        self.now = EPOCH
        self._counts: Counter[str] = Counter()
        self._issued: set[str] = set()

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """Wrap an application so that its requests use this clock."""

        async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
            with self.travel_to(self._next(scope)):
                await app(scope, receive, send)

        return wrapped

    @contextmanager
    def travel_to(self, moment: datetime, preferred_ids: Iterable[str] = ()) -> Iterator[None]:
        """Set the time in a context, and the ids to use first."""
        self.now = max(self.now, moment)
        ids = list(preferred_ids)
        before = current_clock.set(ClockAndIds(lambda: moment, lambda prefix: self.new_id(prefix, moment, ids)))
        try:
            yield
        finally:
            current_clock.reset(before)

    def new_id(self, prefix: str, moment: datetime | None = None, preferred_ids: Iterable[str] = ()) -> str:
        """Return the first unused preferred id, or a new one.

        A new id contains the moment, or the current time.
        """
        with self._lock:
            self._counts[prefix] += 1  # also for a preferred id, so that the ids after it do not depend on it
            matching = (i for i in preferred_ids if i.startswith(f"{prefix}_") and i not in self._issued)
            if (preferred := next(matching, None)) is None:
                return _counted(prefix, moment or self.now, self._counts[prefix])
            self._issued.add(preferred)
            return preferred

    def has_issued(self, preferred: str | None) -> bool:
        """Return whether a preferred id was issued."""
        return preferred in self._issued

    def _next(self, scope: Scope) -> datetime:
        with self._lock:
            if scope["type"] == "http" and scope["method"] not in SAFE:
                self.now += STEP
            return self.now


def _counted(prefix: str, moment: datetime, count: int) -> str:
    """Return an id with a count for random bits (RFC 9562, 5.7)."""
    number = int(moment.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62 | count
    return str(TypeID.from_uuid(UUID(int=number), prefix))  # type: ignore[arg-type]  # only the bytes are used
