"""Requests that are sent again when that is safe: with backoff and jitter, and never sooner than `Retry-After` says."""

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from tenacity import AsyncRetrying, RetryCallState, Retrying, stop_before_delay, wait_random_exponential

PATIENCE = 60.0
"""Seconds after which a call gives up."""
REPEATABLE = {"GET", "HEAD", "OPTIONS", "DELETE"}
"""What may be done twice (RFC 9110, 9.2.2). `PUT` of a password is not among them: the old one works only once."""
PASSING = {429, 502, 503, 504}
"""Statuses of troubles that pass."""
BACKOFF = wait_random_exponential(multiplier=0.1, max=10)


class Repeating(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that repeats whatever is safe to repeat, and a 429 of anything: then nothing was done.

    Safe are the methods that are idempotent and every request with an `Idempotency-Key`, which stays the same.
    """

    def __init__(self, patience: float = PATIENCE, verify: bool = True) -> None:
        context = httpx.create_ssl_context(verify=verify)
        self.patience = patience
        self._transport = httpx.HTTPTransport(verify=context)
        self._async_transport = httpx.AsyncHTTPTransport(verify=context)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it until there is an answer to keep, or time is up."""

        def attempt() -> httpx.Response:
            response = self._transport.handle_request(request)
            response.read()  # a body that breaks off is a lost answer too
            return response

        return Retrying(**self._rules(request))(attempt)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it until there is an answer to keep, or time is up."""

        async def attempt() -> httpx.Response:
            response = await self._async_transport.handle_async_request(request)
            await response.aread()
            return response

        return await AsyncRetrying(**self._rules(request))(attempt)

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._async_transport.aclose()

    def _rules(self, request: httpx.Request) -> dict[str, Any]:
        patience = request.extensions.get("patience", self.patience)
        return {
            "retry": _is_passing_for(request),
            "wait": lambda state: BACKOFF(state) + _asked_for(state),
            "stop": stop_before_delay(patience),
            "retry_error_callback": lambda state: state.outcome.result(),
        }


def is_safe(request: httpx.Request) -> bool:
    """Whether doing it twice is the same as doing it once."""
    has_key = "Idempotency-Key" in request.headers
    return has_key or request.method in REPEATABLE or "patience" in request.extensions


def _is_passing_for(request: httpx.Request) -> Callable[[RetryCallState], bool]:
    def is_passing(state: RetryCallState) -> bool:
        outcome = state.outcome
        error = outcome and outcome.exception()
        if outcome is None or error is not None:
            never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            return never_sent or (isinstance(error, httpx.TransportError) and is_safe(request))
        response = outcome.result()
        return response.status_code == 429 or (is_safe(request) and _passes(response))

    return is_passing


def _passes(response: httpx.Response) -> bool:
    """Whether it is a trouble that passes: one of those, or the first request with this key is still at work."""
    in_flight = response.status_code == 409 and b'"idempotency_key_in_flight"' in response.content
    return in_flight or response.status_code in PASSING


def _asked_for(state: RetryCallState) -> float:
    """How many seconds the answer asks to wait (RFC 9110, 10.2.3): a number, or until a date."""
    if state.outcome is None or state.outcome.failed:
        return 0.0
    told = state.outcome.result().headers.get("Retry-After", "0")
    try:
        seconds = float(told) if told.isdecimal() else parsedate_to_datetime(told).timestamp() - time.time()
    except ValueError:
        return 0.0
    return max(0.0, seconds)
