"""Start and stop: what was opened is closed when the server says so."""

import asyncio
from collections.abc import Iterable

from db.session import Database
from openapi.message import App, Receive, Scope, Send
from openapi.workers import Workers


class Lifespan:
    """Answers the server's lifespan messages itself; Flask and Connexion need none of them."""

    def __init__(self, app: App, database: Database, workers: Iterable[Workers]) -> None:
        self._app = app
        self._database = database
        self._workers = workers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the one lifespan."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                for workers in self._workers:
                    await asyncio.to_thread(workers.close)  # what they answer is sent by this loop
                self._database.close()
                return
