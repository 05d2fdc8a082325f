"""The only file that knows the status of an error: whatever is raised becomes application/problem+json (RFC 9457)."""

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


def status_of(refusal: DomainError) -> int:
    """The status of a refusal: that of its family."""
    return next(STATUSES[kind] for kind in type(refusal).__mro__ if kind in STATUSES)


class Problems:
    """Renders refusals with the titles and details of the contract's catalogue."""

    def __init__(self, catalogue: Mapping[str, Mapping[str, str]]) -> None:
        self._catalogue = catalogue

    def detail(self, refusal: DomainError) -> str:
        """Return the detail of the catalogue, or else the refusal's own, with its fields filled in."""
        text = self._catalogue.get(refusal.code, {}).get("detail", refusal.detail)
        for name, value in refusal.fields.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def response(self, error: Exception, request_id: str) -> Response:
        """The answer to a request that ended in an error."""
        refusal = classify(error)
        status = status_of(refusal)
        body: dict[str, Any] = {
            "type": f"/errors#{refusal.code}",
            "title": self._catalogue.get(refusal.code, {}).get("title", refusal.code),
            "status": status,
            "code": refusal.code,
            "detail": self.detail(refusal),
            "request_id": request_id,
        }
        if errors := getattr(refusal, "errors", None):
            body["errors"] = errors
        return Response(status, _headers(refusal, status), orjson.dumps(body), body, MEDIA_TYPE)


def _headers(refusal: DomainError, status: int) -> dict[str, str]:
    headers: dict[str, str] = dict(getattr(refusal, "headers", {}))
    if status == 401:
        # RFC 6750, 3.1: a request without any credential is told no error code.
        error = ', error="invalid_token"' if refusal.code == "invalid_token" else ""
        headers["WWW-Authenticate"] = f'Bearer realm="orderly"{error}'
    if status == 503 or isinstance(refusal, IdempotencyKeyInFlight):
        headers.setdefault("Retry-After", "1")
    return headers
