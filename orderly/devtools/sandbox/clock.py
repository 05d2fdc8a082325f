"""Time and ids that come again: what is done in the same order happens at the same moments, under the same ids."""

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
"""The time before anything has happened."""
STEP = timedelta(seconds=1)
"""How far a request that may change something moves the clock."""
SAFE = {"GET", "HEAD", "OPTIONS"}


class DeterministicClock:
    """A clock that goes on with what is done and not with the world's, and a mint that counts.

    Time stands still in a request, and between two of them: a test that is run tomorrow, or on a slow machine, is given
    what it was given today. Reading moves nothing, so that nobody who looks changes what others are given.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self.rewind()

    def rewind(self) -> None:
        """Begin from the start."""
        self.now = EPOCH
        self._counts: Counter[str] = Counter()
        self._given: set[str] = set()

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """An application whose requests have their times and ids from here."""

        async def dated(scope: Scope, receive: Receive, send: Send) -> None:
            with self.travel_to(self._next(scope)):
                await app(scope, receive, send)

        return dated

    @contextmanager
    def travel_to(self, moment: datetime, wanted: Iterable[str] = ()) -> Iterator[None]:
        """What happens meanwhile happens at this moment; what is made is given these ids, of its kind and in order."""
        self.now = max(self.now, moment)
        ids = list(wanted)
        before = current_clock.set(ClockAndIds(lambda: moment, lambda prefix: self.new_id(prefix, moment, ids)))
        try:
            yield
        finally:
            current_clock.reset(before)

    def new_id(self, prefix: str, moment: datetime | None = None, wanted: Iterable[str] = ()) -> str:
        """An id that is made at a moment, now if left out: the first of the wanted ones that fits, or a new one."""
        with self._lock:
            self._counts[prefix] += 1  # also when a wanted one is given: those after it are the same ones then
            fitting = (i for i in wanted if i.startswith(f"{prefix}_") and i not in self._given)
            if (made := next(fitting, None)) is None:
                return _counted(prefix, moment or self.now, self._counts[prefix])
            self._given.add(made)
            return made

    def has_given(self, wanted: str | None) -> bool:
        """Whether something was given that id because it was wanted."""
        return wanted in self._given

    def _next(self, scope: Scope) -> datetime:
        with self._lock:
            if scope["type"] == "http" and scope["method"] not in SAFE:
                self.now += STEP
            return self.now


def _counted(prefix: str, moment: datetime, count: int) -> str:
    """An id as a UUIDv7 (RFC 9562, 5.7): a count stands where others have random bits."""
    number = int(moment.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62 | count
    return str(TypeID.from_uuid(UUID(int=number), prefix))  # type: ignore[arg-type]  # it asks for the bytes only
