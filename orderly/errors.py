"""The families of refusals. A resource's own refusals are subclasses with a code, beside its table.

A family says what kind of refusal it is; which HTTP status that is only `openapi/problems.py` knows. Raising rolls
the transaction back. The message of a refusal is shown to the caller, so it names no value that he did not send.
"""

from typing import TypeVar

Row = TypeVar("Row")


class DomainError(Exception):
    """A request that the shop declines. `code` is what programs read, the message what people read."""

    code: str
    detail: str = ""
    """The text of a contract without a catalogue. `{name}` stands for a field of the exception, here and there."""
    commits = False
    """True where the refusal is itself a fact to keep: the seam commits, then refuses."""

    def __init__(self, **fields: str) -> None:
        super().__init__(*fields.values())
        self.fields = fields


class Invalid(DomainError):
    """Something in the body that no schema can express; `pointer` leads to it (RFC 6901)."""

    code = "validation_error"
    detail = "The request does not match the contract."

    def __init__(self, pointer: str, keyword: str, message: str) -> None:
        super().__init__()
        self.errors = [{"in": "body", "pointer": pointer, "keyword": keyword, "message": message}]


class Unauthenticated(DomainError):
    """Nobody is known to be calling."""


class Forbidden(DomainError):
    """Somebody is calling who may not do this."""

    code = "forbidden"
    detail = "The role or the scopes of the credential do not allow this operation."


class NotFound(DomainError):
    """It does not exist, or it is not the caller's: the answer is the same."""

    code = "not_found"
    detail = "The path or the object does not exist, or this credential may not see it."


class Conflict(DomainError):
    """It is understood and allowed, but the state of things is against it."""


class Unavailable(DomainError):
    """It cannot be done now; the same request may succeed in a moment."""

    code = "unavailable"
    detail = "The service is unavailable: {reason}. Try again later."

    def __init__(self, reason: str = "it is overloaded or a dependency is down") -> None:
        super().__init__(reason=reason)


def require(row: Row | None) -> Row:
    """What was looked for; `NotFound` if there is none."""
    if row is None:
        raise NotFound
    return row
