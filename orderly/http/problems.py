"""Errors rendered as application/problem+json (RFC 9457). Only this file maps errors to statuses."""

from collections.abc import Mapping
from typing import Any

import orjson

from orderly.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Unauthenticated, Unavailable
from orderly.http.classify import classify
from orderly.http.errors import (
    AmbiguousCredentials,
    BadRequest,
    BodyTooLarge,
    HeadersTooLarge,
    IdempotencyKeyInFlight,
    IdempotencyKeyReused,
    InternalError,
    MethodNotAllowed,
    NotAcceptable,
    NotImplementedYet,
    PreconditionFailed,
    PreconditionRequired,
    RateLimited,
    UnsupportedMediaType,
    UriTooLong,
)
from orderly.http.messages import Response

MEDIA_TYPE = "application/problem+json"

STATUSES: dict[type[DomainError], int] = {
    Invalid: 400,
    BadRequest: 400,
    AmbiguousCredentials: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    NotAcceptable: 406,
    Conflict: 409,
    PreconditionFailed: 412,
    BodyTooLarge: 413,
    UriTooLong: 414,
    UnsupportedMediaType: 415,
    IdempotencyKeyReused: 422,
    PreconditionRequired: 428,
    RateLimited: 429,
    HeadersTooLarge: 431,
    InternalError: 500,
    NotImplementedYet: 501,
    Unavailable: 503,
}
"""The status of each error class. A subclass has the status of its nearest base."""


def status_of(error: DomainError) -> int:
    """Return the status of the nearest class in `STATUSES`."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


class ProblemRenderer:
    """Renderer of errors with the titles and details of the contract's catalogue."""

    def __init__(self, catalogue: Mapping[str, Mapping[str, str]]) -> None:
        self._catalogue = catalogue

    def detail(self, error: DomainError) -> str:
        """Return the detail of an error, with its fields filled in."""
        text = self._catalogue.get(error.code, {}).get("detail", error.detail)
        for name, value in error.fields.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def render(self, exception: Exception, request_id: str) -> Response:
        """Return the response to a request that ended in an exception."""
        error = classify(exception)
        status = status_of(error)
        body: dict[str, Any] = {
            "type": f"/errors#{error.code}",
            "title": self._catalogue.get(error.code, {}).get("title", error.code),
            "status": status,
            "code": error.code,
            "detail": self.detail(error),
            "request_id": request_id,
        }
        if errors := getattr(error, "errors", None):
            body["errors"] = errors
        return Response(status, _headers(error, status), orjson.dumps(body), body, MEDIA_TYPE)


def _headers(error: DomainError, status: int) -> dict[str, str]:
    headers: dict[str, str] = dict(getattr(error, "headers", {}))
    if status == 401:
        # RFC 6750, 3.1: the response to a request without a credential has no error code.
        parameter = ', error="invalid_token"' if error.code == "invalid_token" else ""
        headers["WWW-Authenticate"] = f'Bearer realm="orderly"{parameter}'
    if status == 503 or isinstance(error, IdempotencyKeyInFlight):
        headers.setdefault("Retry-After", "1")
    return headers
