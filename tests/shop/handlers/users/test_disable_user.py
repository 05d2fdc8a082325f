"""Admins shut accounts and open them again."""

import pytest

from tests.shop.api_helpers import key_of, log_in
from tests.shop.handlers.users.conftest import ABSENT, DORA, sign_up


class TestDisableUser:
    def test_it_bites_on_the_very_next_call_of_everything(self, client, sign_in):
        sign_up(client)
        tokens = log_in(client, DORA).json
        dora, carol = client.signed_in(tokens["access_token"]), sign_in("carol")
        key = key_of(dora, "me:read")
        user_id = dora.get("/v1/me").json["id"]
        answer = carol.post(f"/v1/users/{user_id}/disable")
        assert (answer.status, answer.json["status"], answer.headers["etag"]) == (200, "disabled", '"2"')
        for gone in (dora, key):
            assert (gone.get("/v1/me").status, gone.get("/v1/me").code) == (401, "invalid_token")
        assert client.post("/v1/tokens/refresh", {"refresh_token": tokens["refresh_token"]}).code == "invalid_token"
        assert log_in(client, DORA).code == "account_disabled"
        assert log_in(client, DORA, password="a wrong password").code == "invalid_credentials"

    def test_twice_is_once(self, sign_in):
        alice, carol = sign_in("alice"), sign_in("carol")
        first, second = (carol.post(f"/v1/users/{alice.user.id}/disable") for _ in range(2))
        assert (second.status, second.json) == (200, first.json)

    def test_the_last_admin_cannot_lock_himself_out(self, sign_in):
        carol = sign_in("carol")
        answer = carol.post(f"/v1/users/{carol.user.id}/disable")
        assert (answer.status, answer.code) == (409, "last_admin")
        assert carol.get("/v1/me").status == 200

    @pytest.mark.parametrize("name", ["alice", "bob"])
    @pytest.mark.parametrize("action", ["disable", "enable"])
    def test_only_admins_may_and_others_learn_nothing_of_who_is_there(self, sign_in, name, action):
        carol, caller = sign_in("carol"), sign_in(name)
        for user_id in (carol.user.id, ABSENT):
            assert caller.post(f"/v1/users/{user_id}/{action}").code == "forbidden"

    @pytest.mark.parametrize("action", ["disable", "enable"])
    def test_nobody_is_not_found(self, sign_in, action):
        assert sign_in("carol").post(f"/v1/users/{ABSENT}/{action}").code == "not_found"


class TestEnableUser:
    def test_keys_work_again_and_sessions_stay_ended(self, client, sign_in):
        alice, carol = sign_in("alice"), sign_in("carol")
        key = key_of(alice, "me:read")
        carol.post(f"/v1/users/{alice.user.id}/disable")
        answer = carol.post(f"/v1/users/{alice.user.id}/enable")
        assert (answer.status, answer.json["status"], answer.json["version"]) == (200, "active", 3)
        assert key.get("/v1/me").status == 200
        assert alice.get("/v1/me").code == "invalid_token"
        assert log_in(client, "alice@example.com").status == 201

    def test_an_active_account_stays_as_it_is(self, sign_in):
        alice, carol = sign_in("alice"), sign_in("carol")
        assert carol.post(f"/v1/users/{alice.user.id}/enable").json["version"] == 1


def test_an_admin_who_is_disabled_does_not_count(sign_in):
    carol, dave = sign_in("carol"), sign_in("dave", role="admin")
    carol.post(f"/v1/users/{dave.user.id}/disable")
    assert carol.delete("/v1/me").code == "last_admin"
