"""Rate limit counters in memory. A fixed window begins with its first request."""

import threading
import time
from dataclasses import dataclass
from typing import NamedTuple

from orderly.contract.operation import RateLimit

MAX_CLOCK_STEP = 1.0
"""Seconds the clock may go back before a new window begins. The old one would stay open until the clock catches up."""
PURGE_INTERVAL = 60.0
"""Seconds between deletions of expired windows. The library's own storage starts a thread for that at every other
request, which costs more than the counting."""


class HitResult(NamedTuple):
    """The state of a limit after a request."""

    allowed: bool
    remaining: int
    reset_at: float
    """The end of the window, as Unix time."""


@dataclass(slots=True)
class _Window:
    start: float
    end: float
    count: int = 0

    def contains(self, at: float) -> bool:
        return self.start - MAX_CLOCK_STEP <= at < self.end


class MemoryStore:
    """Counters by limit and key."""

    def __init__(self) -> None:
        self._windows: dict[tuple[object, ...], _Window] = {}
        self._lock = threading.Lock()
        self._purged_at = 0.0

    def hit(self, limit: RateLimit, *key: str) -> HitResult:
        """Count a request, and return its result."""
        at = time.time()
        counter = (limit.limit, limit.window, *key)
        with self._lock:
            self._purge(at)
            window = self._windows.get(counter)
            if window is None or not window.contains(at):
                window = self._windows[counter] = _Window(at, at + limit.window)
            window.count += 1
            remaining = limit.limit - window.count
        return HitResult(remaining >= 0, max(0, remaining), window.end)

    def clear(self) -> None:
        """Reset all counters."""
        with self._lock:
            self._windows = {}

    def _purge(self, at: float) -> None:
        if abs(at - self._purged_at) >= PURGE_INTERVAL:
            self._windows = {key: window for key, window in self._windows.items() if window.contains(at)}
            self._purged_at = at
