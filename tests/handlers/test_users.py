"""Signing up, and the administration of accounts."""

import json

import pytest

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


class TestCreateUser:
    def test_anybody_can_sign_up_and_is_a_customer(self, client):
        answer = sign_up(client, email="Dora@EXAMPLE.com")
        assert answer.status == 201
        made = answer.json
        assert made.keys() == {"id", "email", "name", "role", "status", "version", "created_at", "updated_at"}
        assert (made["email"], made["role"], made["status"]) == ("Dora@example.com", "customer", "active")
        assert answer.headers["etag"] == '"1"'
        assert answer.headers["location"] == f"/v1/users/{made['id']}"
        assert answer.headers["cache-control"] == "no-store"
        me = client.signed_in(log_in(client).json["access_token"])
        assert me.get(answer.headers["location"]).json == made

    @pytest.mark.parametrize("email", ["dora@example.com", "DORA@EXAMPLE.COM"])
    def test_an_address_is_taken_in_any_case(self, client, email):
        sign_up(client)
        answer = sign_up(client, email=email, name="Another")
        assert (answer.status, answer.code) == (409, "email_taken")
        assert "dora" not in answer.body.decode().lower()

    def test_everything_wrong_is_told_at_once_and_no_value_with_it(self, client):
        answer = client.post("/v1/users", {"email": "canary-1", "password": "canary-2", "name": "", "role": "canary-3"})
        assert (answer.status, answer.code) == (400, "validation_error")
        assert answer.errors.keys() == {"/email", "/password", "/name", "/role"}
        assert (answer.errors["/password"], answer.errors["/role"]) == ("minLength", "additionalProperties")
        assert b"canary" not in answer.body

    @pytest.mark.parametrize("field", NEW)
    def test_each_field_is_required(self, client, field):
        answer = client.post("/v1/users", {name: value for name, value in NEW.items() if name != field})
        assert (answer.status, answer.errors) == (400, {f"/{field}": "required"})

    @pytest.mark.parametrize("value", [None, True, 1, 1.5, [], {}, ["dora@example.com"]])
    @pytest.mark.parametrize("field", NEW)
    def test_each_field_is_text(self, client, field, value):
        answer = sign_up(client, **{field: value})
        assert (answer.status, answer.errors) == (400, {f"/{field}": "type"})

    @pytest.mark.parametrize("name", ["role", "is_admin", "id", "status", "user_id", "version", "__proto__", "Email"])
    def test_nobody_chooses_more_than_what_is_asked(self, client, sign_in, name):
        answer = sign_up(client, **{name: "admin"})
        assert (answer.status, answer.errors) == (400, {f"/{name}": "additionalProperties"})
        assert emails(sign_in("carol").get("/v1/users")) == ["carol@example.com"]

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b"null",
            b'"x"',
            b'{"email": "a@b.example", "email": "c@d.example", "password": "xxxxxxxxxxxxx", "name": "D"}',
            json.dumps({**NEW, "name": "\0"}).encode(),
            json.dumps({**NEW, "email": "do\0ra@example.com"}).encode(),
            json.dumps({**NEW, "name": "\ud800"}).encode(),
            json.dumps(NEW).encode("utf-16"),
            b"\xef\xbb\xbf" + json.dumps(NEW).encode(),
            json.dumps(NEW).encode().replace(b"Dora", b"\xff"),
            json.dumps({**NEW, "name": float("nan")}).encode(),
            b"[" * 100_000,
        ],
    )
    def test_what_is_not_strict_json_or_no_object_is_refused(self, client, body):
        answer = client.post("/v1/users", body, {"Content-Type": "application/json"})
        assert (answer.status, answer.code) == (400, "validation_error")

    @pytest.mark.parametrize(
        "password",
        ["x" * 12, "X" * 128, "ä" * 64, "🐙" * 128, "  spaces before and after  ", "Password\twith\nControls"],
    )
    def test_a_password_is_kept_as_it_is(self, client, password):
        assert sign_up(client, password=password).status == 201
        assert log_in(client, password=password).status == 201
        for other in (password[:-1], password[1:], password.swapcase()[:127]):
            assert log_in(client, password=other).code == "invalid_credentials"

    def test_passwords_are_told_apart_beyond_their_first_72_bytes(self, client):
        sign_up(client, password="x" * 72 + "y")
        assert log_in(client, password="x" * 72 + "z").code == "invalid_credentials"

    @pytest.mark.parametrize(
        ("password", "keyword"), [("x" * 11, "minLength"), ("x" * 129, "maxLength"), ("Password1234", "common")]
    )
    def test_a_bad_password_is_refused_without_being_quoted(self, client, password, keyword):
        answer = sign_up(client, password=password)
        assert (answer.status, answer.errors) == (400, {"/password": keyword})
        assert password.encode() not in answer.body

    def test_a_password_of_a_mebibyte_is_too_large(self, client):
        answer = sign_up(client, password="x" * 2**20)
        assert (answer.status, answer.code) == (413, "body_too_large")

    @pytest.mark.parametrize(
        "email",
        [
            "dora",
            "@example.com",
            "dora@",
            "dora@example",
            "döra@example.com",
            "a b@example.com",
            "d@@example.com",
            "a" * 50000 + "!",
            "a@" + "a" * 50000 + "!",
            "a@" + "a." * 25000 + "!",
            ".dora@example.com",
            "dora@-example.com",
            "dora@exa_mple.com",
            "dora@[127.0.0.1]",
            '"do ra"@example.com',
            "dora@xn--abc.com",
        ],
    )
    def test_what_is_no_address_is_refused(self, client, email):
        answer = sign_up(client, email=email)
        assert answer.status == 400
        assert answer.errors.keys() == {"/email"}

    @pytest.mark.parametrize(
        ("email", "kept"),
        [
            ("dora@bücher.example", "dora@xn--bcher-kva.example"),
            ("dora+shop@mail.test", "dora+shop@mail.test"),
            ("o'hara@example.com", "o'hara@example.com"),
        ],
    )
    def test_unusual_addresses_are_welcome(self, client, email, kept):
        assert sign_up(client, email=email).json["email"] == kept
        assert log_in(client, email).status == 201

    @pytest.mark.parametrize(
        "name", ["Ð", "田中さん", "O'Hara; DROP TABLE users--", "<b>Dora</b>", "x" * 100, "{{7*7}}"]
    )
    def test_names_are_kept_as_they_are(self, client, name):
        assert sign_up(client, name=name).json["name"] == name

    @pytest.mark.parametrize("name", ["", " ", "a\nb", "\x7f", "x" * 101])
    def test_a_name_is_one_line_that_can_be_seen(self, client, name):
        assert sign_up(client, name=name).errors.keys() == {"/name"}


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
        hers, nobodys = (charlie.get(f"/v1/users/{user_id}") for user_id in (alice.user.id, ABSENT))
        assert (hers.status, hers.code) == (404, "not_found")
        for answer in (hers, nobodys):
            answer.json.pop("request_id")
        assert {**hers.json, "request_id": ""} == {**nobodys.json, "request_id": ""}

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


class TestUpdateUser:
    @pytest.fixture
    def carol(self, sign_in):
        return sign_in("carol")

    @pytest.fixture
    def alice(self, sign_in):
        return sign_in("alice")

    def change(self, caller, user_id, body, tag="*", **headers):
        return caller.patch(f"/v1/users/{user_id}", body, {**({"If-Match": tag} if tag is not None else {}), **headers})

    def test_a_new_role_counts_from_the_next_call_on(self, carol, alice):
        assert alice.get("/v1/users").code == "forbidden"
        answer = self.change(carol, alice.user.id, {"role": "staff"}, '"1"')
        assert (answer.status, answer.json["role"], answer.json["version"]) == (200, "staff", 2)
        assert answer.headers["etag"] == '"2"'
        assert alice.get("/v1/users").status == 200
        self.change(carol, alice.user.id, {"role": "customer"})
        assert alice.get("/v1/users").code == "forbidden"

    def test_a_name_can_be_changed(self, carol, alice):
        answer = self.change(carol, alice.user.id, {"name": "Alicia"})
        assert (answer.json["name"], answer.json["role"]) == ("Alicia", "customer")
        assert alice.get("/v1/me").json == answer.json

    def test_a_merge_patch_is_taken_under_its_own_name(self, carol, alice):
        kind = {"Content-Type": "application/merge-patch+json"}
        assert self.change(carol, alice.user.id, {"name": "Alicia"}, **kind).status == 200

    def test_other_patches_are_not(self, carol, alice):
        kind = {"Content-Type": "application/json-patch+json"}
        answer = self.change(carol, alice.user.id, {"name": "Alicia"}, **kind)
        assert (answer.status, answer.code) == (415, "unsupported_media_type")

    @pytest.mark.parametrize(
        ("tag", "status", "code"),
        [
            (None, 428, "precondition_required"),
            ('"0"', 412, "precondition_failed"),
            ('W/"1"', 412, "precondition_failed"),
            ("garbage", 412, "precondition_failed"),
            ("", 400, "validation_error"),
            ('"1', 412, "precondition_failed"),
        ],
    )
    def test_nothing_is_changed_that_was_not_seen(self, carol, alice, tag, status, code):
        answer = self.change(carol, alice.user.id, {"name": "Alicia"}, tag)
        assert (answer.status, answer.code) == (status, code)
        assert alice.get("/v1/me").json["name"] == "Alice"

    @pytest.mark.parametrize("tag", ['"1"', "*", '"7", "1"'])
    def test_what_was_seen_is_changed(self, carol, alice, tag):
        assert self.change(carol, alice.user.id, {"name": "Alicia"}, tag).status == 200

    def test_the_second_of_two_who_saw_the_same_is_told(self, carol, alice):
        assert self.change(carol, alice.user.id, {"name": "First"}, '"1"').status == 200
        assert self.change(carol, alice.user.id, {"name": "Second"}, '"1"').code == "precondition_failed"
        assert alice.get("/v1/me").json["name"] == "First"

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"role": "emperor"},
            {"role": None},
            {"name": None},
            {"email": "x@example.com"},
            {"status": "active"},
            {"password": PASSWORD},
            {"version": 9},
            {"id": ABSENT},
            [],
            "name",
        ],
    )
    def test_nothing_else_can_be_changed(self, carol, alice, body):
        before = alice.get("/v1/me").json
        answer = self.change(carol, alice.user.id, body)
        assert (answer.status, answer.code) == (400, "validation_error")
        assert alice.get("/v1/me").json == before

    def test_the_last_admin_stays_one(self, carol, sign_in):
        answer = self.change(carol, carol.user.id, {"role": "staff"})
        assert (answer.status, answer.code) == (409, "last_admin")
        dave = sign_in("dave", role="admin")
        assert self.change(carol, carol.user.id, {"role": "staff"}).status == 200
        assert self.change(dave, dave.user.id, {"role": "customer"}).code == "last_admin"

    @pytest.mark.parametrize("name", ["alice", "bob"])
    def test_only_admins_may_and_others_learn_nothing_of_who_is_there(self, carol, sign_in, name):
        caller = sign_in(name)
        for user_id in (carol.user.id, caller.user.id, ABSENT):
            answer = self.change(caller, user_id, {"role": "admin"})
            assert (answer.status, answer.code) == (403, "forbidden")
        assert caller.get("/v1/me").json["role"] != "admin"

    def test_nobody_is_not_found(self, carol):
        assert self.change(carol, ABSENT, {"name": "Nobody"}).code == "not_found"


class TestDisableUser:
    def test_it_bites_on_the_very_next_call_of_everything(self, client, sign_in):
        sign_up(client)
        tokens = log_in(client).json
        dora, carol = client.signed_in(tokens["access_token"]), sign_in("carol")
        key = key_of(dora, "me:read")
        user_id = dora.get("/v1/me").json["id"]
        answer = carol.post(f"/v1/users/{user_id}/disable")
        assert (answer.status, answer.json["status"], answer.headers["etag"]) == (200, "disabled", '"2"')
        for gone in (dora, key):
            assert (gone.get("/v1/me").status, gone.get("/v1/me").code) == (401, "invalid_token")
        assert client.post("/v1/tokens/refresh", {"refresh_token": tokens["refresh_token"]}).code == "invalid_token"
        assert log_in(client).code == "account_disabled"
        assert log_in(client, password="a wrong password").code == "invalid_credentials"

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


def test_an_admin_who_is_disabled_does_not_count(sign_in):
    carol, dave = sign_in("carol"), sign_in("dave", role="admin")
    carol.post(f"/v1/users/{dave.user.id}/disable")
    assert carol.delete("/v1/me").code == "last_admin"
