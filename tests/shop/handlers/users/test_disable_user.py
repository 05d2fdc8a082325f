"""Disabling accounts, and enabling them again."""

from collections.abc import Callable

from tests.asgi import Client
from tests.shop.api_helpers import key_of, log_in
from tests.shop.handlers.users.conftest import DORA, sign_up


class TestDisableUser:
    def test_all_credentials_end_at_once(self, client: Client, sign_in: Callable[..., Client]) -> None:
        sign_up(client)
        tokens = log_in(client, DORA).json
        dora, carol = client.signed_in(tokens["access_token"]), sign_in("carol")
        key = key_of(dora, "me:read")
        user_id = dora.get("/v1/me").json["id"]
        response = carol.post(f"/v1/users/{user_id}/disable")
        assert (response.status, response.json["status"], response.headers["etag"]) == (200, "disabled", '"2"')
        for gone in (dora, key):
            assert (gone.get("/v1/me").status, gone.get("/v1/me").code) == (401, "invalid_token")
        assert client.post("/v1/tokens/refresh", {"refresh_token": tokens["refresh_token"]}).code == "invalid_token"
        assert log_in(client, DORA).code == "account_disabled"
        assert log_in(client, DORA, password="a wrong password").code == "invalid_credentials"

    def test_the_last_admin_is_not_disabled(self, sign_in: Callable[..., Client]) -> None:
        carol = sign_in("carol")
        response = carol.post(f"/v1/users/{carol.user.id}/disable")
        assert (response.status, response.code) == (409, "last_admin")
        assert carol.get("/v1/me").status == 200


class TestEnableUser:
    def test_keys_work_again_and_sessions_stay_ended(self, client: Client, sign_in: Callable[..., Client]) -> None:
        alice, carol = sign_in("alice"), sign_in("carol")
        key = key_of(alice, "me:read")
        carol.post(f"/v1/users/{alice.user.id}/disable")
        response = carol.post(f"/v1/users/{alice.user.id}/enable")
        assert (response.status, response.json["status"], response.json["version"]) == (200, "active", 3)
        assert key.get("/v1/me").status == 200
        assert alice.get("/v1/me").code == "invalid_token"
        assert log_in(client, "alice@example.com").status == 201
