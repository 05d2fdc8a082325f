"""The outermost middleware: limits, request ids, access log, errors, common headers."""

import re
import time
from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network

from structlog.contextvars import bound_contextvars

from orderly.clock import new_id
from orderly.http.body import ClientDisconnected, incomplete_body
from orderly.http.errors import BadRequest, HeadersTooLarge, PathNotFound, UriTooLong
from orderly.http.messages import SCOPE_KEY, ASGIApp, Message, Receive, Request, Scope, Send
from orderly.http.problems import ProblemRenderer
from orderly.http.proxy_headers import ProxyHeaders
from orderly.observability import access_log
from orderly.observability.metrics import Metrics

MAX_TARGET = 8 * 1024
"""Bytes of the path and the query; 414 beyond."""
MAX_HEADERS = 16 * 1024
"""Bytes of all headers; 431 beyond."""
MAX_HEADER_COUNT = 100
"""Number of headers; 431 beyond."""

UNSAFE_PATH = re.compile(
    rb"//|/\.{1,2}(?:/|$)|%(?:[01][0-9a-f]|7f|2f|5c|2e)|[\x00-\x20\x7f\\]|%(?![0-9a-f]{2})|.;", re.I
)
"""A pattern of parts that no served path has, and that the layers behind would interpret differently."""

DEFAULT_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
}
"""Headers that are added to every response without them."""
CORS_EXPOSED_HEADERS = b"ETag, Location, Link, Retry-After, RateLimit, Deprecation, Sunset, X-Request-Id"
"""The response headers that pages of other origins may read."""


class RequestMiddleware:
    """The outermost middleware: rejects malformed requests, and completes every response."""

    def __init__(
        self,
        app: ASGIApp,
        problems: ProblemRenderer,
        metrics: Metrics,
        *,
        proxies: Iterable[IPv4Network | IPv6Network] = (),
        origins: Iterable[str] = (),
        is_stopping: Callable[[], bool],
    ) -> None:
        self._app = app
        self._problems = problems
        self._metrics = metrics
        self._proxy_headers = ProxyHeaders(proxies)
        self._origins = frozenset(origins)
        self._is_stopping = is_stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; other messages are passed to the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request = self._request(scope)
        scope[SCOPE_KEY] = request
        sender = _ResponseSender(send, request, self._origins, self._is_stopping)
        self._metrics.begin()
        with bound_contextvars(**access_log.log_context(request)):
            try:
                await self._serve(scope, request, receive, sender)
            finally:
                seconds = time.perf_counter() - started
                self._metrics.end(request, sender.status, seconds)
                access_log.log_request(request, sender.status, seconds)

    async def _serve(self, scope: Scope, request: Request, receive: Receive, sender: "_ResponseSender") -> None:
        try:
            _check_request_line(scope, request)
            await self._app(scope, receive, sender)
        except ClientDisconnected:
            # The server reports a body that it cannot parse as a disconnect too. Without a response it would send 500.
            response = self._problems.render(incomplete_body("did not arrive"), request.id)
            response.headers["Connection"] = "close"
            await response.send(sender)
            sender.status = None  # for the log: the client has probably disconnected
        except Exception as error:
            if sender.status is not None:
                raise
            await self._problems.render(error, request.id).send(sender)

    def _request(self, scope: Scope) -> Request:
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        return Request(
            id=new_id("req"),
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            client=self._proxy_headers.client_address((scope.get("client") or ("",))[0], headers),
        )


class _ResponseSender:
    """A `send` that adds the common headers. It removes the body of a HEAD response."""

    def __init__(self, send: Send, request: Request, origins: frozenset[str], is_stopping: Callable[[], bool]) -> None:
        self._send = send
        self._request = request
        self._origins = origins
        self._is_stopping = is_stopping
        self.status: int | None = None
        """The status of the response; None until it is sent."""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [(k, v) for k, v in message["headers"] if k.lower() != b"server"]
            present = {name.lower() for name, _ in headers}
            headers += [(name, value) for name, value in DEFAULT_HEADERS.items() if name not in present]
            headers.append((b"x-request-id", self._request.id.encode()))
            if self._is_stopping():  # the client reconnects, to a process that keeps running
                headers.append((b"connection", b"close"))
            if self._origins:
                headers += self._cross_origin()
            message = {**message, "headers": headers}
        elif self._request.method == "HEAD":
            message = {**message, "body": b""}
        await self._send(message)

    def _cross_origin(self) -> list[tuple[bytes, bytes]]:
        """Return the CORS headers (Fetch, 3.2). Only configured origins are allowed; `*` and credentials never are."""
        headers = [(b"vary", b"Origin")]
        origin = self._request.header("origin")
        if origin not in self._origins:
            return headers
        headers.append((b"access-control-allow-origin", origin.encode()))
        headers.append((b"access-control-expose-headers", CORS_EXPOSED_HEADERS))
        if self._request.method == "OPTIONS" and "access-control-request-method" in self._request.headers:
            headers += [
                (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE"),
                (b"access-control-allow-headers", b"Authorization, X-API-Key, Content-Type, Idempotency-Key, If-Match"),
                (b"access-control-max-age", b"600"),
            ]
        return headers


def _check_request_line(scope: Scope, request: Request) -> None:
    """Reject malformed requests, before the layers behind interpret them differently.

    Raises:
        UriTooLong: the path and the query are over `MAX_TARGET`.
        HeadersTooLarge: the headers are over `MAX_HEADERS` or `MAX_HEADER_COUNT`.
        PathNotFound: the path has an unsafe part.
        BadRequest: Host is missing or sent twice.
    """
    raw_path = scope.get("raw_path") or request.path.encode()
    if len(raw_path) + len(scope["query_string"]) + 1 > MAX_TARGET:
        raise UriTooLong
    size = sum(len(name) + len(value) + 4 for name, value in scope["headers"])
    if size > MAX_HEADERS or len(scope["headers"]) > MAX_HEADER_COUNT:
        raise HeadersTooLarge
    if UNSAFE_PATH.search(raw_path) or "�" in request.path or (len(raw_path) > 1 and raw_path.endswith(b"/")):
        raise PathNotFound
    # Granian reports a missing Host as an empty one. A URL of http never has an empty host (RFC 9110, 4.2.1).
    hosts = [host for host in request.headers.get("host", []) if host]
    if len(hosts) > 1 or (not hosts and scope.get("http_version") == "1.1"):  # optional before 1.1
        raise BadRequest([{"in": "header", "name": "Host", "keyword": "required", "message": "must be sent once"}])
