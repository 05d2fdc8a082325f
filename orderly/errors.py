"""The error families. The errors of a resource are subclasses with a code, beside its table.

A family has no HTTP status: only `orderly/http/problems.py` maps families to statuses. Raising an error rolls the
transaction back. Its detail is sent to the caller, so it contains no value that the caller did not send.
"""

from typing import TypeVar

Row = TypeVar("Row")


class DomainError(Exception):
    """An error by the rules of the application. `code` is for programs, `detail` for people."""

    code: str
    detail: str = ""
    """The text for people where the contract's `x-errors` has none. In both, `{name}` is replaced by a field."""
    commits = False
    """Whether the transaction is committed before the error is raised, because the error is a fact to keep."""

    def __init__(self, **fields: str) -> None:
        super().__init__(*fields.values())
        self.fields = fields


class Invalid(DomainError):
    """An invalid body, by a rule that no schema can express. `pointer` is the place (RFC 6901)."""

    code = "validation_error"
    detail = "The request does not match the contract."

    def __init__(self, pointer: str, keyword: str, message: str) -> None:
        super().__init__()
        self.errors = [{"in": "body", "pointer": pointer, "keyword": keyword, "message": message}]


class Unauthenticated(DomainError):
    """A request without a valid credential. Subclasses have a code."""


class Forbidden(DomainError):
    """A request that the caller's role or scopes do not allow."""

    code = "forbidden"
    detail = "The role or the scopes of the credential do not allow this operation."


class NotFound(DomainError):
    """A missing object, or one of another user. The response does not disclose which."""

    code = "not_found"
    detail = "The path or the object does not exist, or this credential may not see it."


class Conflict(DomainError):
    """A valid and allowed request that the current state does not permit. Subclasses have a code."""


class Unavailable(DomainError):
    """A temporary failure: the same request may succeed later."""

    code = "unavailable"
    detail = "The service is unavailable: {reason}. Try again later."

    def __init__(self, reason: str = "it is overloaded or a dependency is down") -> None:
        super().__init__(reason=reason)


def require(row: Row | None) -> Row:
    """Return the row.

    Raises:
        NotFound: there is no row.
    """
    if row is None:
        raise NotFound
    return row
