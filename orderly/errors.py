"""The families of refusals. A resource's own refusals are subclasses with a code, beside its table.

A family says what kind of refusal it is; which HTTP status that is only `openapi/problems.py` knows. Raising rolls
the transaction back. The message of a refusal is shown to the caller, so it names no value that he did not send.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError

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


RETRYABLE_SQLSTATES = {"40001", "40P01"}
"""serialization_failure and deadlock_detected: PostgreSQL asks for the whole transaction again."""


def is_retryable(error: Exception) -> bool:
    """Whether the same transaction, run again from its start, may succeed."""
    if isinstance(error, StaleDataError):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in RETRYABLE_SQLSTATES


def require(row: Row | None) -> Row:
    """What was looked for; `NotFound` if there is none."""
    if row is None:
        raise NotFound
    return row


@contextmanager
def translate_unique_violation(table: str, column: str, *, to: type[DomainError]) -> Iterator[None]:
    """Refuse what is written within if it violates the unique constraint or index on a column."""
    try:
        yield
    except IntegrityError as error:
        if _violates_unique(error, table, column):
            raise to from error
        raise


def _violates_unique(error: IntegrityError, table: str, column: str) -> bool:
    # PostgreSQL names the constraint, SQLite the column.
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        return str(diagnosis.constraint_name) in (f"uq_{table}_{column}", f"ix_{table}_{column}")
    return f"UNIQUE constraint failed: {table}.{column}" in str(error.orig)


def violates_key(error: IntegrityError, table: str) -> bool:
    """Whether an error says that a row with this primary key is there already."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        return str(diagnosis.constraint_name) == f"pk_{table}"
    name = getattr(error.orig, "sqlite_errorname", None)
    return name == "SQLITE_CONSTRAINT_PRIMARYKEY" and f" {table}." in str(error.orig)
