"""Classification of database errors: retryable, unavailable, unique violation."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from orderly.database.failover import READ_ONLY
from orderly.errors import DomainError

RETRYABLE_SQLSTATES = {"40001", "40P01"}
"""serialization_failure and deadlock_detected: PostgreSQL requires a retry of the whole transaction."""


def is_retryable(error: Exception) -> bool:
    """Return whether a retry of the whole transaction may succeed."""
    if isinstance(error, StaleDataError):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in RETRYABLE_SQLSTATES


def is_unavailable(error: Exception) -> bool:
    """Return whether the database is unavailable; a later request may succeed."""
    return isinstance(error, OperationalError | InterfaceError | PoolTimeout) or _is_standby(error)


@contextmanager
def unique(table: str, column: str, *, to: type[DomainError]) -> Iterator[None]:
    """Raise `to` for a violated unique constraint or index on a column."""
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
    """Return whether an error reports a duplicate primary key in a table."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        return str(diagnosis.constraint_name) == f"pk_{table}"
    name = getattr(error.orig, "sqlite_errorname", None)
    return name == "SQLITE_CONSTRAINT_PRIMARYKEY" and f" {table}." in str(error.orig)


def _is_standby(error: Exception) -> bool:
    """Return whether PostgreSQL rejected a write because the server is a standby."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == READ_ONLY
