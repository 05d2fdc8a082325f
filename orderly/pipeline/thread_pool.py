"""Thread pools with bounded queues.

Sizes in each process (t is `ORDERLY_THREADS`):

    request threads           t          one holds the interpreter; the others wait for the database
    password threads          2          `PASSWORD_THREADS`: separate, so that sign-ins do not delay other requests
    SQLite read connections   t + 2      one per thread
    SQLite write connections  1          SQLite has one writer; threads wait for it in order
    PostgreSQL connections    2 (t + 2)  at most: t + 2 for reads and as many for writes
    waiting requests          64         `BURST_QUEUE`: each waits up to `QUEUE_TIMEOUT`, then 503
    with short waits          64 t       `QUEUE_PER_THREAD`: while the latest wait is below `FAST_WAIT`
    waiting for passwords     8          `PASSWORD_QUEUE`: then 503

PostgreSQL's `max_connections` must exceed workers x 2 (t + 2) over all machines: 12 for one worker with 4 threads.
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
"""Requests per thread that may wait. More would wait longer than clients do."""
BURST_QUEUE = 64
"""Requests that may wait however slow the queue is, so that a burst of simultaneous requests is served."""
FAST_WAIT = 0.5
"""Seconds: beyond `BURST_QUEUE` waiting requests, more are accepted only while the latest one waited less than this.
Otherwise they are rejected immediately, and not after a wait."""
QUEUE_TIMEOUT = 5.0
"""Seconds a request may wait for a thread; then 503. A writer may wait as long for SQLite's file."""
REQUEST_DEADLINE = 30.0
"""Seconds a request may take; then 503, while its thread keeps running. Only a frozen database takes that long."""
PASSWORD_THREADS = 2
"""Threads for passwords. Each hash takes 19 MiB, and a core for about 30 ms."""
PASSWORD_QUEUE = 8
"""Requests with a password that may wait; 503 beyond."""


class WorkerPool:
    """A thread pool with a bounded queue. Requests that would wait too long are rejected."""

    def __init__(self, threads: int, queue: int | None = None) -> None:
        """Create a pool, whose threads start when they are needed.

        Args:
            threads: requests in progress at the same time.
            queue: requests that may wait; `QUEUE_PER_THREAD` per thread if left out.
        """
        self.threads = threads
        self.queue_capacity = threads * QUEUE_PER_THREAD if queue is None else queue
        """Requests that may wait."""
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="orderly")
        self._in_flight: set[Future[Any]] = set()
        self._latest_wait = 0.0
        """Seconds that the latest request waited for its thread."""

    @property
    def busy(self) -> int:
        """The number of busy threads."""
        return min(self.threads, len(self._in_flight))

    @property
    def waiting(self) -> int:
        """The number of requests that wait for a thread."""
        return max(0, len(self._in_flight) - self.threads)

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function in a thread, and return its result.

        Raises:
            Unavailable: the queue is full, the request waited too long or took too long, or the pool is closed.
        """
        if len(self._in_flight) >= self.threads + self._available_slots():  # no race: all calls are from one event loop
            raise Unavailable
        call = partial(self._run, monotonic(), partial(work, *args, **kwargs))
        try:
            future = self._pool.submit(copy_context().run, call)  # with the context of the log
        except RuntimeError:  # shutting down
            raise Unavailable from None
        self._in_flight.add(future)
        future.add_done_callback(self._in_flight.discard)
        return await _result(future)

    def _available_slots(self) -> int:
        """Return how many requests may wait now."""
        return self.queue_capacity if self._latest_wait < FAST_WAIT else min(BURST_QUEUE, self.queue_capacity)

    def _run(self, queued_at: float, work: Callable[[], R]) -> R:
        self._latest_wait = monotonic() - queued_at
        return work()

    def close(self) -> None:
        """Reject new requests, and wait for those in progress."""
        self._pool.shutdown(wait=True)


async def _result(future: Future[R]) -> R:
    timer = asyncio.get_running_loop().call_later(QUEUE_TIMEOUT, future.cancel)  # cancels only what has not started
    try:
        async with asyncio.timeout(REQUEST_DEADLINE):
            # Shielded, so that a disconnecting client does not interrupt a transaction.
            return await asyncio.shield(asyncio.wrap_future(future))
    except TimeoutError:
        raise Unavailable from None
    except asyncio.CancelledError:
        if future.cancelled():
            raise Unavailable from None
        raise
    finally:
        timer.cancel()
