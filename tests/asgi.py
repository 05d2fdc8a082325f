"""A client that drives the application in process.

It sends exactly the bytes that a test gives; a client library would correct them.
"""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any
from urllib.parse import unquote

from orderly.http.messages import ASGIApp

GONE = object()
Headers = dict[str, str] | list[tuple[str, str]]


@dataclass
class Response:
    """A response."""

    status: int
    raw_headers: list[tuple[str, str]]
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        """The headers by lower-case name; of duplicates the last."""
        return dict(self.raw_headers)

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The problem's code."""
        assert self.headers["content-type"] == "application/problem+json", self
        assert self.json["status"] == self.status
        return self.json["code"]

    @property
    def errors(self) -> dict[str, str]:
        """The keyword of each error by its place."""
        return {e.get("pointer", e.get("name")): e["keyword"] for e in self.json["errors"]}


class Client:
    """A client of an ASGI application."""

    def __init__(
        self, app: ASGIApp, headers: dict[str, str] | None = None, address: str = "127.0.0.1", user: Any = None
    ) -> None:
        self.app = app
        self._user = user
        self.own = headers or {}
        self.address = address

    @property
    def user(self) -> Any:
        """The account of a signed-in client."""
        assert self._user is not None, "this client is not signed in"
        return self._user

    def signed_in(self, token: str, user: Any = None) -> "Client":
        """Return a client with a bearer token."""
        return Client(self.app, {"Authorization": f"Bearer {token}"}, self.address, user)

    def with_key(self, secret: str) -> "Client":
        """Return a client with an API key."""
        return Client(self.app, {"X-API-Key": secret}, self.address)

    def __call__(
        self, method: str, target: str, body: Any = None, headers: Headers | None = None, chunks: Iterable[bytes] = ()
    ) -> Response:
        """Send one request; a body other than bytes is sent as JSON."""
        return asyncio.run(self.call(method, target, body, headers, chunks))

    async def call(
        self, method: str, target: str, body: Any = None, headers: Headers | None = None, chunks: Iterable[bytes] = ()
    ) -> Response:
        """Send one request from within an event loop."""
        given = list(headers.items()) if isinstance(headers, dict) else list(headers or [])
        sent = [*self.own.items(), *given]
        names = {name.lower() for name, _ in sent}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            if "content-type" not in names:
                sent.append(("Content-Type", "application/json"))
        if "host" not in names:
            sent.append(("Host", "shop.test"))
        return await self._send(method, target, sent, [body] if body is not None else chunks)

    def without_host(self, target: str) -> Response:
        """Send a GET of HTTP/1.0, without Host."""
        return asyncio.run(self._send("GET", target, [], []))

    def get(self, target: str, headers: Headers | None = None) -> Response:
        """Send a GET."""
        return self("GET", target, headers=headers)

    def post(self, target: str, body: Any = None, headers: Headers | None = None) -> Response:
        """Send a POST."""
        return self("POST", target, body, headers)

    def patch(self, target: str, body: Any = None, headers: Headers | None = None) -> Response:
        """Send a PATCH."""
        return self("PATCH", target, body, headers)

    def put(self, target: str, body: Any = None, headers: Headers | None = None) -> Response:
        """Send a PUT."""
        return self("PUT", target, body, headers)

    def delete(self, target: str, headers: Headers | None = None) -> Response:
        """Send a DELETE."""
        return self("DELETE", target, headers=headers)

    async def _send(
        self, method: str, target: str, headers: list[tuple[str, str]], chunks: Iterable[bytes]
    ) -> Response:
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "root_path": "",
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            "client": (self.address, 1234),
            "server": ("127.0.0.1", 8000),
        }
        parts = chain(chunks, [None], repeat(GONE))
        response = Response(0, [], b"")

        async def receive() -> dict[str, Any]:
            part = next(parts)
            if part is GONE:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": part or b"", "more_body": part is not None}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                response.status = message["status"]
                response.raw_headers = [(k.decode().lower(), v.decode("latin-1")) for k, v in message["headers"]]
            else:
                response.body += message.get("body", b"")

        await self.app(scope, receive, send)
        return response


async def shut_down(app: ASGIApp) -> None:
    """Start and stop the application, as a server does."""
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(_: Any) -> None:
        pass

    await app({"type": "lifespan"}, receive, send)
