"""How the tests of accounts sign up, sign in and make keys."""

from tests.factories import PASSWORD

ABSENT = "usr_01kg9ys7g0e4ma4jz41b93y214"
NEW = {"email": "dora@example.com", "password": PASSWORD, "name": "Dora"}


def sign_up(client, **given):
    return client.post("/v1/users", {**NEW, **given})


def log_in(client, email="dora@example.com", password=PASSWORD):
    return client.post("/v1/tokens", {"email": email, "password": password})


def key_of(person, *scopes):
    """Somebody who calls with a key of that person."""
    return person.with_key(person.post("/v1/api-keys", {"name": "a key", "scopes": scopes}).json["secret"])


def emails(answer):
    assert answer.status == 200, answer
    return [user["email"] for user in answer.json["data"]]
