"""The ways to begin: without an account, with a key, by signing in, or with tokens that were kept."""

from typing import Any

import httpx

from .api.tokens import create_token
from .client import AuthenticatedClient, Client
from .models.token_create import TokenCreate
from .models.tokens import Tokens
from .retries import Repeating
from .session import Session

TIMEOUT = 10.0
"""Seconds after which one attempt is given up."""


def connect(url: str, *, transport: Repeating | None = None) -> Client:
    """A client of nobody in particular: for signing up and for the catalogue.

    Args:
        url: where the API is, such as `https://shop.example/v1`.
        transport: other patience than a minute.
    """
    return Client(base_url=url, timeout=httpx.Timeout(TIMEOUT), httpx_args=_given(transport))


def connect_with_key(url: str, key: str, *, transport: Repeating | None = None) -> AuthenticatedClient:
    """A client that sends an API key."""
    given, timeout = _given(transport), httpx.Timeout(TIMEOUT)
    header = "X-API-Key"
    return _opened(AuthenticatedClient(url, key, "", header, timeout=timeout, httpx_args=given))


def sign_in(url: str, email: str, password: str, *, transport: Repeating | None = None) -> AuthenticatedClient:
    """A client with a new session, which renews its tokens by itself.

    Raises:
        refusals.InvalidCredentials: the address or the password is wrong.
    """
    body = TokenCreate(email=email, password=password)
    with connect(url, transport=transport) as client:
        tokens = create_token.sync(client=client, body=body)
    return resume(url, tokens, transport=transport)


def resume(url: str, tokens: Tokens, *, transport: Repeating | None = None) -> AuthenticatedClient:
    """A client of a session that has begun before."""
    given = {**_given(transport), "auth": Session(url, tokens)}
    return _opened(AuthenticatedClient(url, tokens.access_token, timeout=httpx.Timeout(TIMEOUT), httpx_args=given))


def _opened(client: AuthenticatedClient) -> AuthenticatedClient:
    """With its connections: threads that begin together would each make their own."""
    client.get_httpx_client()
    return client


def _given(transport: Repeating | None) -> dict[str, Any]:
    return {"transport": transport or Repeating()}
