"""The engine's own errors. Those of a resource are defined beside its table."""

from orderly.errors import Conflict, DomainError, NotFound, Unauthenticated

MAX_ERRORS = 100
"""Errors that a response lists. A body of 256 KiB can have many more."""


class BadRequest(DomainError):
    """A request that does not match the contract; `errors` has every reason."""

    code = "validation_error"
    detail = "The request does not match the contract."

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__()
        self.errors = errors[:MAX_ERRORS]


class AmbiguousCredentials(DomainError):
    """A request with more than one credential."""

    code = "ambiguous_credentials"
    detail = "Send one credential: a bearer token or an API key."


class MissingCredential(Unauthenticated):
    """A request without a credential to an operation that requires one."""

    code = "unauthenticated"
    detail = "This operation needs a credential."


class InvalidCredential(Unauthenticated):
    """A malformed, unknown, expired or revoked credential. The response does not disclose which."""

    code = "invalid_token"
    detail = "The credential is malformed, unknown, expired or revoked."


class MethodNotAllowed(DomainError):
    """A path that exists, but not for this method."""

    code = "method_not_allowed"
    detail = "This path allows {allow}."

    def __init__(self, allow: str) -> None:
        super().__init__(allow=allow)
        self.headers = {"Allow": allow}


class PathNotFound(NotFound):
    """A path without an operation."""


class NotAcceptable(DomainError):
    """An Accept header that excludes JSON, the only format of responses."""

    code = "not_acceptable"
    detail = "Responses are application/json, and the Accept header excludes it."


class PreconditionFailed(DomainError):
    """An If-Match without the current version (RFC 9110, 13.1.1)."""

    code = "precondition_failed"
    detail = "The object has changed since the version in If-Match. Read it again."


class PreconditionRequired(DomainError):
    """A missing If-Match that the contract requires (RFC 6585, 3)."""

    code = "precondition_required"
    detail = "Send If-Match with the ETag of the version that you have read."


class BodyTooLarge(DomainError):
    """A body over the limit of size."""

    code = "body_too_large"
    detail = "The body is over 256 KiB."


class UriTooLong(DomainError):
    """A request target over the limit of size."""

    code = "uri_too_long"
    detail = "The path and the query together are over 8 KiB."


class HeadersTooLarge(DomainError):
    """Too many or too large headers (RFC 6585, 5)."""

    code = "headers_too_large"
    detail = "The headers are over 16 KiB or over 100."


class UnsupportedMediaType(DomainError):
    """A body in an undeclared media type, or with an encoding."""

    code = "unsupported_media_type"
    detail = "Send the body as UTF-8 in a media type of the operation, without Content-Encoding."


class IdempotencyKeyInFlight(Conflict):
    """An idempotency key whose first request is still in progress."""

    code = "idempotency_key_in_flight"
    detail = "A request with this Idempotency-Key is still running. Try again in a moment."


class IdempotencyKeyReused(DomainError):
    """An idempotency key that was used for another request."""

    code = "idempotency_key_reused"
    detail = "This Idempotency-Key was used for another request. Use a new key for a new request."


class RateLimited(DomainError):
    """A request over a rate limit."""

    code = "rate_limited"
    detail = "Too many requests. Wait for the time in Retry-After."

    def __init__(self, retry_after: int, headers: dict[str, str]) -> None:
        super().__init__()
        self.headers = {**headers, "Retry-After": str(max(1, retry_after))}


class NotImplementedYet(DomainError):
    """An operation without a handler."""

    code = "not_implemented"
    detail = "This operation is described but not implemented yet."


class InternalError(DomainError):
    """A bug of the service. The response has the request id only; the log has the details."""

    code = "internal_error"
    detail = "An internal error occurred. Quote the request id to report it."
