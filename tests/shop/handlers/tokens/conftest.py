"""A user, and requests of tokens."""

import pytest

from tests.shop.factories import make_user


@pytest.fixture
def alice(database):
    """A user with a password."""
    with database.writing() as session:
        user = make_user(session)
        session.commit()
    return user


def renew(client, token):
    return client.post("/v1/tokens/refresh", {"refresh_token": token})


def renewed(client, token):
    answer = renew(client, token)
    assert answer.status == 201, answer
    return answer.json["refresh_token"]


def works(client, tokens):
    """Return whether an access token is valid."""
    return client.signed_in(tokens["access_token"]).get("/v1/me").status == 200
