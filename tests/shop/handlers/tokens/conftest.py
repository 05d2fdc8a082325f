"""A user, and requests of tokens."""

from typing import Any

import pytest

from db.users import User
from orderly.database.database import Database
from tests.asgi import Client, Response
from tests.shop.factories import make_user


@pytest.fixture
def alice(database: Database) -> User:
    """A user with a password."""
    with database.writing() as session:
        user = make_user(session)
        session.commit()
    return user


def renew(client: Client, token: Any) -> Response:
    return client.post("/v1/tokens/refresh", {"refresh_token": token})


def renewed(client: Client, token: Any) -> Any:
    response = renew(client, token)
    assert response.status == 201, response
    return response.json["refresh_token"]


def works(client: Client, tokens: Any) -> bool:
    """Return whether an access token is valid."""
    return client.signed_in(tokens["access_token"]).get("/v1/me").status == 200
