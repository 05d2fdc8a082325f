"""`--reload`: a save of the contract is live at once; a broken one leaves the last good contract serving."""

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
"""Seconds between two looks at the file."""
DRAIN_TIMEOUT = 10.0
"""Seconds that requests in flight have before what they run on is closed."""
STATUS = "/docs/reload"
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Reloader:
    """One application in front of another one, which is exchanged whenever the contract is saved."""

    def __init__(self, path: Path, create: Callable[[Contract], ASGIApp], report: Callable[[str], None]) -> None:
        """Begin with the contract as it is.

        Args:
            path: the contract's file.
            create: makes the application that serves a contract.
            tell: shows a line to whoever started the service.

        Raises:
            ContractError: there is no good one to begin with.
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
        """Serve one request, or the one lifespan."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and scope["path"] == STATUS:
            await Response(200, HEADERS, orjson.dumps({"count": self._count, "error": self._error})).send(send)
        else:
            await self._current.app(scope, receive, send)

    async def reload_if_changed(self) -> None:
        """Take in what was saved since the last look."""
        found = snapshot(self._path)
        if found != self._snapshot and self._path in found:  # an editor may write by moving another file here
            self._snapshot = found
            await self._take()

    async def start(self) -> None:
        """Open what the application runs on."""
        await self._current.start()

    async def stop(self) -> None:
        """Close it, and what was there before and had some time left."""
        former, self._former = self._former, []
        for each in (self._current, *former):
            await each.stop()

    async def _live(self, receive: Receive, send: Send) -> None:
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

    async def _take(self) -> None:
        try:
            fresh = _AppGeneration(await asyncio.to_thread(lambda: self._create(load(self._path))))
        except Exception as error:  # whatever is wrong with it, the last good one goes on
            self._error = described(error, self._path)
            self._report(f"{self._error} (the last good contract goes on)")
            return
        await fresh.start()
        former, self._current = self._current, fresh
        self._former.append(former)
        self._error, self._count = None, self._count + 1
        self._report(f"{self._path.name} was saved and is live.")
        asyncio.get_running_loop().call_later(DRAIN_TIMEOUT, lambda: asyncio.ensure_future(self._end(former)))

    async def _end(self, former: "_AppGeneration") -> None:
        if former in self._former:  # or it has been stopped with all the rest
            self._former.remove(former)
            await former.stop()


class _AppGeneration:
    """An application with its lifespan."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._answers: asyncio.Queue[Message] = asyncio.Queue()

    async def start(self) -> None:
        lifespan = self.app({"type": "lifespan"}, self._messages.get, self._answers.put)
        self._task = asyncio.ensure_future(lifespan)
        await self._ask("lifespan.startup")

    async def stop(self) -> None:
        await self._ask("lifespan.shutdown")
        await self._task

    async def _ask(self, what: str) -> None:
        await self._messages.put({"type": what})
        await self._answers.get()


def described(error: Exception, path: Path) -> str:
    """What is wrong with a contract as one line, with its own line where that is known."""
    if isinstance(error, ContractError) and (error.line or error.pointer):
        (file, line, column), text = locate(error, path)
        return f"{file}:{line}:{column}: {text}"
    text = " ".join(str(error).split()) or type(error).__name__
    if re.match(r"\S+\.py:\d+: ", text):  # it is a handler that is broken
        return text
    source = path.read_bytes() if path.exists() else b""
    return f"{path.name}:{_line(text, source)}: {text}"


def _line(text: str, source: bytes) -> int:
    """The line of the place that a complaint begins with: a pointer, a method and a path, or an operationId."""
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
