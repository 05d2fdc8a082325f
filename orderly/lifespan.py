"""Start and shutdown of the application, by the server's lifespan messages."""

import asyncio
from collections.abc import Callable, Iterable

from orderly.database.database import Database
from orderly.http.messages import ASGIApp, Receive, Scope, Send
from orderly.pipeline.thread_pool import WorkerPool

COLLECT_INTERVAL = 1.0
"""Seconds between updates of the saturation gauges, which other processes read."""


class Lifespan:
    """Middleware for lifespan messages. Flask and Connexion need none of them."""

    def __init__(
        self, app: ASGIApp, database: Database | None, pools: Iterable[WorkerPool], collect: Callable[[], None]
    ) -> None:
        self._app = app
        self._database = database
        self._pools = pools
        self._collect = collect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle the lifespan, or pass a request to the application."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        await receive()
        collecting = asyncio.create_task(self._collect_periodically())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        collecting.cancel()
        for pool in self._pools:
            await asyncio.to_thread(pool.close)  # in a thread: this loop sends the last responses
        if self._database is not None:
            self._database.close()
        await send({"type": "lifespan.shutdown.complete"})  # the server may stop the loop after this

    async def _collect_periodically(self) -> None:
        while True:
            self._collect()
            await asyncio.sleep(COLLECT_INTERVAL)
