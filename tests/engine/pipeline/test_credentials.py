"""Credentials that Connexion 3.3 gets wrong: each taken, or refused as the standard says."""

import pytest

from orderly import Caller


class TestCredentials:
    def test_no_credential_is_told_the_scheme(self, client):
        answer = client.get("/v1/me")
        assert (answer.status, answer.code) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"] == 'Bearer realm="orderly"'

    @pytest.mark.parametrize(
        "authorization",
        [
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "Bearer a.b.c",
            "Basic YTpi",
            "bearer",
            "Digest x",
            "\x80",
            "Bearer " + "a" * 9000,
        ],
    )
    def test_a_bad_credential_is_told_so(self, client, authorization):
        answer = client.get("/v1/me", {"Authorization": authorization})
        assert (answer.status, answer.code) == (401, "invalid_token")
        assert answer.headers["www-authenticate"] == 'Bearer realm="orderly", error="invalid_token"'

    @pytest.mark.parametrize("end", ["=", "==", "A", "!", ".", " b"])
    def test_what_is_added_to_a_token_makes_it_another(self, client, sign_in, end):
        assert client.get("/v1/me", {"Authorization": sign_in().own["Authorization"] + end}).code == "invalid_token"

    def test_a_token_in_the_query_is_no_credential(self, client, sign_in):
        token = sign_in().own["Authorization"].removeprefix("Bearer ")
        assert client.get(f"/v1/me?access_token={token}").status == 401

    def test_a_bad_token_is_refused_where_none_is_needed_too(self, serve):
        def get_caller(*, caller: Caller | None):
            return {"anonymous": caller is None}

        everything = serve({"get_caller": get_caller})
        assert everything.get("/v1/callers").json == {"anonymous": True}
        assert everything.signed_in("bad").get("/v1/callers").status == 401

    def test_a_key_beside_a_token_is_ambiguous(self, sign_in):
        alice = sign_in()
        assert alice.get("/v1/me", {"X-API-Key": "ok_bad"}).code == "ambiguous_credentials"
        secret = alice.post("/v1/api-keys", {"name": "k", "scopes": ["me:read"]}).json["secret"]
        assert alice.get("/v1/me", {"X-API-Key": secret}).code == "ambiguous_credentials"
        assert alice.get("/v1/me", {"Authorization": alice.own["Authorization"]}).code == "ambiguous_credentials"

    def test_scopes_of_a_bearer_token_are_asked_for(self, serve, sign_in):
        everything = serve({"put_caller": lambda: None})
        alice, bob = sign_in("alice"), sign_in("bob")
        assert everything("PUT", "/v1/callers", headers=alice.own).status == 204
        refused = everything("PUT", "/v1/callers", headers=bob.own)
        assert refused.status == 500  # the contract of everything forgot to declare 403

    def test_credentials_go_before_scopes_before_the_request(self, client, sign_in):
        bad = {"role": 7, "unknown": True}
        target = "/v1/users/not-an-id"
        assert client.patch(target, bad).status == 401
        assert sign_in("alice").patch(target, bad).status == 403
        assert sign_in("carol").patch(target, bad).status == 400
