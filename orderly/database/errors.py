"""Database errors by their meaning: retryable, unavailable, a violated unique constraint."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from orderly.database.failover import READ_ONLY
from orderly.errors import DomainError

RETRYABLE_SQLSTATES = {"40001", "40P01"}
"""serialization_failure and deadlock_detected: PostgreSQL asks for the whole transaction again."""


def is_retryable(error: Exception) -> bool:
    """Whether the same transaction, run again from its start, may succeed."""
    if isinstance(error, StaleDataError):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in RETRYABLE_SQLSTATES


def is_unavailable(error: Exception) -> bool:
    """Return whether the database could not be reached or used; the same request may succeed later."""
    return isinstance(error, OperationalError | InterfaceError | PoolTimeout) or _is_standby(error)


@contextmanager
def unique(table: str, column: str, *, to: type[DomainError]) -> Iterator[None]:
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


def _is_standby(error: Exception) -> bool:
    """Return whether PostgreSQL refused to write: after a failover this server only reads."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == READ_ONLY
