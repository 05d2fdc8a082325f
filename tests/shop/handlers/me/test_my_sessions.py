"""The sessions of the caller."""

from collections.abc import Callable

from tests.asgi import Client
from tests.shop.handlers.me.conftest import another_session


class TestListMySessions:
    def test_sessions_are_listed_newest_first(self, client: Client, sign_in: Callable[..., Client]) -> None:
        alice, _ = sign_in("alice"), sign_in("charlie")
        _, elsewhere = another_session(client, {"User-Agent": "Firefox " + "x" * 500})
        here = alice.get("/v1/me/sessions").json
        assert [each["current"] for each in here["data"]] == [False, True]
        there = elsewhere.get("/v1/me/sessions").json
        assert [each["current"] for each in there["data"]] == [True, False]
        assert there["data"][0]["user_agent"] == ("Firefox " + "x" * 500)[:200]
        assert there["data"][1]["user_agent"] is None
        assert there["data"][0].keys() == {"id", "created_at", "last_used_at", "expires_at", "current", "user_agent"}


class TestRevokeMySession:
    def test_revocation_ends_access_and_refresh_at_once(self, client: Client, sign_in: Callable[..., Client]) -> None:
        alice = sign_in("alice")
        given, elsewhere = another_session(client)
        [session_id] = [s["id"] for s in alice.get("/v1/me/sessions").json["data"] if not s["current"]]
        response = alice.delete(f"/v1/me/sessions/{session_id}")
        assert (response.status, response.body) == (204, b"")
        assert elsewhere.get("/v1/me").code == "invalid_token"
        refreshed = client.post("/v1/tokens/refresh", {"refresh_token": given["refresh_token"]})
        assert refreshed.code == "invalid_token"
        assert alice.delete(f"/v1/me/sessions/{session_id}").code == "not_found"
        assert alice.get("/v1/me").status == 200
