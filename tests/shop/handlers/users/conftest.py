"""The sign-up of dora, and lists of addresses."""

from typing import Any

from tests.asgi import Client, Response
from tests.shop.factories import PASSWORD

ABSENT = "usr_01kg9ys7g0e4ma4jz41b93y214"
DORA = "dora@example.com"
NEW = {"email": DORA, "password": PASSWORD, "name": "Dora"}


def sign_up(client: Client, **given: Any) -> Response:
    return client.post("/v1/users", {**NEW, **given})


def emails(response: Response) -> list[Any]:
    assert response.status == 200, response
    return [user["email"] for user in response.json["data"]]
