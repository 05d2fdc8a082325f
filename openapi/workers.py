"""The threads that requests are served in, and the queue before them, which has an end in places and in time.

How the sizes fit each other, in each process (t is `ORDERLY_THREADS`):

    threads for requests               t       one holds the interpreter at a time; the others wait for the database
    threads for passwords              2       beside them (`db.passwords.AT_ONCE`), so that no sign-in keeps others out
    connections that read              t + 2   SQLite: one a thread
    connections that write             1       SQLite, which has one writer; the threads wait for it in order
    connections to PostgreSQL          t + 2, and as many again where both kinds are needed
    requests that wait                 64 t    as long as `PATIENCE`, then 503; with more waiting 503 at once
    passwords that wait                8       (`db.passwords.WAITING`), then 503 at once

PostgreSQL's `max_connections` has to be above workers x 2 (t + 2) of all machines, 12 for one worker with 4 threads.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, ParamSpec, TypeVar

from db.errors import Unavailable

P = ParamSpec("P")
R = TypeVar("R")

QUEUE_PER_THREAD = 64
"""How many requests may wait for each thread: more than that would wait longer than a client does."""
PATIENCE = 0.9
"""Seconds that a request waits for a thread: who cannot be served is told so within a second. A request that has a
thread may wait for the database for longer (`db.session`), as what it waits for may end at any moment."""
DEADLINE = 30.0
"""Seconds after which a request is given up that its thread cannot end: its database has frozen."""


class Workers:
    """A request crosses to a thread once. What would wait too long is refused at once."""

    def __init__(self, threads: int, queue: int | None = None) -> None:
        """Start no thread before it is needed.

        Args:
            threads: requests at work at once.
            queue: requests that may wait; 64 a thread if left out.
        """
        self.threads = threads
        self.places = threads * QUEUE_PER_THREAD if queue is None else queue
        """Requests that may wait."""
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="orderly")
        self._under_way: set[Future[Any]] = set()

    @property
    def busy(self) -> int:
        """How many threads are at work."""
        return min(self.threads, len(self._under_way))

    @property
    def waiting(self) -> int:
        """How many requests wait for a thread."""
        return max(0, len(self._under_way) - self.threads)

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do the work in a thread.

        Raises:
            Unavailable: too much is waiting already, or it waited too long.
        """
        if len(self._under_way) >= self.threads + self.places:  # nobody comes between: one loop asks
            raise Unavailable
        try:
            future = self._pool.submit(copy_context().run, partial(work, *args, **kwargs))  # the log's context
        except RuntimeError:  # shutting down
            raise Unavailable from None
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return await _result(future)

    def close(self) -> None:
        """Let what is under way finish, and take nothing new."""
        self._pool.shutdown(wait=True)


async def _result(future: Future[R]) -> R:
    impatient = asyncio.get_running_loop().call_later(PATIENCE, future.cancel)  # what has begun is not cancelled
    try:
        async with asyncio.timeout(DEADLINE):
            # Shielded: a client that hangs up does not stop a transaction half-way.
            return await asyncio.shield(asyncio.wrap_future(future))
    except TimeoutError:
        raise Unavailable from None
    except asyncio.CancelledError:
        if future.cancelled():
            raise Unavailable from None
        raise
    finally:
        impatient.cancel()
