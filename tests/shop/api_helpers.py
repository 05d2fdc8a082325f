"""Steps of many tests.

They sign in, create a key, read a list to its end.
"""

from collections.abc import Callable
from typing import Any

from tests.asgi import Client, Headers, Response
from tests.shop.factories import PASSWORD


def log_in(
    client: Client, email: str = "alice@example.com", password: str = PASSWORD, headers: Headers | None = None
) -> Response:
    """Sign in, or try to."""
    return client.post("/v1/tokens", {"email": email, "password": password}, headers)


def key_of(person: Client, *scopes: str) -> Client:
    """Return a client with a new API key of that user."""
    return person.with_key(person.post("/v1/api-keys", {"name": "a key", "scopes": scopes}).json["secret"])


def walk(client: Client, target: str, then: Callable[[], None] = lambda: None) -> list[Any]:
    """Return all rows of a list, page by page.

    A function may be called between two pages.
    """
    rows: list[Any] = []
    while target:
        response = client.get(target)
        assert response.status == 200, response
        rows += response.json["data"]
        target = response.headers.get("link", "<>").partition(">")[0][1:]
        then()
    return rows
