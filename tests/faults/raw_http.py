"""A client that knows the fate of each request.

It records which bytes were sent, and whether any came back.
"""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 30.0
"""Seconds that a client waits for a response."""


class Unsent(Exception):
    """The service could not be reached: nothing of the request was sent."""


class Broken(Exception):
    """The request was sent, and the connection ended before the response."""


@dataclass
class Response:
    """A response, and the seconds it took."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """One connection, opened on first use.

    It is kept as long as the service keeps it.
    """

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        self._host, self._port = urlsplit(url).hostname, urlsplit(url).port
        self._own = headers or {}
        self.is_refused = False
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __call__(self, method: str, target: str, body: Any = None, **headers: str) -> Response:
        """Send one request.

        Raises:
            Unsent: nothing was sent.
            Broken: something was sent, and no whole response came.
        """
        began = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await self._connect()
                writer.write(self._request(method, target, body, headers))
                response = await _answer(reader, method)
        except (OSError, EOFError, ValueError) as error:  # TimeoutError is an OSError
            self.close()
            raise Broken(f"{type(error).__name__} {error}") from error
        response.seconds = time.perf_counter() - began
        if response.headers.get("connection") == "close":
            self.close()
        return response

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection at once."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None and self._streams[0].at_eof():
            self.close()  # the service closes this connection
        if self._streams is None:
            try:
                self._streams = await asyncio.open_connection(self._host, self._port)
            except OSError as error:
                raise Unsent(str(error)) from error
        return self._streams

    def _request(self, method: str, target: str, body: Any, headers: dict[str, str]) -> bytes:
        content = b"" if body is None else json.dumps(body).encode()
        given = {"Host": "shop.test", **self._own, **{n.replace("_", "-"): v for n, v in headers.items()}}
        if body is not None:
            given |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
        head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + content


async def _answer(reader: asyncio.StreamReader, method: str) -> Response:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
    length = 0 if method == "HEAD" else int(headers.get("content-length", "0"))
    return Response(int(head[0].split()[1]), headers, await reader.readexactly(length), 0)
