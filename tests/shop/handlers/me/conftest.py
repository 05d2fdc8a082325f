"""A second sign-in of alice, and another password."""

from typing import Any

from tests.asgi import Client
from tests.shop.api_helpers import log_in

OTHER = "seven paper lanterns"


def another_session(client: Client, headers: dict[str, Any] | None = None) -> tuple[Any, Client]:
    """Return the tokens and the client of another sign-in of alice."""
    given = log_in(client, headers=headers).json
    return given, client.signed_in(given["access_token"])
