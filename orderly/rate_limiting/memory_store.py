"""Rate limits counted in this process alone: fixed windows, each begun by the first request in it."""

import threading
import time
from dataclasses import dataclass
from typing import NamedTuple

from orderly.contract.model import RateLimit

CLOCK_STEP = 1.0
"""Seconds that the clock may go back before a window is begun anew: it would stay open until the clock caught up."""
SWEEP = 60.0
"""Seconds after which windows that have ended are forgotten. The library's own storage starts a thread for that at
every other request, which costs more than all of the counting."""


class Count(NamedTuple):
    """How one more request stands to a limit."""

    within: bool
    left: int
    ends: float
    """When the window ends, as Unix time."""


@dataclass(slots=True)
class _Window:
    begins: float
    ends: float
    count: int = 0

    def has(self, at: float) -> bool:
        return self.begins - CLOCK_STEP <= at < self.ends


class Windows:
    """Counts by key."""

    def __init__(self) -> None:
        self._windows: dict[tuple[object, ...], _Window] = {}
        self._lock = threading.Lock()
        self._swept = 0.0

    def hit(self, limit: RateLimit, *key: str) -> Count:
        """Count once."""
        at = time.time()
        place = (limit.limit, limit.window, *key)
        with self._lock:
            self._sweep(at)
            window = self._windows.get(place)
            if window is None or not window.has(at):
                window = self._windows[place] = _Window(at, at + limit.window)
            window.count += 1
            left = limit.limit - window.count
        return Count(left >= 0, max(0, left), window.ends)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._windows = {}

    def _sweep(self, at: float) -> None:
        if abs(at - self._swept) >= SWEEP:
            self._windows = {key: window for key, window in self._windows.items() if window.has(at)}
            self._swept = at
