"""Start and stop: what was opened is closed when the server says so."""

import asyncio
from collections.abc import Callable, Iterable

from orderly.database.database import Database
from orderly.http.messages import ASGIApp, Receive, Scope, Send
from orderly.pipeline.thread_pool import WorkerPool

COLLECT_INTERVAL = 1.0
"""Seconds after which a process looks again how full it is: what it tells the others is as old as that at most."""


class Lifespan:
    """Answers the server's lifespan messages itself; Flask and Connexion need none of them."""

    def __init__(
        self, app: ASGIApp, database: Database | None, workers: Iterable[WorkerPool], collect: Callable[[], None]
    ) -> None:
        self._app = app
        self._database = database
        self._workers = workers
        self._collect = collect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the one lifespan."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        await receive()
        collecting = asyncio.create_task(self._collect_periodically())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        collecting.cancel()
        for workers in self._workers:
            await asyncio.to_thread(workers.close)  # what they answer is sent by this loop
        if self._database is not None:
            self._database.close()
        await send({"type": "lifespan.shutdown.complete"})  # after this the server may stop the loop

    async def _collect_periodically(self) -> None:
        while True:
            self._collect()
            await asyncio.sleep(COLLECT_INTERVAL)
