"""Credentials: each accepted, or refused as RFC 6750 has it."""

import pytest

from tests.asgi import Client
from tests.engine.application import HANDLERS
from tests.engine.conftest import Serve


class TestCredentials:
    def test_a_missing_credential_is_401_with_the_scheme(self, client: Client) -> None:
        answer = client("PUT", "/v1/callers")

        assert (answer.status, answer.code) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"] == 'Bearer realm="orderly"'

    @pytest.mark.parametrize(
        "authorization",
        [
            "",
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "Bearer a.b.c",
            "Basic YTpi",
            "bearer",
            "Digest x",
            "\x80",
            "alice",
            "Token alice",
            "Bearer alice alice",
            "Bearer alice,",
            "Bearer alice, Bearer alice",
            "Bearer alice=",
            "Bearer " + "a" * 9000,
        ],
    )
    def test_a_bad_credential_is_an_invalid_token(self, client: Client, authorization: str) -> None:
        answer = client("PUT", "/v1/callers", headers={"Authorization": authorization})

        assert (answer.status, answer.code) == (401, "invalid_token")
        assert answer.headers["www-authenticate"] == 'Bearer realm="orderly", error="invalid_token"'

    @pytest.mark.parametrize("authorization", ["Bearer alice", "bearer alice", "BEARER  alice"])
    def test_the_scheme_may_be_in_any_case(self, client: Client, authorization: str) -> None:
        assert client("PUT", "/v1/callers", headers={"Authorization": authorization}).status == 204

    @pytest.mark.parametrize("name", ["access_token", "api_key", "X-API-Key"])
    def test_a_token_in_the_query_is_no_credential(self, client: Client, name: str) -> None:
        assert client("PUT", f"/v1/callers?{name}=alice").status == 401

    @pytest.mark.parametrize("headers", [{"Cookie": "access_token=alice"}, {"X-User-ID": "usr_alice"}])
    def test_another_header_is_no_credential(self, client: Client, headers: dict[str, str]) -> None:
        assert client("PUT", "/v1/callers", headers=headers).code == "unauthenticated"

    def test_a_public_operation_ignores_credentials(self, client: Client) -> None:
        assert client.signed_in("bad").get("/v1/trees/newest").status == 200

    def test_a_bad_token_is_401_where_none_is_needed(self, client: Client) -> None:
        assert client.get("/v1/callers").json == {"id": None}
        assert client.signed_in("bad").get("/v1/callers").status == 401

    def test_an_api_key_is_a_credential(self, client: Client) -> None:
        made = client.with_key("key-alice").post("/v1/things", {"name": "cup"})

        assert made.status == 201

    @pytest.mark.parametrize(
        ("name", "value"), [("X-API-Key", "key-alice"), ("X-API-Key", "bad"), ("Authorization", "Bearer alice")]
    )
    def test_two_credentials_are_ambiguous(self, alice: Client, name: str, value: str) -> None:
        answer = alice.post("/v1/things", {"name": "cup"}, [(name, value)])

        assert (answer.status, answer.code) == (400, "ambiguous_credentials")

    def test_a_scope_that_is_not_held_is_403(self, charlie: Client) -> None:
        answer = charlie.post("/v1/things", {"name": "cup"})

        assert (answer.status, answer.code) == (403, "forbidden")

    def test_a_refusal_that_is_not_declared_is_500(self, serve: Serve) -> None:
        assert serve(HANDLERS).signed_in("charlie")("PUT", "/v1/callers").status == 500  # the contract forgot 403

    def test_credentials_go_before_scopes_before_the_request(
        self, client: Client, alice: Client, charlie: Client
    ) -> None:
        answers = [each.patch("/v1/things/not-an-id", {"size": 1}) for each in (client, charlie, alice)]

        assert [answer.status for answer in answers] == [401, 403, 400]
