"""The caller's own account and sessions."""

from functools import partial

import pytest
from sqlalchemy import select

from db import accounts, users
from db.errors import Unauthenticated
from db.idempotency import IdempotencyRecord
from handlers import me, tokens
from tests.factories import PASSWORD, make_caller, make_order, make_session, make_user

OTHER = "seven paper lanterns"


def log_in(client, password=PASSWORD, email="alice@example.com", **headers):
    return client.post("/v1/tokens", {"email": email, "password": password}, headers)


def another_session(client, **headers):
    """The tokens and the client of another sign-in of alice."""
    given = log_in(client, **headers).json
    return given, client.signed_in(given["access_token"])


def key_of(person, *scopes):
    return person.with_key(person.post("/v1/api-keys", {"name": "a key", "scopes": scopes}).json["secret"])


def send_order(database, bob, user):
    """An order of somebody that bob marks as paid and as sent, each with a key; repeats what bob asked for."""
    with database.writing() as session:
        order = make_order(session, make_caller(user), note=f"For {user.name}.")
        session.commit()
    acts = [
        partial(bob.post, f"/v1/orders/{order.id}/pay", {"reference": order.id}, {"Idempotency-Key": f"p-{order.id}"}),
        partial(bob.post, f"/v1/orders/{order.id}/fulfil", {}, {"Idempotency-Key": f"f-{order.id}"}),
    ]
    assert [act().status for act in acts] == [200, 200]
    return acts


class TestGetMe:
    def test_the_account_of_the_caller(self, sign_in):
        alice, _ = sign_in("alice"), sign_in("bob")
        answer = alice.get("/v1/me")
        assert (answer.status, answer.json["email"], answer.headers["etag"]) == (200, "alice@example.com", '"1"')
        assert answer.headers["cache-control"] == "no-store"
        assert key_of(alice, "me:read").get("/v1/me").json == answer.json

    def test_what_is_known_is_not_sent_again(self, sign_in):
        answer = sign_in("alice").get("/v1/me", {"If-None-Match": '"1"'})
        assert (answer.status, answer.body) == (304, b"")

    def test_a_head_is_a_get_without_the_body(self, sign_in):
        alice = sign_in("alice")
        head, get = alice("HEAD", "/v1/me"), alice.get("/v1/me")
        assert (head.status, head.body, head.headers["etag"]) == (200, b"", get.headers["etag"])

    def test_a_key_needs_the_scope(self, sign_in):
        assert key_of(sign_in("alice"), "orders:read").get("/v1/me").code == "forbidden"

    def test_nobody_is_asked_who_he_is(self, client):
        answer = client.get("/v1/me")
        assert (answer.status, answer.code) == (401, "unauthenticated")


class TestUpdateMe:
    def test_a_name_needs_no_password(self, sign_in):
        alice = sign_in("alice")
        answer = alice.patch("/v1/me", {"name": "Alicia"})
        assert (answer.status, answer.json["name"], answer.headers["etag"]) == (200, "Alicia", '"2"')
        assert alice.get("/v1/me").json == answer.json

    def test_an_address_needs_the_current_password(self, client, sign_in):
        alice = sign_in("alice")
        without = alice.patch("/v1/me", {"email": "alicia@example.com"})
        assert (without.status, without.code) == (400, "validation_error")
        wrong = alice.patch("/v1/me", {"email": "alicia@example.com", "current_password": OTHER, "name": "Alicia"})
        assert (wrong.status, wrong.code) == (403, "wrong_password")
        assert alice.get("/v1/me").json["version"] == 1
        right = alice.patch("/v1/me", {"email": "Alicia@EXAMPLE.com", "current_password": PASSWORD})
        assert (right.status, right.json["email"]) == (200, "Alicia@example.com")
        assert log_in(client, email="alicia@example.com").status == 201
        assert log_in(client).code == "invalid_credentials"

    def test_an_address_of_somebody_else_is_taken(self, sign_in):
        alice, _ = sign_in("alice"), sign_in("charlie")
        answer = alice.patch("/v1/me", {"email": "Charlie@example.com", "current_password": PASSWORD, "name": "X"})
        assert (answer.status, answer.code) == (409, "email_taken")
        assert alice.get("/v1/me").json["name"] == "Alice"

    @pytest.mark.parametrize("tag", ['"1"', "*", None])
    def test_if_match_may_be_sent(self, sign_in, tag):
        answer = sign_in("alice").patch("/v1/me", {"name": "Alicia"}, {"If-Match": tag} if tag else {})
        assert answer.status == 200

    @pytest.mark.parametrize("tag", ['"2"', "x"])
    def test_if_match_is_believed(self, sign_in, tag):
        alice = sign_in("alice")
        assert alice.patch("/v1/me", {"name": "Alicia"}, {"If-Match": tag}).code == "precondition_failed"
        assert alice.get("/v1/me").json["name"] == "Alice"

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"role": "admin"},
            {"is_admin": True},
            {"id": "x"},
            {"status": "active"},
            {"user_id": "x"},
            {"version": 1},
            {"password": OTHER},
            {"name": None},
            {"email": None, "current_password": PASSWORD},
            {"__proto__": {}},
        ],
    )
    def test_nothing_else_can_be_changed(self, sign_in, body):
        alice = sign_in("alice")
        before = alice.get("/v1/me").json
        answer = alice.patch("/v1/me", body)
        assert (answer.status, answer.code) == (400, "validation_error")
        assert alice.get("/v1/me").json == before

    def test_a_key_needs_the_scope_to_write(self, sign_in):
        alice = sign_in("alice")
        assert key_of(alice, "me:read").patch("/v1/me", {"name": "Alicia"}).code == "forbidden"
        assert key_of(alice, "me:write").patch("/v1/me", {"name": "Alicia"}).status == 200


class TestChangeMyPassword:
    def change(self, caller, current=PASSWORD, new=OTHER):
        return caller.put("/v1/me/password", {"current_password": current, "new_password": new})

    def test_the_old_one_is_dead_and_so_are_the_other_sessions(self, client, sign_in):
        alice = sign_in("alice")
        key = key_of(alice, "me:read")
        given, elsewhere = another_session(client)
        answer = self.change(alice)
        assert (answer.status, answer.body) == (204, b"")
        assert elsewhere.get("/v1/me").code == "invalid_token"
        refreshed = client.post("/v1/tokens/refresh", {"refresh_token": given["refresh_token"]})
        assert refreshed.code == "invalid_token"
        assert log_in(client).code == "invalid_credentials"
        assert log_in(client, OTHER).status == 201
        assert alice.get("/v1/me").status == key.get("/v1/me").status == 200

    def test_the_current_one_must_be_known(self, client, sign_in):
        alice = sign_in("alice")
        _, elsewhere = another_session(client)
        answer = self.change(alice, "a wrong password")
        assert (answer.status, answer.code) == (403, "wrong_password")
        assert elsewhere.get("/v1/me").status == 200
        assert log_in(client).status == 201

    @pytest.mark.parametrize(
        ("new", "keyword"),
        [("x" * 11, "minLength"), ("x" * 129, "maxLength"), ("password1234", "common"), (None, "type")],
    )
    def test_a_bad_one_is_refused_without_being_quoted(self, client, sign_in, new, keyword):
        answer = self.change(sign_in("alice"), new=new)
        assert (answer.status, answer.errors) == (400, {"/new_password": keyword})
        assert new is None or new.encode() not in answer.body
        assert log_in(client).status == 201

    def test_a_key_may_not(self, client, sign_in):
        assert self.change(key_of(sign_in("alice"), "me:read", "me:write")).code == "forbidden"
        assert log_in(client).status == 201


class TestDeleteMe:
    def test_everything_personal_is_gone_at_once(self, client, sign_in):
        alice = sign_in("alice")
        key = key_of(alice, "me:read")
        given, elsewhere = another_session(client)
        answer = alice.delete("/v1/me")
        assert (answer.status, answer.body) == (204, b"")
        for gone in (alice, elsewhere, key):
            assert gone.get("/v1/me").code == "invalid_token"
        refreshed = client.post("/v1/tokens/refresh", {"refresh_token": given["refresh_token"]})
        assert refreshed.code == "invalid_token"
        assert log_in(client).code == "invalid_credentials"
        assert alice.delete("/v1/me").status == 401

    def test_what_staff_was_answered_about_her_orders_is_forgotten_too(self, sign_in, database):
        bob, alice, charlie = (sign_in(name) for name in ("bob", "alice", "charlie"))
        for who in (alice, charlie):
            send_order(database, bob, who.user)
        assert alice.delete("/v1/me").status == 204
        with database.reading() as session:
            kept = [str(body) for body in session.scalars(select(IdempotencyRecord.body))]
        assert [("Alice" in body, "Charlie" in body) for body in kept] == [(False, True)] * 2

    def test_whoever_sends_it_again_then_changes_nothing(self, sign_in, database):
        bob, alice = sign_in("bob"), sign_in("alice")
        paid, sent = send_order(database, bob, alice.user)
        alice.delete("/v1/me")
        for act in (paid, sent):
            assert act().code == "invalid_transition"

    def test_the_address_is_free_for_somebody_new(self, client, sign_in):
        alice = sign_in("alice")
        alice.delete("/v1/me")
        again = client.post("/v1/users", {"email": "alice@example.com", "password": OTHER, "name": "Alice"})
        assert again.status == 201
        assert again.json["id"] != alice.user.id

    def test_the_last_admin_stays(self, sign_in):
        carol = sign_in("carol")
        answer = carol.delete("/v1/me")
        assert (answer.status, answer.code) == (409, "last_admin")
        assert carol.get("/v1/me").status == 200
        sign_in("dave", role="admin")
        assert carol.delete("/v1/me").status == 204

    def test_a_key_may_not(self, sign_in):
        alice = sign_in("alice")
        assert key_of(alice, "me:write").delete("/v1/me").code == "forbidden"
        assert alice.get("/v1/me").status == 200


class TestListMySessions:
    def test_where_one_is_signed_in_newest_first(self, client, sign_in):
        alice, _ = sign_in("alice"), sign_in("charlie")
        _, elsewhere = another_session(client, **{"User-Agent": "Firefox " + "x" * 500})
        here = alice.get("/v1/me/sessions").json
        assert [each["current"] for each in here["data"]] == [False, True]
        there = elsewhere.get("/v1/me/sessions").json
        assert [each["current"] for each in there["data"]] == [True, False]
        assert there["data"][0]["user_agent"] == ("Firefox " + "x" * 500)[:200]
        assert there["data"][1]["user_agent"] is None
        assert there["data"][0].keys() == {"id", "created_at", "last_used_at", "expires_at", "current", "user_agent"}

    def test_ended_sessions_are_left_out(self, client, sign_in):
        alice = sign_in("alice")
        _, elsewhere = another_session(client)
        elsewhere.delete("/v1/tokens/current")
        assert len(alice.get("/v1/me/sessions").json["data"]) == 1

    def test_the_list_is_read_page_by_page(self, client, sign_in):
        alice = sign_in("alice")
        another_session(client)
        first = alice.get("/v1/me/sessions?limit=1")
        assert first.headers["link"].endswith('>; rel="next"')
        second = alice.get(f"/v1/me/sessions?limit=1&cursor={first.json['next_cursor']}").json
        assert (second["has_more"], second["next_cursor"]) == (False, None)
        assert first.json["data"][0]["id"] != second["data"][0]["id"]

    def test_nobody_lists_those_of_others(self, sign_in):
        alice, bob = sign_in("alice"), sign_in("bob")
        assert bob.get(f"/v1/me/sessions?user_id={alice.user.id}").errors == {"user_id": "unknown"}
        assert len(bob.get("/v1/me/sessions").json["data"]) == 1


class TestRevokeMySession:
    def test_it_ends_access_and_refresh_at_once(self, client, sign_in):
        alice = sign_in("alice")
        given, elsewhere = another_session(client)
        [session_id] = [s["id"] for s in alice.get("/v1/me/sessions").json["data"] if not s["current"]]
        answer = alice.delete(f"/v1/me/sessions/{session_id}")
        assert (answer.status, answer.body) == (204, b"")
        assert elsewhere.get("/v1/me").code == "invalid_token"
        refreshed = client.post("/v1/tokens/refresh", {"refresh_token": given["refresh_token"]})
        assert refreshed.code == "invalid_token"
        assert alice.delete(f"/v1/me/sessions/{session_id}").code == "not_found"
        assert alice.get("/v1/me").status == 200

    @pytest.mark.parametrize("name", ["charlie", "bob", "carol"])
    def test_nobody_ends_alices(self, sign_in, name):
        alice, other = sign_in("alice"), sign_in(name)
        [session] = alice.get("/v1/me/sessions").json["data"]
        answer = other.delete(f"/v1/me/sessions/{session['id']}")
        assert (answer.status, answer.code) == (404, "not_found")
        assert alice.get("/v1/me").status == 200

    @pytest.mark.parametrize("session_id", ["1", "current", "usr_01kg9ys7g0e4ma4jz41b93y214"])
    def test_a_malformed_id_is_told_apart(self, sign_in, session_id):
        answer = sign_in("alice").delete(f"/v1/me/sessions/{session_id}")
        assert (answer.status, answer.errors.keys()) == (400, {"session_id"})


class TestGoneMeanwhile:
    """The account or session ended after the caller was let in: he is told like one who comes too late."""

    @pytest.fixture
    def gone(self, session):
        alice = make_user(session)
        caller = make_caller(alice, session_id=make_session(session, alice).session.id)
        accounts.erase(session, users.get(session, alice.id, caller))
        session.flush()
        return caller

    @pytest.mark.parametrize("handler", [me.get_me, me.delete_me])
    def test_the_account_is_gone(self, session, gone, handler):
        with pytest.raises(Unauthenticated):
            handler(session=session, caller=gone)

    def test_the_account_is_gone_before_its_name_is_changed(self, session, gone):
        with pytest.raises(Unauthenticated):
            me.update_me({"name": "X"}, begin=lambda: session, reads=session, caller=gone)

    def test_the_account_is_gone_before_the_password_is_compared(self, session, gone):
        body = {"current_password": PASSWORD, "new_password": OTHER}
        with pytest.raises(Unauthenticated):
            me.change_my_password(body, session=session, reads=session, caller=gone)

    def test_who_signs_out_twice_at_once_is_signed_out(self, session):
        alice = make_user(session)
        caller = make_caller(alice, session_id=make_session(session, alice).session.id)
        tokens.revoke_current_token(session=session, caller=caller)
        tokens.revoke_current_token(session=session, caller=caller)
