"""Time spent in the database driver, measured around the dialect's methods."""

import threading
from collections.abc import Callable
from functools import wraps
from time import perf_counter
from typing import ParamSpec, TypeVar

from sqlalchemy import Engine

P = ParamSpec("P")
R = TypeVar("R")

DIALECT_METHODS = ("do_ping", "do_begin", "do_execute", "do_executemany", "do_commit", "do_rollback")
"""The methods in which a dialect of SQLAlchemy waits for its driver. SQLAlchemy has no event for the end of a COMMIT,
where SQLite waits for the disk."""


class _Spent(threading.local):
    seconds = 0.0


time_spent = _Spent()
"""Seconds this thread has spent in the database driver since it started; subtract two readings. SQLite computes rows
while they are fetched, which is not included."""


def wrap_dialect(engine: Engine, wrapper: Callable[[Callable[P, R]], Callable[P, R]]) -> None:
    """Wrap the dialect methods of an engine."""
    for name in DIALECT_METHODS:
        setattr(engine.dialect, name, wrapper(getattr(engine.dialect, name)))


def timed(method: Callable[P, R]) -> Callable[P, R]:
    """Return the method, with its duration added to `time_spent`."""

    @wraps(method)
    def timed_method(*args: P.args, **kwargs: P.kwargs) -> R:
        start = perf_counter()
        try:
            return method(*args, **kwargs)
        finally:
            time_spent.seconds += perf_counter() - start

    return timed_method
