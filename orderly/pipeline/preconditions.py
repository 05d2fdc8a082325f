"""Conditional requests (RFC 9110, 13): strong ETags of versions, If-Match and If-None-Match."""

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
ENTITY_TAG_LIST = re.compile(rf"[ \t,]*(?:{ENTITY_TAG.pattern}[ \t]*(?:,[ \t,]*|$))+")
"""Entity tags separated by commas. A list may have empty elements (RFC 9110, 5.6.1.2)."""


def etag(representation: dict[str, Any]) -> str:
    """Return the strong ETag of an object. Every change of the object raises its version."""
    return f'"{representation["version"]}"'


def is_current(tag: str, request: Request) -> bool:
    """Return whether If-None-Match has this ETag, by weak comparison (RFC 9110, 13.1.2)."""
    header = request.header("if-none-match")
    if header is None:
        return False
    return header.strip() == "*" or any(each == tag for _, each in _entity_tags(header))


class Precondition:
    """The check of If-Match (`x-precondition`).

    It compares with what the GET on the same path returns, in the same transaction.
    """

    def __init__(self, operation: Operation, read: BoundFunction | None) -> None:
        """Prepare the check.

        Args:
            operation: the operation to check.
            read: the handler of the GET on the same path; None while it is not written.

        Raises:
            ContractError: the operation has `x-precondition`, but no parameter If-Match.
        """
        self.is_declared = operation.precondition is not None
        self._is_required = operation.precondition == "required"
        self._read = read
        self._path_names = [p.argument for p in operation.parameters if p.location == "path"]
        if self.is_declared and not any(p.argument == "if_match" for p in operation.parameters):
            raise ContractError(f"{operation.operation_id} has x-precondition but no parameter If-Match")

    def check(self, context: RequestContext) -> None:
        """Check that If-Match names the current version.

        Raises:
            PreconditionRequired: the contract requires If-Match, and it is missing.
            PreconditionFailed: If-Match names another version.
            NotFound: the object does not exist, or the caller may not see it.
        """
        if self.is_declared:
            self._compare(context, context.current_session)

    def check_at_begin(self, context: RequestContext) -> None:
        """Check when the transaction begins. The handler can do slow work before."""
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
        if self._read is None:  # the handler of the GET is not written, so no version can match
            raise PreconditionFailed
        names = {name: context.arguments[name] for name in self._path_names}
        current = etag(self._read(names, {**context.injected, ReadSession: session}))
        if header.strip() != "*" and ("", current) not in _entity_tags(header):
            raise PreconditionFailed


def _entity_tags(header: str) -> list[tuple[str, str]]:
    """Return the tags of a header, each with `W/` if weak. A malformed header has none."""
    return ENTITY_TAG.findall(header) if ENTITY_TAG_LIST.fullmatch(header) else []
