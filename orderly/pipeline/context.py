"""What the steps of one request share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from orderly.database.connections import ReadSession
from orderly.http.messages import Request
from orderly.security.caller import Caller


@dataclass(slots=True)
class RequestContext:
    """A request with what was found out about it."""

    request: Request
    reads: ReadSession | None
    """Reads outside of a write transaction; None without a database."""
    caller: Caller | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    session: Session | None = None
    """The write transaction; None where the operation only reads."""

    @property
    def injected(self) -> Mapping[type, Any]:
        """The request's own objects that a handler can take, by their types."""
        return {Session: self.session, ReadSession: self.reads, Caller: self.caller, Request: self.request}

    @property
    def current(self) -> ReadSession:
        """Reads that see what this request has written."""
        if self.session is not None:
            return ReadSession.within(self.session)
        assert self.reads is not None  # noqa: S101  # an operation that reads is refused at start without a database
        return self.reads
