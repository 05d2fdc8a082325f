"""The threads that requests are served in, and the queue before them, which has an end."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from db.errors import Unavailable

P = ParamSpec("P")
R = TypeVar("R")

QUEUE_PER_THREAD = 64
"""How many requests may wait for each thread: more than that would wait longer than a client does."""


class Workers:
    """A request crosses to a thread once. What would wait too long is refused at once."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="orderly")
        self._places = threading.BoundedSemaphore(threads * (1 + QUEUE_PER_THREAD))

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do the work in a thread.

        Raises:
            Unavailable: too much is waiting already.
        """
        if not self._places.acquire(blocking=False):
            raise Unavailable
        try:
            future = self._pool.submit(copy_context().run, partial(work, *args, **kwargs))  # the log's context
        except RuntimeError:  # shutting down
            self._places.release()
            raise Unavailable from None
        future.add_done_callback(lambda _: self._places.release())
        # Shielded: a client that hangs up does not stop a transaction half-way.
        return await asyncio.shield(asyncio.wrap_future(future))

    def close(self) -> None:
        """Let what is under way finish, and take nothing new."""
        self._pool.shutdown(wait=True)
