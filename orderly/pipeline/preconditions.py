"""Conditional requests (RFC 9110, 13): strong ETags made of the version, If-Match and If-None-Match."""

import inspect
import re
from typing import Any

from sqlalchemy.orm import Session

from db.users import Caller
from orderly.contract.loader import ContractError
from orderly.contract.model import Operation
from orderly.http.errors import PreconditionFailed, PreconditionRequired
from orderly.http.messages import Request
from orderly.pipeline.handler_resolver import Handler

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
    """`x-precondition`: compares If-Match with what the GET on the same path answers, in the same transaction."""

    def __init__(self, operation: Operation, read: Handler | None) -> None:
        self.is_declared = operation.precondition is not None
        self._is_required = operation.precondition == "required"
        self._read = read
        self._wanted = inspect.signature(read).parameters if read else {}
        self._path_names = [p.argument for p in operation.parameters if p.location == "path"]
        if self.is_declared and not any(p.argument == "if_match" for p in operation.parameters):
            raise ContractError(f"{operation.operation_id} has x-precondition but no parameter If-Match")

    def check(self, arguments: dict[str, Any], caller: Caller | None, session: Session) -> None:
        """Let a request through whose If-Match names the version that is there.

        Raises:
            PreconditionRequired: the contract asks for If-Match, and there is none.
            PreconditionFailed: it names another version.
            NotFound: there is nothing that the caller may see.
        """
        if not self.is_declared:
            return
        header = arguments.get("if_match")
        if header is None:
            if self._is_required:
                raise PreconditionRequired
            return
        if self._read is None:  # built before its GET: nothing can be compared
            raise PreconditionFailed
        given = {name: arguments[name] for name in self._path_names}
        given |= {"session": session, "rows": session, "caller": caller}
        current = etag(self._read(**{name: given[name] for name in self._wanted if name in given}))
        if header.strip() != "*" and ("", current) not in _entity_tags(header):
            raise PreconditionFailed


def _entity_tags(header: str) -> list[tuple[str, str]]:
    """The tags of a header, each with its `W/` if it is weak; none if the header is anything but a list of them."""
    return ENTITY_TAG.findall(header) if LIST.fullmatch(header) else []
