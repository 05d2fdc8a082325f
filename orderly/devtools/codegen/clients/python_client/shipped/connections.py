"""Clients without an account, with an API key, or with a session."""

from typing import Any

import httpx

from .api.tokens import create_token
from .client import AuthenticatedClient, Client
from .models.token_create import TokenCreate
from .models.tokens import Tokens
from .retries import RetryTransport
from .session import Session

TIMEOUT = 10.0
"""Seconds until a single attempt times out."""


def connect(url: str, *, transport: RetryTransport | None = None) -> Client:
    """Return a client without an account, for registration and public operations.

    Args:
        url: the URL of the API, such as `https://shop.example/v1`.
        transport: a transport with another retry timeout than a minute.
    """
    return Client(base_url=url, timeout=httpx.Timeout(TIMEOUT), httpx_args=_httpx_args(transport))


def connect_with_key(url: str, key: str, *, transport: RetryTransport | None = None) -> AuthenticatedClient:
    """Return a client with an API key."""
    args, timeout = _httpx_args(transport), httpx.Timeout(TIMEOUT)
    header = "X-API-Key"
    return _with_pool(AuthenticatedClient(url, key, "", header, timeout=timeout, httpx_args=args))


def sign_in(url: str, email: str, password: str, *, transport: RetryTransport | None = None) -> AuthenticatedClient:
    """Return a client with a new session; its tokens are renewed automatically.

    Raises:
        refusals.InvalidCredentials: the email address or the password is wrong.
    """
    body = TokenCreate(email=email, password=password)
    with connect(url, transport=transport) as client:
        tokens = create_token.sync(client=client, body=body)
    return resume(url, tokens, transport=transport)


def resume(url: str, tokens: Tokens, *, transport: RetryTransport | None = None) -> AuthenticatedClient:
    """Return a client for an existing session."""
    args = {**_httpx_args(transport), "auth": Session(url, tokens)}
    return _with_pool(AuthenticatedClient(url, tokens.access_token, timeout=httpx.Timeout(TIMEOUT), httpx_args=args))


def _with_pool(client: AuthenticatedClient) -> AuthenticatedClient:
    """Create the connection pool now: concurrent threads would each create their own."""
    client.get_httpx_client()
    return client


def _httpx_args(transport: RetryTransport | None) -> dict[str, Any]:
    return {"transport": transport or RetryTransport()}
