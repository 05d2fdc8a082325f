"""Requests and responses of the pipeline."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

SCOPE_KEY = "orderly.request"
"""The key of the request in the ASGI scope."""


@dataclass(slots=True)
class RequestFacts:
    """Facts about a request for the log, metrics and traces."""

    operation: str | None = None
    """The operationId; None if the request matches no operation."""
    path: str | None = None
    """The template of the path."""
    user_id: str | None = None
    database_ms: float | None = None
    """Milliseconds in the database driver."""
    limited_per: str | None = None
    """The `per` of the exceeded rate limit; None if no limit was exceeded."""
    deprecated: bool = False
    replayed: bool = False
    """Whether the response is that of an earlier request with the same idempotency key."""
    response_validation_failed: bool = False


@dataclass(slots=True)
class Request:
    """A request, parsed once."""

    id: str
    method: str
    path: str
    query: str
    headers: dict[str, list[str]]
    """The values of each header, by lower-case name."""
    client: str
    """The client's address: the connection's, or the one forwarded by a trusted proxy."""
    path_arguments: dict[str, str] = field(default_factory=dict)
    body: Any = None
    """The parsed JSON; None if the operation takes no body or none was sent."""
    has_body: bool = False
    facts: RequestFacts = field(default_factory=RequestFacts)

    def header(self, name: str) -> str | None:
        """Return the last value of a header, by its lower-case name."""
        values = self.headers.get(name)
        return values[-1] if values else None


@dataclass(slots=True)
class Response:
    """A complete response."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    json: Any = None
    """The content of the body, which is validated against the contract."""
    media_type: str | None = "application/json"

    async def send(self, send: Send) -> None:
        """Send the response."""
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        if self.media_type and self.status not in (204, 304):
            headers.append((b"content-type", self.media_type.encode()))
            headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})
