"""Sessions, keys and accounts on two servers.

What ends at one server ends at the other immediately. Of many simultaneous refreshes one succeeds.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from db.sessions import RefreshToken, UserSession
from orderly.clock import new_id
from tests.e2e.conftest import Twins
from tests.shop.factories import PASSWORD

TIMES = 50


@pytest.fixture
def alice(twins: Twins, here: httpx.Client) -> dict[str, Any]:
    """The tokens of a new user, and the user's id."""
    name = new_id("alice")
    user_id = twins.add_user(name)
    return {**log_in(here, f"{name}@example.com"), "id": user_id, "email": f"{name}@example.com"}


@pytest.fixture(scope="module")
def carol(twins: Twins) -> str:
    """An admin."""
    return twins.add_user("carol")


@pytest.fixture
def admin(here: httpx.Client, carol: str) -> dict[str, Any]:
    """The headers of carol."""
    return bearer(log_in(here, "carol@example.com"))


def log_in(client: httpx.Client, email: str, password: str = PASSWORD) -> Any:
    response = client.post("/v1/tokens", json={"email": email, "password": password})
    assert response.status_code == 201, response.text
    return response.json()


def bearer(tokens: dict[str, Any]) -> dict[str, Any]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def renew(client: httpx.Client, tokens: dict[str, Any]) -> httpx.Response:
    return client.post("/v1/tokens/refresh", json={"refresh_token": tokens["refresh_token"]})


def renewed(client: httpx.Client, tokens: dict[str, Any]) -> Any:
    response = renew(client, tokens)
    assert response.status_code == 201, response.text
    return response.json()


def outcome(response: httpx.Response) -> tuple[int, str | None]:
    """Return the status of a response and the code of its problem."""
    return response.status_code, response.json().get("code")


REFUSED = (401, "invalid_token")


def test_concurrent_refreshes_leave_at_most_one_live_token(
    twins: Twins, here: httpx.Client, alice: dict[str, Any]
) -> None:
    with ThreadPoolExecutor(TIMES) as threads:
        responses = list(threads.map(lambda _: renew(here, alice), range(TIMES)))
    assert {response.status_code for response in responses} <= {201, 401}
    given = [response.json() for response in responses if response.status_code == 201]
    assert given
    with twins.database.reading() as session:
        live = select(func.count()).select_from(RefreshToken).join(UserSession)
        live = live.where(UserSession.user_id == alice["id"], UserSession.revoked_at.is_(None))
        assert session.scalars(live.where(RefreshToken.used_at.is_(None))).one() <= 1
    assert [renew(here, tokens).status_code for tokens in given].count(201) <= 1


def test_reuse_at_one_server_ends_the_session_at_the_other(
    here: httpx.Client, there: httpx.Client, alice: dict[str, Any]
) -> None:
    second = renewed(here, alice)
    third = renewed(there, second)
    for tokens in (alice, second, third):
        assert here.get("/v1/me", headers=bearer(tokens)).status_code == 200
    assert outcome(renew(there, alice)) == (401, "token_reused")
    for tokens in (alice, second, third):
        for client in (here, there):
            assert outcome(client.get("/v1/me", headers=bearer(tokens))) == REFUSED
            assert outcome(renew(client, tokens)) == REFUSED


def test_disabling_takes_effect_at_the_other_server(
    here: httpx.Client, there: httpx.Client, alice: dict[str, Any], admin: dict[str, Any]
) -> None:
    scopes = {"name": "a key", "scopes": ["me:read"]}
    key = {"X-API-Key": here.post("/v1/api-keys", json=scopes, headers=bearer(alice)).json()["secret"]}
    for headers in (bearer(alice), key):
        assert there.get("/v1/me", headers=headers).status_code == 200
    assert here.post(f"/v1/users/{alice['id']}/disable", headers=admin).status_code == 200
    for headers in (bearer(alice), key):
        assert outcome(there.get("/v1/me", headers=headers)) == REFUSED
    assert outcome(renew(there, alice)) == REFUSED
    login = there.post("/v1/tokens", json={"email": alice["email"], "password": PASSWORD})
    assert outcome(login) == (403, "account_disabled")


def test_new_role_takes_effect_at_the_other_server(
    here: httpx.Client, there: httpx.Client, alice: dict[str, Any], admin: dict[str, Any]
) -> None:
    assert there.get("/v1/users", headers=bearer(alice)).status_code == 403
    change = here.patch(f"/v1/users/{alice['id']}", json={"role": "staff"}, headers={**admin, "If-Match": "*"})
    assert change.status_code == 200
    assert there.get("/v1/users", headers=bearer(alice)).status_code == 200


def test_new_password_takes_effect_at_the_other_server(
    here: httpx.Client, there: httpx.Client, alice: dict[str, Any]
) -> None:
    other = log_in(there, alice["email"])
    assert there.get("/v1/me", headers=bearer(other)).status_code == 200
    body = {"current_password": PASSWORD, "new_password": "seven paper lanterns"}
    assert here.put("/v1/me/password", json=body, headers=bearer(alice)).status_code == 204
    assert outcome(there.get("/v1/me", headers=bearer(other))) == REFUSED
    assert outcome(renew(there, other)) == REFUSED
    assert there.get("/v1/me", headers=bearer(alice)).status_code == 200
    old = there.post("/v1/tokens", json={"email": alice["email"], "password": PASSWORD})
    assert outcome(old) == (401, "invalid_credentials")


def test_signing_out_takes_effect_at_the_other_server(
    here: httpx.Client, there: httpx.Client, alice: dict[str, Any]
) -> None:
    assert there.get("/v1/me", headers=bearer(alice)).status_code == 200
    assert here.delete("/v1/tokens/current", headers=bearer(alice)).status_code == 204
    assert outcome(there.get("/v1/me", headers=bearer(alice))) == REFUSED
    assert outcome(renew(there, alice)) == REFUSED
    assert outcome(there.delete("/v1/tokens/current", headers=bearer(alice))) == REFUSED


def test_revoking_a_key_takes_effect_at_the_other_server(
    here: httpx.Client, there: httpx.Client, alice: dict[str, Any]
) -> None:
    body = {"name": "a key", "scopes": ["me:read"]}
    made = here.post("/v1/api-keys", json=body, headers=bearer(alice)).json()
    key = {"X-API-Key": made["secret"]}
    assert there.get("/v1/me", headers=key).status_code == 200
    assert here.delete(f"/v1/api-keys/{made['id']}", headers=bearer(alice)).status_code == 204
    assert outcome(there.get("/v1/me", headers=key)) == REFUSED


def test_deleted_account_is_gone_at_the_other_server(
    here: httpx.Client, there: httpx.Client, alice: dict[str, Any]
) -> None:
    assert there.get("/v1/me", headers=bearer(alice)).status_code == 200
    assert here.delete("/v1/me", headers=bearer(alice)).status_code == 204
    assert outcome(there.get("/v1/me", headers=bearer(alice))) == REFUSED
    assert outcome(renew(there, alice)) == REFUSED


def test_concurrent_changes_of_one_version_succeed_once(here: httpx.Client, alice: dict[str, Any]) -> None:
    def rename(number: int) -> int:
        headers = {**bearer(alice), "If-Match": '"1"'}
        return here.patch("/v1/me", json={"name": f"Alice {number}"}, headers=headers).status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = sorted(threads.map(rename, range(16)))
    assert statuses == [200] + [412] * 15
