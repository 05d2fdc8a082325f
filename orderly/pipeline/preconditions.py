"""Conditional requests (RFC 9110, 13): strong ETags made of the version, If-Match and If-None-Match."""

import re
from typing import Any

from sqlalchemy import event

from orderly.contract.loader import ContractError
from orderly.contract.operation import Operation
from orderly.database.connections import ReadSession
from orderly.http.errors import PreconditionFailed, PreconditionRequired
from orderly.http.messages import Request
from orderly.pipeline.context import RequestContext
from orderly.pipeline.injection import BoundFunction

ENTITY_TAG = re.compile(r'(W/)?("[^"]*")')
LIST = re.compile(rf"[ \t,]*(?:{ENTITY_TAG.pattern}[ \t]*(?:,[ \t,]*|$))+")
"""Entity tags with commas between them; a list may have empty places (RFC 9110, 5.6.1.2)."""


def etag(representation: dict[str, Any]) -> str:
    """The strong ETag of what is answered: every change of it has raised its version."""
    return f'"{representation["version"]}"'


def is_current(tag: str, request: Request) -> bool:
    """Whether If-None-Match has this ETag, by the weak comparison that RFC 9110, 13.1.2 asks for."""
    header = request.header("if-none-match")
    if header is None:
        return False
    return header.strip() == "*" or any(opaque == tag for _, opaque in _entity_tags(header))


class Precondition:
    """`x-precondition`: compares If-Match with what the GET on the same path returns, in the same transaction."""

    def __init__(self, operation: Operation, read: BoundFunction | None) -> None:
        self.is_declared = operation.precondition is not None
        self._is_required = operation.precondition == "required"
        self._read = read
        self._path_names = [p.argument for p in operation.parameters if p.location == "path"]
        if self.is_declared and not any(p.argument == "if_match" for p in operation.parameters):
            raise ContractError(f"{operation.operation_id} has x-precondition but no parameter If-Match")

    def check(self, context: RequestContext) -> None:
        """Check that If-Match names the current version.

        Raises:
            PreconditionRequired: the contract requires If-Match, and there is none.
            PreconditionFailed: it names another version.
            NotFound: there is nothing that the caller may see.
        """
        if self.is_declared:
            self._compare(context, context.current)

    def check_at_begin(self, context: RequestContext) -> None:
        """Check when the transaction of the context begins, so that a handler can do slow work before it."""
        if self.is_declared:
            event.listen(
                context.session,
                "after_begin",
                lambda _session, _transaction, connection: self._compare(context, ReadSession.within(connection)),
                once=True,
            )

    def _compare(self, context: RequestContext, session: ReadSession) -> None:
        header = context.arguments.get("if_match")
        if header is None:
            if self._is_required:
                raise PreconditionRequired
            return
        if self._read is None:  # nothing can be compared before there is a handler of the GET
            raise PreconditionFailed
        names = {name: context.arguments[name] for name in self._path_names}
        current = etag(self._read(names, {**context.injected, ReadSession: session}))
        if header.strip() != "*" and ("", current) not in _entity_tags(header):
            raise PreconditionFailed


def _entity_tags(header: str) -> list[tuple[str, str]]:
    """The tags of a header, each with its `W/` if it is weak; none if the header is anything but a list of them."""
    return ENTITY_TAG.findall(header) if LIST.fullmatch(header) else []
