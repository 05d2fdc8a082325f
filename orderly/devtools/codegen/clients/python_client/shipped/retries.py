"""Retries of safe requests, with backoff, jitter and `Retry-After`."""

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from tenacity import AsyncRetrying, RetryCallState, Retrying, stop_before_delay, wait_random_exponential

RETRY_TIMEOUT = 60.0
"""Seconds until a call makes no further attempt."""
IDEMPOTENT_METHODS = {"GET", "HEAD", "OPTIONS", "DELETE"}
"""Methods to retry (RFC 9110, 9.2.2). `PUT` is missing: the old password of a change works only once."""
TRANSIENT_STATUSES = {429, 502, 503, 504}
"""Statuses of transient errors."""
BACKOFF = wait_random_exponential(multiplier=0.1, max=10)


class RetryTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport with retries.

    Retried are safe requests, and all requests after a 429, which had no effect. Safe requests have an idempotent
    method or an `Idempotency-Key`, which stays the same.
    """

    def __init__(self, retry_timeout: float = RETRY_TIMEOUT, verify: bool = True) -> None:
        context = httpx.create_ssl_context(verify=verify)
        self.retry_timeout = retry_timeout
        self._transport = httpx.HTTPTransport(verify=context)
        self._async_transport = httpx.AsyncHTTPTransport(verify=context)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request until a final response or the timeout."""

        def attempt() -> httpx.Response:
            response = self._transport.handle_request(request)
            response.read()  # an incomplete body counts as a lost response
            return response

        return Retrying(**self._retry_options(request))(attempt)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request until a final response or the timeout."""

        async def attempt() -> httpx.Response:
            response = await self._async_transport.handle_async_request(request)
            await response.aread()
            return response

        return await AsyncRetrying(**self._retry_options(request))(attempt)

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._async_transport.aclose()

    def _retry_options(self, request: httpx.Request) -> dict[str, Any]:
        timeout = request.extensions.get("retry_timeout", self.retry_timeout)
        return {
            "retry": _is_transient_for(request),
            "wait": lambda state: BACKOFF(state) + _retry_after(state),
            "stop": stop_before_delay(timeout),
            "retry_error_callback": lambda state: state.outcome.result(),
        }


def is_safe(request: httpx.Request) -> bool:
    """Return whether a second attempt has no additional effect."""
    has_key = "Idempotency-Key" in request.headers
    return has_key or request.method in IDEMPOTENT_METHODS or "retry_timeout" in request.extensions


def _is_transient_for(request: httpx.Request) -> Callable[[RetryCallState], bool]:
    def is_transient(state: RetryCallState) -> bool:
        outcome = state.outcome
        error = outcome and outcome.exception()
        if outcome is None or error is not None:
            never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            return never_sent or (isinstance(error, httpx.TransportError) and is_safe(request))
        response = outcome.result()
        return response.status_code == 429 or (is_safe(request) and _is_transient(response))

    return is_transient


def _is_transient(response: httpx.Response) -> bool:
    """Return whether the error is transient.

    This includes a 409 while the first request with the same key is in progress.
    """
    in_flight = response.status_code == 409 and b'"idempotency_key_in_flight"' in response.content
    return in_flight or response.status_code in TRANSIENT_STATUSES


def _retry_after(state: RetryCallState) -> float:
    """Return the seconds of `Retry-After`: number or date (RFC 9110, 10.2.3)."""
    if state.outcome is None or state.outcome.failed:
        return 0.0
    value = state.outcome.result().headers.get("Retry-After", "0")
    try:
        seconds = float(value) if value.isdecimal() else parsedate_to_datetime(value).timestamp() - time.time()
    except ValueError:
        return 0.0
    return max(0.0, seconds)
