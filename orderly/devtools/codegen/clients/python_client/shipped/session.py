"""A session with automatic renewal of its tokens, once for concurrent calls."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Generator

import httpx

from . import errors
from .models.tokens import Tokens

RENEWAL_TIMEOUT = 8.0
"""Seconds for retries of a renewal: after 10, a repeated refresh token ends the session."""

TIMEOUT = {"connect": 4.0, "read": 4.0, "write": 4.0, "pool": 4.0}
"""Seconds of one attempt, so that time remains for another."""


class Session(httpx.Auth):
    """Authentication with an access token and its automatic renewal.

    Use a session either from threads or from one event loop. `tokens` are always the newest: store them for `resume`.
    """

    def __init__(self, url: str, tokens: Tokens) -> None:
        self.tokens = tokens
        self._url = f"{url}/tokens/refresh"
        self._final_error: Exception | None = None
        self._lock = threading.Lock()
        self._async_lock = asyncio.Lock()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send a request; after an expired token, renew it once and repeat."""
        token = self._sign(request)
        response = yield request
        if _is_expired(response):
            with self._lock:
                if self.tokens.access_token == token:
                    self._keep((yield self._renewal()))
            self._sign(request)
            yield request

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send a request like `sync_auth_flow`, for tasks of one event loop."""
        token = self._sign(request)
        response = yield request
        if _is_expired(response):
            async with self._async_lock:
                if self.tokens.access_token == token:
                    self._keep((yield self._renewal()))
            self._sign(request)
            yield request

    def _sign(self, request: httpx.Request) -> str:
        token = self.tokens.access_token
        request.headers["Authorization"] = f"Bearer {token}"
        return token

    def _renewal(self) -> httpx.Request:
        if self._final_error is not None:
            raise self._final_error
        body = {"refresh_token": self.tokens.refresh_token}
        return httpx.Request(
            "POST", self._url, json=body, extensions={"retry_timeout": RENEWAL_TIMEOUT, "timeout": TIMEOUT}
        )

    def _keep(self, response: httpx.Response) -> None:
        if response.status_code == 401:
            self._final_error = errors.error_for(response)
        if response.status_code != 201:
            raise errors.error_for(response)
        self.tokens = Tokens.from_dict(response.json())


def _is_expired(response: httpx.Response) -> bool:
    """Return whether the token was rejected (RFC 6750, 3.1).

    A 401 for a wrong password in the body is another error.
    """
    return response.status_code == 401 and 'error="invalid_token"' in response.headers.get("WWW-Authenticate", "")
