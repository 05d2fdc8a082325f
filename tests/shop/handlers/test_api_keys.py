"""Keys for programs: shown once, never more than their owner, refused from the moment they end."""

from datetime import timedelta

import pytest

from db import api_keys
from orderly.clock import now
from orderly.times import rfc3339

ABSENT = "key_01kgepztw0edqrb018tr4sjm6r"
SHOWN = {"id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at"}


def create(person, *scopes, **given):
    return person.post("/v1/api-keys", {"name": "a key", "scopes": scopes or ["me:read"], **given})


def later(**time):
    """A time to come, as a request writes it."""
    return rfc3339(now() + timedelta(**time))


class TestCreateApiKey:
    def test_the_secret_is_shown_once(self, sign_in):
        alice = sign_in("alice")
        answer = create(alice, "orders:read", "me:read")
        assert answer.status == 201
        made = answer.json
        assert made.keys() == SHOWN | {"secret"}
        assert (made["scopes"], made["expires_at"], made["last_used_at"]) == (["me:read", "orders:read"], None, None)
        assert made["secret"].startswith(f"{made['prefix']}_")
        assert answer.headers["location"] == f"/v1/api-keys/{made['id']}"
        listed = alice.get("/v1/api-keys")
        assert listed.json["data"] == [{name: made[name] for name in SHOWN}]
        assert made["secret"][12:].encode() not in listed.body

    def test_it_acts_for_its_owner_with_its_scopes(self, sign_in):
        alice = sign_in("alice")
        key = alice.with_key(create(alice, "me:read").json["secret"])
        assert key.get("/v1/me").json["id"] == alice.user.id
        answer = key.patch("/v1/me", {"name": "Alicia"})
        assert (answer.status, answer.code) == (403, "forbidden")
        assert key.get("/v1/me").json["name"] == "Alice"

    @pytest.mark.parametrize(
        ("name", "scope"), [("alice", "users:read"), ("bob", "users:write"), ("bob", "orders:refund")]
    )
    def test_nobody_gives_what_he_does_not_have(self, sign_in, name, scope):
        person = sign_in(name)
        answer = create(person, "me:read", scope)
        assert (answer.status, answer.code) == (403, "scope_not_held")
        assert person.get("/v1/api-keys").json["data"] == []

    def test_a_key_makes_no_key_that_can_do_more(self, sign_in):
        alice = sign_in("alice")
        key = alice.with_key(create(alice, "api-keys:write").json["secret"])
        assert create(key, "me:read").code == "scope_not_held"
        assert create(key, "api-keys:write").status == 201

    def test_a_key_loses_what_its_owner_loses(self, sign_in):
        bob, carol = sign_in("bob"), sign_in("carol")
        key = bob.with_key(create(bob, "users:read", "me:read").json["secret"])
        carol.patch(f"/v1/users/{bob.user.id}", {"role": "customer"}, {"If-Match": "*"})
        assert key.get("/v1/users").code == "forbidden"
        assert key.get("/v1/me").status == 200

    def test_a_key_that_would_never_work_is_not_made(self, sign_in):
        answer = create(sign_in("alice"), expires_at="2001-01-01T00:00:00Z")
        assert (answer.status, answer.code) == (409, "expiry_passed")

    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ({}, {"/name", "/scopes"}),
            ({"name": "x", "scopes": []}, {"/scopes"}),
            ({"name": "x", "scopes": ["me:read", "me:read"]}, {"/scopes"}),
            ({"name": "x", "scopes": ["everything"]}, {"/scopes/0"}),
            ({"name": "x", "scopes": "me:read"}, {"/scopes"}),
            ({"name": "\n", "scopes": [None]}, {"/name", "/scopes/0"}),
            ({"name": "x", "scopes": ["me:read"], "expires_at": "tomorrow"}, {"/expires_at"}),
            ({"name": "x", "scopes": ["me:read"], "expires_at": "2026-02-30T00:00:00Z"}, {"/expires_at"}),
            ({"name": "x", "scopes": ["me:read"], "secret": "mine", "user_id": "x"}, {"/secret", "/user_id"}),
        ],
    )
    def test_everything_wrong_is_told_at_once(self, sign_in, body, wrong):
        answer = sign_in("alice").post("/v1/api-keys", body)
        assert (answer.status, answer.errors.keys()) == (400, wrong)

    def test_it_is_for_those_who_are_signed_in(self, client):
        assert create(client).code == "unauthenticated"


class TestWithAKey:
    @pytest.fixture
    def secret(self, alice):
        return create(alice).json["secret"]

    @pytest.mark.parametrize("at", [0, 3, 10, 11, 12, 30, 43, 44, 49])
    def test_one_wrong_character_is_refused(self, client, secret, at):
        other = secret[:at] + ("b" if secret[at] != "b" else "c") + secret[at + 1 :]
        answer = client.with_key(other).get("/v1/me")
        assert (answer.status, answer.code) == (401, "invalid_token")

    def test_the_right_beginning_with_another_secret_is_refused(self, client, secret):
        other = api_keys.make_secret(secret[3:11])
        assert (other[:11], other) != (secret[:11], secret)
        assert client.with_key(other).get("/v1/me").code == "invalid_token"

    @pytest.mark.parametrize(
        "change", [str.upper, str.swapcase, lambda s: s[:-1], lambda s: s + "0", lambda s: s + " x"]
    )
    def test_a_key_is_compared_as_it_is(self, client, secret, change):
        assert client.with_key(change(secret)).get("/v1/me").code == "invalid_token"

    def test_a_key_has_one_place(self, client, secret):
        assert client.get(f"/v1/me?api_key={secret}").status == 401
        assert client.get(f"/v1/me?X-API-Key={secret}").status == 401
        assert client.signed_in(secret).get("/v1/me").code == "invalid_token"

    def test_two_credentials_are_never_mixed(self, alice, sign_in, secret):
        bob = sign_in("bob")
        for person in (alice, bob):
            answer = person.get("/v1/users", {"X-API-Key": secret})
            assert (answer.status, answer.code) == (400, "ambiguous_credentials")
            bad = person.get("/v1/me", {"X-API-Key": "nonsense"})
            assert (bad.status, bad.code) == (400, "ambiguous_credentials")
        twice = alice.with_key(secret).get("/v1/me", {"X-API-Key": secret})
        assert (twice.status, twice.code) == (400, "ambiguous_credentials")

    def test_it_ends_when_it_was_told_to(self, client, alice, time_passes):
        secret = create(alice, expires_at=later(hours=1)).json["secret"]
        key = client.with_key(secret)
        assert key.get("/v1/me").status == 200
        with time_passes(hours=1, seconds=1):
            assert key.get("/v1/me").code == "invalid_token"

    def test_its_owner_disabled_is_disabled_too(self, client, alice, sign_in, secret):
        sign_in("carol").post(f"/v1/users/{alice.user.id}/disable")
        assert client.with_key(secret).get("/v1/me").code == "invalid_token"

    def test_its_use_is_shown_to_the_minute(self, client, alice, secret):
        client.with_key(secret).get("/v1/me")
        [listed] = alice.get("/v1/api-keys").json["data"]
        assert listed["last_used_at"].endswith(":00.000000Z")


class TestListApiKeys:
    def test_only_ones_own_and_without_the_secrets(self, sign_in):
        alice, charlie = sign_in("alice"), sign_in("charlie")
        first, second = create(alice).json, create(alice).json
        create(charlie)
        answer = alice.get("/v1/api-keys")
        assert [key["id"] for key in answer.json["data"]] == [second["id"], first["id"]]
        assert all(key.keys() == SHOWN for key in answer.json["data"])
        assert alice.get(f"/v1/api-keys?user_id={charlie.user.id}").errors == {"user_id": "unknown"}

    def test_ended_keys_are_left_out(self, sign_in, time_passes):
        alice = sign_in("alice")
        create(alice, expires_at=later(minutes=1))
        alice.delete(f"/v1/api-keys/{create(alice).json['id']}")
        kept = create(alice).json
        with time_passes(minutes=2):
            assert [key["id"] for key in alice.get("/v1/api-keys").json["data"]] == [kept["id"]]

    def test_it_is_read_page_by_page(self, sign_in):
        alice = sign_in("alice")
        made = [create(alice).json["id"] for _ in range(3)]
        first = alice.get("/v1/api-keys?limit=2").json
        rest = alice.get(f"/v1/api-keys?limit=2&cursor={first['next_cursor']}").json
        assert [key["id"] for key in first["data"] + rest["data"]] == made[::-1]

    def test_a_key_needs_the_scope(self, sign_in):
        alice = sign_in("alice")
        assert alice.with_key(create(alice).json["secret"]).get("/v1/api-keys").code == "forbidden"
        key = alice.with_key(create(alice, "api-keys:read").json["secret"])
        assert len(key.get("/v1/api-keys").json["data"]) == 2


class TestRevokeApiKey:
    def test_it_bites_on_the_very_next_call(self, client, sign_in):
        alice = sign_in("alice")
        made = create(alice).json
        key = client.with_key(made["secret"])
        assert key.get("/v1/me").status == 200
        answer = alice.delete(f"/v1/api-keys/{made['id']}")
        assert (answer.status, answer.body) == (204, b"")
        assert key.get("/v1/me").code == "invalid_token"
        assert alice.delete(f"/v1/api-keys/{made['id']}").code == "not_found"

    @pytest.mark.parametrize("name", ["charlie", "bob", "carol"])
    def test_nobody_touches_alices(self, client, sign_in, name):
        alice, other = sign_in("alice"), sign_in(name)
        made = create(alice).json
        for target in (made["id"], ABSENT):
            assert other.delete(f"/v1/api-keys/{target}").code == "not_found"
            assert other.post(f"/v1/api-keys/{target}/rotate", {}).code == "not_found"
        assert client.with_key(made["secret"]).get("/v1/me").status == 200

    def test_a_key_needs_the_scope(self, sign_in):
        alice = sign_in("alice")
        made = create(alice, "api-keys:read").json
        key = alice.with_key(made["secret"])
        assert key.delete(f"/v1/api-keys/{made['id']}").code == "forbidden"
        assert key.delete(f"/v1/api-keys/{ABSENT}").code == "forbidden"

    def test_a_malformed_id_is_told_apart(self, sign_in):
        answer = sign_in("alice").delete("/v1/api-keys/ok_tr4sjm6r")
        assert (answer.status, answer.errors.keys()) == (400, {"key_id"})


class TestRotateApiKey:
    def rotate(self, person, key_id, **body):
        return person.post(f"/v1/api-keys/{key_id}/rotate", body)

    def test_without_an_overlap_the_old_one_ends_at_once(self, client, sign_in):
        alice = sign_in("alice")
        old = create(alice, "me:read", name="Book-keeping").json
        answer = self.rotate(alice, old["id"])
        assert answer.status == 201
        new = answer.json
        assert answer.headers["location"] == f"/v1/api-keys/{new['id']}"
        assert (new["name"], new["scopes"]) == (old["name"], old["scopes"])
        assert client.with_key(old["secret"]).get("/v1/me").code == "invalid_token"
        assert client.with_key(new["secret"]).get("/v1/me").status == 200

    def test_with_an_overlap_both_work_for_a_while(self, client, sign_in, time_passes):
        alice = sign_in("alice")
        old = create(alice).json
        new = self.rotate(alice, old["id"], overlap_seconds=60).json
        keys = client.with_key(old["secret"]), client.with_key(new["secret"])
        assert [key.get("/v1/me").status for key in keys] == [200, 200]
        with time_passes(seconds=61):
            assert [key.get("/v1/me").status for key in keys] == [401, 200]

    @pytest.mark.parametrize("overlap", [-1, 86401, 1.5, "60", None, True, 10**30])
    def test_an_overlap_is_a_day_at_most(self, sign_in, overlap):
        alice = sign_in("alice")
        answer = self.rotate(alice, create(alice).json["id"], overlap_seconds=overlap)
        assert (answer.status, answer.errors.keys()) == (400, {"/overlap_seconds"})

    def test_a_number_that_is_whole_is_an_integer(self, sign_in):
        alice = sign_in("alice")
        body = b'{"overlap_seconds": 6e1}'
        answer = alice.post(
            f"/v1/api-keys/{create(alice).json['id']}/rotate", body, {"Content-Type": "application/json"}
        )
        assert answer.status == 201

    def test_a_key_can_replace_itself(self, client, sign_in):
        alice = sign_in("alice")
        old = create(alice, "api-keys:write", "me:read").json
        new = self.rotate(client.with_key(old["secret"]), old["id"])
        assert new.status == 201
        assert client.with_key(new.json["secret"]).get("/v1/me").status == 200

    def test_who_lacks_a_scope_of_the_key_cannot_renew_it(self, client, sign_in):
        alice = sign_in("alice")
        weak, strong = create(alice, "api-keys:write").json, create(alice, "me:write").json
        answer = self.rotate(client.with_key(weak["secret"]), strong["id"])
        assert (answer.status, answer.code) == (403, "scope_not_held")
        assert len(alice.get("/v1/api-keys").json["data"]) == 2

    def test_an_ended_key_is_not_renewed(self, sign_in, time_passes):
        alice = sign_in("alice")
        revoked, expiring = create(alice).json["id"], create(alice, expires_at=later(minutes=1)).json["id"]
        alice.delete(f"/v1/api-keys/{revoked}")
        assert self.rotate(alice, revoked).code == "not_found"
        with time_passes(minutes=2):
            assert self.rotate(alice, expiring).code == "not_found"
