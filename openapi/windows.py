"""Rate limits counted in this process alone: fixed windows, each begun by the first request in it."""

import threading
import time
from dataclasses import dataclass

import limits

SWEEP = 60.0
"""Seconds after which windows that have ended are forgotten. The library's own storage starts a thread for that at
every other request, which costs more than all of the counting."""


@dataclass(slots=True)
class _Window:
    count: int
    ends: float


class Windows:
    """Counts by key. It goes by the monotonic clock: a clock that is set back keeps no window open."""

    def __init__(self) -> None:
        self._windows: dict[tuple[object, ...], _Window] = {}
        self._lock = threading.Lock()
        self._swept = 0.0

    def hit(self, item: limits.RateLimitItem, *key: str) -> tuple[bool, int, float]:
        """Count once: whether it was within the limit, what is left, and when (Unix time) the window ends."""
        at = time.monotonic()
        with self._lock:
            self._sweep(at)
            window = self._windows.get((item, *key))
            if window is None or window.ends <= at:
                window = self._windows[(item, *key)] = _Window(0, at + item.get_expiry())
            window.count += 1
            left = item.amount - window.count
        return left >= 0, max(0, left), time.time() + window.ends - at

    def _sweep(self, at: float) -> None:
        if at >= self._swept + SWEEP:
            self._windows = {key: window for key, window in self._windows.items() if window.ends > at}
            self._swept = at
