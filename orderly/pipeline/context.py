"""The state of one request, shared by the steps of the pipeline."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from orderly.database.connections import ReadSession
from orderly.http.messages import Request
from orderly.security.caller import Caller


@dataclass(slots=True)
class RequestContext:
    """A request, its caller, its arguments and its database sessions."""

    request: Request
    read_session: ReadSession | None
    """The session outside of the write transaction; None without a database."""
    caller: Caller | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    session: Session | None = None
    """The session of the write transaction; None if the operation only reads."""

    @property
    def injected(self) -> Mapping[type, Any]:
        """The objects of this request that a handler can take, by type."""
        return {Session: self.session, ReadSession: self.read_session, Caller: self.caller, Request: self.request}

    @property
    def current_session(self) -> ReadSession:
        """A read session that sees the writes of this request."""
        if self.session is not None:
            return ReadSession.within(self.session)
        assert self.read_session is not None  # noqa: S101  # without a database, this operation fails the start
        return self.read_session
