"""Rate limits counted in this process alone: fixed windows, each begun by the first request in it."""

import threading
import time
from dataclasses import dataclass
from typing import NamedTuple

from orderly.contract.operation import RateLimit

MAX_CLOCK_STEP = 1.0
"""Seconds that the clock may go back before a window is begun anew: it would stay open until the clock caught up."""
PURGE_INTERVAL = 60.0
"""Seconds after which windows that have ended are forgotten. The library's own storage starts a thread for that at
every other request, which costs more than all of the counting."""


class HitResult(NamedTuple):
    """How one more request stands to a limit."""

    allowed: bool
    remaining: int
    reset_at: float
    """When the window ends, as Unix time."""


@dataclass(slots=True)
class _Window:
    begins: float
    ends: float
    count: int = 0

    def has(self, at: float) -> bool:
        return self.begins - MAX_CLOCK_STEP <= at < self.ends


class MemoryStore:
    """Counts by key."""

    def __init__(self) -> None:
        self._windows: dict[tuple[object, ...], _Window] = {}
        self._lock = threading.Lock()
        self._purged_at = 0.0

    def hit(self, limit: RateLimit, *key: str) -> HitResult:
        """Count once."""
        at = time.time()
        place = (limit.limit, limit.window, *key)
        with self._lock:
            self._purge(at)
            window = self._windows.get(place)
            if window is None or not window.has(at):
                window = self._windows[place] = _Window(at, at + limit.window)
            window.count += 1
            remaining = limit.limit - window.count
        return HitResult(remaining >= 0, max(0, remaining), window.ends)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._windows = {}

    def _purge(self, at: float) -> None:
        if abs(at - self._purged_at) >= PURGE_INTERVAL:
            self._windows = {key: window for key, window in self._windows.items() if window.has(at)}
            self._purged_at = at
