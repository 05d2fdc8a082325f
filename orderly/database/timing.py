"""What the driver is asked, and how long that takes."""

import threading
from collections.abc import Callable
from functools import wraps
from time import perf_counter
from typing import ParamSpec, TypeVar

from sqlalchemy import Engine

P = ParamSpec("P")
R = TypeVar("R")

DIALECT_METHODS = ("do_ping", "do_begin", "do_execute", "do_executemany", "do_commit", "do_rollback")
"""Where a dialect of SQLAlchemy waits for its driver. There is no event for the end of a COMMIT, and that is where
SQLite waits for the disk."""


class _Spent(threading.local):
    seconds = 0.0


time_spent = _Spent()
"""The seconds for which this thread has waited for a driver, ever since: what counts is the difference of two moments.
SQLite computes rows when they are fetched, and that is not in it."""


def wrap_dialect(engine: Engine, wrapper: Callable[[Callable[P, R]], Callable[P, R]]) -> None:
    """Put something around each question that an engine asks its driver."""
    for question in DIALECT_METHODS:
        setattr(engine.dialect, question, wrapper(getattr(engine.dialect, question)))


def timed(ask: Callable[P, R]) -> Callable[P, R]:
    """The same question, whose time is added to what this thread has spent."""

    @wraps(ask)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        began = perf_counter()
        try:
            return ask(*args, **kwargs)
        finally:
            time_spent.seconds += perf_counter() - began

    return asked
