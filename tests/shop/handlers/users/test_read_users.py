"""Accounts are read by the staff, and by each of his own."""

import pytest

from tests.shop.api_helpers import key_of
from tests.shop.handlers.users.conftest import ABSENT, emails


class TestListUsers:
    def test_staff_sees_everybody_newest_first(self, sign_in):
        sign_in("alice")
        bob = sign_in("bob")
        sign_in("charlie")
        assert emails(bob.get("/v1/users")) == ["charlie@example.com", "bob@example.com", "alice@example.com"]

    def test_a_list_is_read_page_by_page(self, sign_in):
        bob = sign_in("bob")
        for number in range(4):
            sign_in(f"user-{number}")
        seen, target = [], "/v1/users?limit=2"
        while target:
            page = bob.get(target)
            seen += emails(page)
            assert page.json["has_more"] == ("link" in page.headers)
            target = page.headers["link"][1:].split(">")[0] if page.json["has_more"] else None
        assert seen == [f"user-{number}@example.com" for number in (3, 2, 1, 0)] + ["bob@example.com"]
        assert page.json["next_cursor"] is None

    def test_filters_meet(self, client, sign_in):
        alice, bob, carol = sign_in("alice"), sign_in("bob"), sign_in("carol")
        carol.post(f"/v1/users/{alice.user.id}/disable")
        assert emails(bob.get("/v1/users?role=staff")) == ["bob@example.com"]
        assert emails(bob.get("/v1/users?status=disabled")) == ["alice@example.com"]
        assert emails(bob.get("/v1/users?status=disabled&role=admin")) == []
        assert emails(bob.get("/v1/users?email=ALICE%40example.com")) == ["alice@example.com"]
        assert emails(bob.get("/v1/users?created_after=2001-01-01T00:00:00Z&created_before=2001-01-02T00:00:00Z")) == []
        created = bob.get(f"/v1/users/{bob.user.id}").json["created_at"]
        assert emails(bob.get(f"/v1/users?created_after={created}")) == ["carol@example.com", "bob@example.com"]
        assert emails(bob.get(f"/v1/users?created_before={created}")) == ["alice@example.com"]

    @pytest.mark.parametrize(
        "query",
        [
            "limit=0",
            "limit=101",
            "limit=abc",
            "limit=1_0",
            "limit=%D9%A1",
            "limit=+5",
            "limit=%2B5",
            "limit=%00",
            "limit=1e1",
            "limit=1&limit=2",
            "limit=",
            "limit=1.5",
            "role=emperor",
            "role=",
            "status=erased",
            "email=%25",
            "cursor=",
            "cursor=x",
            "cursor=W10.x",
            "created_after=yesterday",
            "created_after=2026-02-30T00:00:00Z",
            "sort=name",
            "user_id=x",
            "_method=DELETE",
            "email=a%00@example.com",
            "email=%FF%40example.com",
        ],
    )
    def test_a_query_that_the_contract_does_not_have_is_refused(self, sign_in, query):
        answer = sign_in("bob").get(f"/v1/users?{query}")
        assert (answer.status, answer.code) == (400, "validation_error")

    def test_a_cursor_is_of_one_caller_and_one_filter(self, sign_in):
        bob, carol = sign_in("bob"), sign_in("carol")
        cursor = bob.get("/v1/users?limit=1").json["next_cursor"]
        assert emails(bob.get(f"/v1/users?limit=1&cursor={cursor}")) == ["bob@example.com"]
        for answer in (
            carol.get(f"/v1/users?cursor={cursor}"),
            bob.get(f"/v1/users?role=customer&cursor={cursor}"),
            bob.get(f"/v1/me/sessions?cursor={cursor}"),
            bob.get(f"/v1/users?cursor={cursor.swapcase()}"),
        ):
            assert (answer.status, answer.errors) == (400, {"cursor": "cursor"})

    def test_charlie_may_not_and_nobody_knows_nothing(self, client, sign_in):
        assert sign_in("charlie").get("/v1/users").code == "forbidden"
        answer = client.get("/v1/users")
        assert (answer.status, answer.code) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"] == 'Bearer realm="orderly"'

    def test_a_key_needs_the_scope_and_an_owner_who_has_it(self, sign_in):
        bob, carol = sign_in("bob"), sign_in("carol")
        assert key_of(bob, "me:read").get("/v1/users").code == "forbidden"
        key = key_of(bob, "users:read")
        assert len(emails(key.get("/v1/users"))) == 2
        carol.patch(f"/v1/users/{bob.user.id}", {"role": "customer"}, {"If-Match": "*"})
        assert key.get("/v1/users").code == "forbidden"


class TestGetUser:
    def test_alice_sees_herself(self, sign_in):
        alice = sign_in("alice")
        answer = alice.get(f"/v1/users/{alice.user.id}")
        assert (answer.status, answer.json["email"]) == (200, "alice@example.com")
        assert answer.headers["etag"] == '"1"'

    def test_staff_sees_alice(self, sign_in):
        alice = sign_in("alice")
        for name in ("bob", "carol"):
            assert sign_in(name).get(f"/v1/users/{alice.user.id}").status == 200

    def test_a_stranger_cannot_tell_alice_from_nobody(self, sign_in):
        alice, charlie = sign_in("alice"), sign_in("charlie")
        hers, absent = (charlie.get(f"/v1/users/{user_id}") for user_id in (alice.user.id, ABSENT))
        assert (hers.status, hers.code) == (404, "not_found")
        for answer in (hers, absent):
            answer.json.pop("request_id")
        assert {**hers.json, "request_id": ""} == {**absent.json, "request_id": ""}

    def test_a_key_of_staff_without_the_scope_sees_only_its_owner(self, sign_in):
        alice, bob = sign_in("alice"), sign_in("bob")
        key = key_of(bob, "me:read")
        assert key.get(f"/v1/users/{bob.user.id}").status == 200
        assert key.get(f"/v1/users/{alice.user.id}").code == "not_found"

    def test_an_erased_account_is_gone_for_everybody(self, sign_in):
        alice, carol = sign_in("alice"), sign_in("carol")
        assert alice.delete("/v1/me").status == 204
        assert carol.get(f"/v1/users/{alice.user.id}").code == "not_found"
        assert carol.post(f"/v1/users/{alice.user.id}/enable").code == "not_found"
        assert emails(carol.get("/v1/users")) == ["carol@example.com"]

    @pytest.mark.parametrize("tag", ['"1"', 'W/"1"', '"0", "1"', "*"])
    def test_what_is_known_is_not_sent_again(self, sign_in, tag):
        alice = sign_in("alice")
        answer = alice.get(f"/v1/users/{alice.user.id}", {"If-None-Match": tag})
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", '"1"')

    def test_what_has_changed_is_sent(self, sign_in):
        alice = sign_in("alice")
        assert alice.get(f"/v1/users/{alice.user.id}", {"If-None-Match": '"2"'}).status == 200

    @pytest.mark.parametrize("user_id", ["me", "1", "usr_", ABSENT.upper(), "key_01kg9ys7g0e4ma4jz41b93y214", "x" * 99])
    def test_a_malformed_id_is_told_apart(self, sign_in, user_id):
        answer = sign_in("alice").get(f"/v1/users/{user_id}")
        assert (answer.status, answer.errors.keys()) == (400, {"user_id"})


@pytest.mark.parametrize(
    "headers",
    [
        {"X-HTTP-Method-Override": "DELETE"},
        {"X-Method-Override": "PATCH"},
        {"X-Original-URL": "/v1/users"},
        {"X-Rewrite-URL": "/v1/users"},
        {"X-User-ID": ABSENT},
        {"X-Forwarded-User": "carol@example.com"},
        {"Cookie": "access_token=x; user_id=x"},
    ],
)
def test_a_header_makes_nobody_somebody_else(sign_in, headers):
    alice = sign_in("alice")
    assert alice.get("/v1/me", headers).json["email"] == "alice@example.com"
    assert alice.get("/v1/users", headers).code == "forbidden"
