"""Where the caller is signed in, and how he ends it."""

import pytest

from tests.shop.handlers.me.conftest import another_session


class TestListMySessions:
    def test_where_one_is_signed_in_newest_first(self, client, sign_in):
        alice, _ = sign_in("alice"), sign_in("charlie")
        _, elsewhere = another_session(client, {"User-Agent": "Firefox " + "x" * 500})
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
