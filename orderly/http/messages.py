"""A request and a response, as they pass through the pipeline."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

KEY = "orderly.request"
"""The key of the request in the ASGI scope."""


@dataclass(slots=True)
class RequestFacts:
    """What the pipeline learns about a request, for log, metrics and traces."""

    operation: str | None = None
    """The operationId; None outside of the contract's operations."""
    path: str | None = None
    """The template of the path."""
    user_id: str | None = None
    database_ms: float | None = None
    limited_per: str | None = None
    """What the exceeded rate limit counts by."""
    deprecated: bool = False
    replayed: bool = False
    response_validation_failed: bool = False


@dataclass(slots=True)
class Request:
    """A request that has arrived, parsed once."""

    id: str
    method: str
    path: str
    query: str
    headers: dict[str, list[str]]
    """By lower-case name, each with every value that was sent."""
    client: str
    """The client's address: the connection's, or the one that a trusted proxy forwards."""
    path_arguments: dict[str, str] = field(default_factory=dict)
    body: Any = None
    """The parsed JSON; None where the operation takes no body or none was sent."""
    has_body: bool = False
    facts: RequestFacts = field(default_factory=RequestFacts)

    def header(self, name: str) -> str | None:
        """Return the last value of a header, by its lower-case name."""
        values = self.headers.get(name)
        return values[-1] if values else None


@dataclass(slots=True)
class Response:
    """A response that is complete."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    json: Any = None
    """The content of the body, for the check against the contract."""
    media_type: str | None = "application/json"

    async def send(self, send: Send) -> None:
        """Send the response."""
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        if self.media_type and self.status not in (204, 304):
            headers.append((b"content-type", self.media_type.encode()))
            headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})
