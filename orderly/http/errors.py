"""The corridor's own refusals. Those of a resource stand beside its table."""

from orderly.errors import Conflict, DomainError, NotFound, Unauthenticated

MAX_ERRORS = 100
"""How many errors one answer lists; a body of 256 KiB can hold many more."""


class BadRequest(DomainError):
    """The request does not fit the contract; `errors` has every reason."""

    code = "validation_error"
    detail = "The request does not match the contract."

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__()
        self.errors = errors[:MAX_ERRORS]


class AmbiguousCredentials(DomainError):
    """More than one credential."""

    code = "ambiguous_credentials"
    detail = "Send one credential: a bearer token or an API key."


class MissingCredential(Unauthenticated):
    """No credential where one is needed."""

    code = "unauthenticated"
    detail = "This operation needs a credential."


class InvalidCredential(Unauthenticated):
    """A credential that is malformed, unknown, expired or revoked; which, is not told."""

    code = "invalid_token"
    detail = "The credential is malformed, unknown, expired or revoked."


class MethodNotAllowed(DomainError):
    """The path is there, but not for this method."""

    code = "method_not_allowed"
    detail = "This path allows {allow}."

    def __init__(self, allow: str) -> None:
        super().__init__(allow=allow)
        self.headers = {"Allow": allow}


class PathNotFound(NotFound):
    """No operation has this path."""


class NotAcceptable(DomainError):
    """The client does not take JSON, and there is nothing else."""

    code = "not_acceptable"
    detail = "Responses are application/json, and the Accept header excludes it."


class PreconditionFailed(DomainError):
    """If-Match names another version than the one that is there (RFC 9110, 13.1.1)."""

    code = "precondition_failed"
    detail = "The object has changed since the version in If-Match. Read it again."


class PreconditionRequired(DomainError):
    """If-Match is missing where the contract asks for it (RFC 6585, 3)."""

    code = "precondition_required"
    detail = "Send If-Match with the ETag of the version that you have read."


class BodyTooLarge(DomainError):
    """The body is over the limit of the edge."""

    code = "body_too_large"
    detail = "The body is over 256 KiB."


class UriTooLong(DomainError):
    """The request target is over the limit of the edge."""

    code = "uri_too_long"
    detail = "The path and the query together are over 8 KiB."


class HeadersTooLarge(DomainError):
    """The header section is over the limits of the edge (RFC 6585, 5)."""

    code = "headers_too_large"
    detail = "The headers are over 16 KiB or over 100."


class UnsupportedMediaType(DomainError):
    """The body is in no media type that the operation takes, or is encoded."""

    code = "unsupported_media_type"
    detail = "Send the body as UTF-8 in a media type of the operation, without Content-Encoding."


class IdempotencyKeyInFlight(Conflict):
    """The first request with this key is still being handled."""

    code = "idempotency_key_in_flight"
    detail = "A request with this Idempotency-Key is still running. Try again in a moment."


class IdempotencyKeyReused(DomainError):
    """The key was used for something else before."""

    code = "idempotency_key_reused"
    detail = "This Idempotency-Key was used for another request. Use a new key for a new request."


class RateLimited(DomainError):
    """Too many requests."""

    code = "rate_limited"
    detail = "Too many requests. Wait for the time in Retry-After."

    def __init__(self, retry_after: int, headers: dict[str, str]) -> None:
        super().__init__()
        self.headers = {**headers, "Retry-After": str(max(1, retry_after))}


class NotImplementedYet(DomainError):
    """The contract has the operation, the service has no handler for it."""

    code = "not_implemented"
    detail = "This operation is described but not implemented yet."


class InternalError(DomainError):
    """A bug of ours. The caller learns nothing but the request id; the log has the rest."""

    code = "internal_error"
    detail = "An internal error occurred. Quote the request id to report it."
