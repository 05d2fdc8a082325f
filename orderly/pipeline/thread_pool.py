"""The threads that requests are served in, and the queue before them, which has an end in places and in time.

How the sizes fit each other, in each process (t is `ORDERLY_THREADS`):

    threads for requests               t       one holds the interpreter at a time; the others wait for the database
    threads for passwords              2       beside them (`PASSWORD_THREADS`), so that no sign-in keeps others out
    connections that read              t + 2   SQLite: one a thread
    connections that write             1       SQLite, which has one writer; the threads wait for it in order
    connections to PostgreSQL          t + 2, and as many again where both kinds are needed
    requests that wait                 64      as long as `QUEUE_TIMEOUT`, then 503
    more of them, while it is `FAST_WAIT`  64 t    then 503 at once
    passwords that wait                8       (`PASSWORD_QUEUE`), then 503 at once

PostgreSQL's `max_connections` has to be above workers x 2 (t + 2) of all machines, 12 for one worker with 4 threads.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from time import monotonic
from typing import Any, ParamSpec, TypeVar

from orderly.errors import Unavailable

P = ParamSpec("P")
R = TypeVar("R")

QUEUE_PER_THREAD = 64
"""How many requests may wait for each thread: more than that would wait longer than a client does."""
BURST_QUEUE = 64
"""How many requests may wait however long the line takes: those who come together for the same thing are all served."""
FAST_WAIT = 0.5
"""Seconds that the one who was served last may have waited for a thread if more than a crowd shall wait. Who would wait
longer is told so at once, and not after he has waited."""
QUEUE_TIMEOUT = 5.0
"""Seconds that a request waits for a thread, as long as a writer waits for SQLite's file."""
REQUEST_DEADLINE = 30.0
"""Seconds after which a request is given up that its thread cannot end: its database has frozen."""


PASSWORD_THREADS = 2
"""Threads for passwords: each hash takes 19 MiB and a core for some 30 ms."""
PASSWORD_QUEUE = 8
"""Requests with a password that may wait; then 503."""


class WorkerPool:
    """A request crosses to a thread once. What would wait too long is refused at once."""

    def __init__(self, threads: int, queue: int | None = None) -> None:
        """Start no thread before it is needed.

        Args:
            threads: requests at work at once.
            queue: requests that may wait; 64 a thread if left out.
        """
        self.threads = threads
        self.queue_capacity = threads * QUEUE_PER_THREAD if queue is None else queue
        """Requests that may wait."""
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="orderly")
        self._in_flight: set[Future[Any]] = set()
        self._waited = 0.0
        """Seconds that the request which began last had waited."""

    @property
    def busy(self) -> int:
        """How many threads are at work."""
        return min(self.threads, len(self._in_flight))

    @property
    def waiting(self) -> int:
        """How many requests wait for a thread."""
        return max(0, len(self._in_flight) - self.threads)

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do the work in a thread.

        Raises:
            Unavailable: too much is waiting already, or it waited too long.
        """
        if len(self._in_flight) >= self.threads + self._available_slots():  # nobody comes between: one loop asks
            raise Unavailable
        begin = partial(self._run, monotonic(), partial(work, *args, **kwargs))
        try:
            future = self._pool.submit(copy_context().run, begin)  # the log's context
        except RuntimeError:  # shutting down
            raise Unavailable from None
        self._in_flight.add(future)
        future.add_done_callback(self._in_flight.discard)
        return await _result(future)

    def _available_slots(self) -> int:
        """How many may wait now."""
        return self.queue_capacity if self._waited < FAST_WAIT else min(BURST_QUEUE, self.queue_capacity)

    def _run(self, came: float, work: Callable[[], R]) -> R:
        self._waited = monotonic() - came
        return work()

    def close(self) -> None:
        """Let what is under way finish, and take nothing new."""
        self._pool.shutdown(wait=True)


async def _result(future: Future[R]) -> R:
    impatient = asyncio.get_running_loop().call_later(QUEUE_TIMEOUT, future.cancel)  # what has begun is not cancelled
    try:
        async with asyncio.timeout(REQUEST_DEADLINE):
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
