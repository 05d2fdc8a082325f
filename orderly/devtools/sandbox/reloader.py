"""`--reload`: the last valid version of the contract in service."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import orjson

from orderly.contract.loader import ContractError
from orderly.contract.model import Contract, load
from orderly.devtools.sandbox.watcher import snapshot
from orderly.devtools.source_map import SourceMap, locate
from orderly.http.messages import ASGIApp, Message, Receive, Response, Scope, Send

POLL_INTERVAL = 0.25
"""Seconds between two checks of the files."""
DRAIN_TIMEOUT = 10.0
"""Seconds for requests in progress; then their application is stopped."""
STATUS = "/docs/reload"
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Reloader:
    """An application that replaces its inner application when the contract is saved."""

    def __init__(self, path: Path, create: Callable[[Contract], ASGIApp], report: Callable[[str], None]) -> None:
        """Load the contract and create the first application.

        Args:
            path: the contract's file.
            create: creates the application that serves a contract.
            report: prints a line in the terminal.

        Raises:
            ContractError: the contract is invalid.
        """
        self._path = path
        self._create = create
        self._report = report
        self._snapshot = snapshot(path)
        self._error: str | None = None
        self._count = 0
        self._current = _AppGeneration(create(load(path)))
        self._former: list[_AppGeneration] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or the lifespan."""
        if scope["type"] == "lifespan":
            await self._run_lifespan(receive, send)
        elif scope["type"] == "http" and scope["path"] == STATUS:
            await Response(200, HEADERS, orjson.dumps({"count": self._count, "error": self._error})).send(send)
        else:
            await self._current.app(scope, receive, send)

    async def reload_if_changed(self) -> None:
        """Replace the application if a file was saved since the last check."""
        current = snapshot(self._path)
        # An editor may save by moving another file here, so the file can be absent for a moment.
        if current != self._snapshot and self._path in current:
            self._snapshot = current
            await self._reload()

    async def start(self) -> None:
        """Run the startup of the application."""
        await self._current.start()

    async def stop(self) -> None:
        """Stop the application, and former ones with requests in progress."""
        former, self._former = self._former, []
        for each in (self._current, *former):
            await each.stop()

    async def _run_lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await self.start()
        await send({"type": "lifespan.startup.complete"})
        watching = asyncio.create_task(self._watch())
        await receive()
        watching.cancel()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(POLL_INTERVAL)
            await self.reload_if_changed()

    async def _reload(self) -> None:
        try:
            new = _AppGeneration(await asyncio.to_thread(lambda: self._create(load(self._path))))
        except Exception as error:  # whatever the reason, the last valid contract stays in service
            self._error = describe(error, self._path)
            self._report(f"{self._error} (still serving the last valid contract)")
            return
        await new.start()
        former, self._current = self._current, new
        self._former.append(former)
        self._error, self._count = None, self._count + 1
        self._report(f"Reloaded {self._path.name}.")
        asyncio.get_running_loop().call_later(DRAIN_TIMEOUT, lambda: asyncio.ensure_future(self._stop_former(former)))

    async def _stop_former(self, former: "_AppGeneration") -> None:
        if former in self._former:  # else stop() has stopped it
            self._former.remove(former)
            await former.stop()


class _AppGeneration:
    """An application with its lifespan."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._replies: asyncio.Queue[Message] = asyncio.Queue()

    async def start(self) -> None:
        lifespan = self.app({"type": "lifespan"}, self._messages.get, self._replies.put)
        self._task = asyncio.ensure_future(lifespan)
        await self._send("lifespan.startup")

    async def stop(self) -> None:
        await self._send("lifespan.shutdown")
        await self._task

    async def _send(self, event: str) -> None:
        await self._messages.put({"type": event})
        await self._replies.get()


def describe(error: Exception, path: Path) -> str:
    """Return an error as one line, with its position if known."""
    if isinstance(error, ContractError) and (error.line or error.pointer):
        (file, line, column), text = locate(error, path)
        return f"{file}:{line}:{column}: {text}"
    text = " ".join(str(error).split()) or type(error).__name__
    if re.match(r"\S+\.py:\d+: ", text):  # the error is in a handler
        return text
    source = path.read_bytes() if path.exists() else b""
    return f"{path.name}:{_line(text, source)}: {text}"


def _line(text: str, source: bytes) -> int:
    """Return the line of the place that starts an error message.

    This is a pointer, a method with a path, or an operationId.
    """
    marks = SourceMap(source)
    pointer = re.match(r"#?(/\S*?)(?=[:\s]|$)", text)
    if pointer:
        return marks.near(pointer[1])
    operation = re.match(r"([A-Z]+) (/\S*)", text)
    if operation:
        return marks.near(f"/paths/{operation[2].replace('/', '~1')}/{operation[1].lower()}")
    names = re.findall(r"[a-z]+(?:_[a-z]+)+", text)
    lines = source.decode("utf-8", "replace").splitlines()
    return next((n for n, line in enumerate(lines, 1) if any(f"operationId: {name}" in line for name in names)), 1)
