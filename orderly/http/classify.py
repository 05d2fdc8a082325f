"""Conversion of any exception to a domain error; unexpected ones are logged."""

import structlog

from orderly.database.errors import is_unavailable
from orderly.errors import DomainError, Unavailable
from orderly.http.errors import InternalError

log = structlog.get_logger(__name__)


def classify(error: Exception) -> DomainError:
    """Return the domain error to render for an exception."""
    if isinstance(error, DomainError):
        return error
    if is_unavailable(error):
        log.warning("database_unavailable", error=type(error).__name__, cause=type(error.__cause__).__name__)
        return Unavailable()
    log.error("unhandled_exception", error=type(error).__name__, exc_info=error)
    return InternalError()
