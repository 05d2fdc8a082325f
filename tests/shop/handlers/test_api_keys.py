"""API keys: their secrets, scopes and ends."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from orderly.clock import now
from orderly.times import rfc3339
from tests.asgi import Client, Response

SHOWN = {"id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at"}


def create(person: Client, *scopes: str, **given: Any) -> Response:
    return person.post("/v1/api-keys", {"name": "a key", "scopes": scopes or ["me:read"], **given})


def later(**time: Any) -> str:
    """Return a future time as RFC 3339."""
    return rfc3339(now() + timedelta(**time))


class TestCreateApiKey:
    def test_the_secret_is_shown_once(self, sign_in: Callable[..., Client]) -> None:
        alice = sign_in("alice")
        response = create(alice, "orders:read", "me:read")
        assert response.status == 201
        made = response.json
        assert made.keys() == SHOWN | {"secret"}
        assert (made["scopes"], made["expires_at"], made["last_used_at"]) == (["me:read", "orders:read"], None, None)
        assert made["secret"].startswith(f"{made['prefix']}_")
        assert response.headers["location"] == f"/v1/api-keys/{made['id']}"
        listed = alice.get("/v1/api-keys")
        assert listed.json["data"] == [{name: made[name] for name in SHOWN}]
        assert made["secret"][12:].encode() not in listed.body

    def test_key_acts_for_its_owner_with_its_scopes(self, sign_in: Callable[..., Client]) -> None:
        alice = sign_in("alice")
        key = alice.with_key(create(alice, "me:read").json["secret"])
        assert key.get("/v1/me").json["id"] == alice.user.id
        response = key.patch("/v1/me", {"name": "Alicia"})
        assert (response.status, response.code) == (403, "forbidden")
        assert key.get("/v1/me").json["name"] == "Alice"

    @pytest.mark.parametrize(
        ("name", "scope"), [("alice", "users:read"), ("bob", "users:write"), ("bob", "orders:refund")]
    )
    def test_scope_that_the_caller_lacks_is_rejected(
        self, sign_in: Callable[..., Client], name: str, scope: str
    ) -> None:
        person = sign_in(name)
        response = create(person, "me:read", scope)
        assert (response.status, response.code) == (403, "scope_not_held")
        assert person.get("/v1/api-keys").json["data"] == []

    def test_a_key_loses_what_its_owner_loses(self, sign_in: Callable[..., Client]) -> None:
        bob, carol = sign_in("bob"), sign_in("carol")
        key = bob.with_key(create(bob, "users:read", "me:read").json["secret"])
        carol.patch(f"/v1/users/{bob.user.id}", {"role": "customer"}, {"If-Match": "*"})
        assert key.get("/v1/users").code == "forbidden"
        assert key.get("/v1/me").status == 200

    def test_a_key_that_has_expired_is_not_created(self, sign_in: Callable[..., Client]) -> None:
        response = create(sign_in("alice"), expires_at="2001-01-01T00:00:00Z")
        assert (response.status, response.code) == (409, "expiry_passed")


class TestWithAKey:
    @pytest.fixture
    def secret(self, alice: Client) -> Any:
        return create(alice).json["secret"]

    def test_last_use_is_shown_to_the_minute(self, client: Client, alice: Client, secret: Any) -> None:
        client.with_key(secret).get("/v1/me")
        [listed] = alice.get("/v1/api-keys").json["data"]
        assert listed["last_used_at"].endswith(":00.000000Z")


class TestListApiKeys:
    def test_own_keys_are_listed_without_secrets(self, sign_in: Callable[..., Client]) -> None:
        alice, charlie = sign_in("alice"), sign_in("charlie")
        first, second = create(alice).json, create(alice).json
        create(charlie)
        response = alice.get("/v1/api-keys")
        assert [key["id"] for key in response.json["data"]] == [second["id"], first["id"]]
        assert all(key.keys() == SHOWN for key in response.json["data"])
        assert alice.get(f"/v1/api-keys?user_id={charlie.user.id}").errors == {"user_id": "unknown"}

    def test_ended_keys_are_left_out(
        self, sign_in: Callable[..., Client], time_passes: Callable[..., AbstractContextManager[None]]
    ) -> None:
        alice = sign_in("alice")
        create(alice, expires_at=later(minutes=1))
        alice.delete(f"/v1/api-keys/{create(alice).json['id']}")
        kept = create(alice).json
        with time_passes(minutes=2):
            assert [key["id"] for key in alice.get("/v1/api-keys").json["data"]] == [kept["id"]]


class TestRevokeApiKey:
    def test_revoked_key_is_invalid_at_once(self, client: Client, sign_in: Callable[..., Client]) -> None:
        alice = sign_in("alice")
        made = create(alice).json
        key = client.with_key(made["secret"])
        assert key.get("/v1/me").status == 200
        response = alice.delete(f"/v1/api-keys/{made['id']}")
        assert (response.status, response.body) == (204, b"")
        assert key.get("/v1/me").code == "invalid_token"
        assert alice.delete(f"/v1/api-keys/{made['id']}").code == "not_found"


class TestRotateApiKey:
    def rotate(self, person: Client, key_id: str, **body: Any) -> Response:
        return person.post(f"/v1/api-keys/{key_id}/rotate", body)

    def test_without_an_overlap_the_old_one_ends_at_once(self, client: Client, sign_in: Callable[..., Client]) -> None:
        alice = sign_in("alice")
        old = create(alice, "me:read", name="Book-keeping").json
        response = self.rotate(alice, old["id"])
        assert response.status == 201
        new = response.json
        assert response.headers["location"] == f"/v1/api-keys/{new['id']}"
        assert (new["name"], new["scopes"]) == (old["name"], old["scopes"])
        assert client.with_key(old["secret"]).get("/v1/me").code == "invalid_token"
        assert client.with_key(new["secret"]).get("/v1/me").status == 200

    def test_with_an_overlap_both_work_for_a_while(
        self, client: Client, sign_in: Callable[..., Client], time_passes: Callable[..., AbstractContextManager[None]]
    ) -> None:
        alice = sign_in("alice")
        old = create(alice).json
        new = self.rotate(alice, old["id"], overlap_seconds=60).json
        keys = client.with_key(old["secret"]), client.with_key(new["secret"])
        assert [key.get("/v1/me").status for key in keys] == [200, 200]
        with time_passes(seconds=61):
            assert [key.get("/v1/me").status for key in keys] == [401, 200]

    def test_a_key_can_replace_itself(self, client: Client, sign_in: Callable[..., Client]) -> None:
        alice = sign_in("alice")
        old = create(alice, "api-keys:write", "me:read").json
        new = self.rotate(client.with_key(old["secret"]), old["id"])
        assert new.status == 201
        assert client.with_key(new.json["secret"]).get("/v1/me").status == 200

    def test_caller_without_a_scope_of_the_key_cannot_renew_it(
        self, client: Client, sign_in: Callable[..., Client]
    ) -> None:
        alice = sign_in("alice")
        weak, strong = create(alice, "api-keys:write").json, create(alice, "me:write").json
        response = self.rotate(client.with_key(weak["secret"]), strong["id"])
        assert (response.status, response.code) == (403, "scope_not_held")
        assert len(alice.get("/v1/api-keys").json["data"]) == 2

    def test_an_ended_key_is_not_renewed(
        self, sign_in: Callable[..., Client], time_passes: Callable[..., AbstractContextManager[None]]
    ) -> None:
        alice = sign_in("alice")
        revoked, expiring = create(alice).json["id"], create(alice, expires_at=later(minutes=1)).json["id"]
        alice.delete(f"/v1/api-keys/{revoked}")
        assert self.rotate(alice, revoked).code == "not_found"
        with time_passes(minutes=2):
            assert self.rotate(alice, expiring).code == "not_found"
