"""A request and a reply, as they go through the corridor."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

KEY = "orderly.request"
"""Where the ASGI scope holds the request."""


@dataclass(slots=True)
class Request:
    """What has arrived, read once."""

    id: str
    method: str
    path: str
    query: str
    headers: dict[str, list[str]]
    """By lower-case name, each with every value that was sent."""
    client: str
    """The address that limits count: the peer's, or what a trusted proxy says of it."""
    path_arguments: dict[str, str] = field(default_factory=dict)
    body: Any = None
    """The parsed JSON; None where the operation takes no body or none was sent."""
    has_body: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    """What the corridor learns on the way, and log and metrics tell."""

    def header(self, name: str) -> str | None:
        """The last value of a header, by its lower-case name."""
        values = self.headers.get(name)
        return values[-1] if values else None


@dataclass(slots=True)
class Reply:
    """What is answered."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    json: Any = None
    """What the body says, for the check against the contract."""
    media_type: str | None = "application/json"

    async def send(self, send: Send) -> None:
        """Send it."""
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        if self.media_type and self.status not in (204, 304):
            headers.append((b"content-type", self.media_type.encode()))
            headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})
