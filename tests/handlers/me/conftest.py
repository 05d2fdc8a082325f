"""How alice signs in once more, and makes keys."""

from tests.factories import PASSWORD

OTHER = "seven paper lanterns"


def log_in(client, password=PASSWORD, email="alice@example.com", **headers):
    return client.post("/v1/tokens", {"email": email, "password": password}, headers)


def another_session(client, **headers):
    """The tokens and the client of another sign-in of alice."""
    given = log_in(client, **headers).json
    return given, client.signed_in(given["access_token"])


def key_of(person, *scopes):
    return person.with_key(person.post("/v1/api-keys", {"name": "a key", "scopes": scopes}).json["secret"])
