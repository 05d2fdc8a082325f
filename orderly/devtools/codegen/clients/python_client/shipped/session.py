"""A session: the tokens of somebody who is signed in, renewed once however many calls find them expired."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Generator

import httpx

from . import errors
from .models.tokens import Tokens

RENEWAL_PATIENCE = 8.0
"""Seconds in which a renewal is repeated: the service takes a refresh token again for 10, then it ends the session."""

TIMEOUT = {"connect": 4.0, "read": 4.0, "write": 4.0, "pool": 4.0}
"""Seconds of one attempt, so that there is time for another."""


class Session(httpx.Auth):
    """Signs requests with the access token and renews it when the service says that it is not valid any more.

    Use one session either from threads or from one event loop. `tokens` are always the newest: keep them to `resume`.
    """

    def __init__(self, url: str, tokens: Tokens) -> None:
        self.tokens = tokens
        self._url = f"{url}/tokens/refresh"
        self._end: Exception | None = None
        self._lock = threading.Lock()
        self._async_lock = asyncio.Lock()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send it; when the token is spent, renew it unless another call just did, and send it again."""
        spent = self._sign(request)
        response = yield request
        if _is_spent(response):
            with self._lock:
                if self.tokens.access_token == spent:
                    self._keep((yield self._renewal()))
            self._sign(request)
            yield request

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """As `sync_auth_flow`, for tasks of one event loop."""
        spent = self._sign(request)
        response = yield request
        if _is_spent(response):
            async with self._async_lock:
                if self.tokens.access_token == spent:
                    self._keep((yield self._renewal()))
            self._sign(request)
            yield request

    def _sign(self, request: httpx.Request) -> str:
        token = self.tokens.access_token
        request.headers["Authorization"] = f"Bearer {token}"
        return token

    def _renewal(self) -> httpx.Request:
        if self._end is not None:
            raise self._end
        body = {"refresh_token": self.tokens.refresh_token}
        return httpx.Request(
            "POST", self._url, json=body, extensions={"patience": RENEWAL_PATIENCE, "timeout": TIMEOUT}
        )

    def _keep(self, response: httpx.Response) -> None:
        if response.status_code == 401:
            self._end = errors.refusal(response)
        if response.status_code != 201:
            raise errors.refusal(response)
        self.tokens = Tokens.from_dict(response.json())


def _is_spent(response: httpx.Response) -> bool:
    """Whether the token is refused (RFC 6750, 3.1), and not a password that came with it."""
    return response.status_code == 401 and 'error="invalid_token"' in response.headers.get("WWW-Authenticate", "")
