"""Signing in, staying signed in and signing out."""

import asyncio
import json
from datetime import UTC, datetime

import jwt
import pytest
from argon2 import PasswordHasher
from jwt.utils import base64url_decode

from db import users
from openapi.app import create_app
from openapi.security import Tokens
from tests.asgi import Client, shut_down
from tests.conftest import url_of
from tests.factories import PASSWORD, SECRET, make_session, make_settings, make_user
from tests.gate.ears import recorded

REUSED = 11
"""Seconds: after the grace in which a used token is taken again."""


@pytest.fixture
def alice(database):
    """Somebody who can sign in."""
    with database.writing() as session:
        user = make_user(session)
        session.commit()
    return user


def log_in(client, email="alice@example.com", password=PASSWORD, headers=None):
    return client.post("/v1/tokens", {"email": email, "password": password}, headers)


def renew(client, token):
    return client.post("/v1/tokens/refresh", {"refresh_token": token})


def renewed(client, token):
    answer = renew(client, token)
    assert answer.status == 201, answer
    return answer.json["refresh_token"]


def works(client, tokens):
    """Whether an access token is taken."""
    return client.signed_in(tokens["access_token"]).get("/v1/me").status == 200


class TestCreateToken:
    def test_it_begins_a_session(self, client, alice):
        answer = log_in(client)
        assert answer.status == 201
        tokens = answer.json
        assert tokens.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
        assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 600)
        assert answer.headers["cache-control"] == "no-store"
        assert client.signed_in(tokens["access_token"]).get("/v1/me").json["id"] == alice.id

    @pytest.mark.parametrize("email", ["ALICE@example.com", "alice@EXAMPLE.com"])
    def test_the_case_of_the_address_does_not_matter(self, client, alice, email):
        assert log_in(client, email).status == 201

    def test_nobody_learns_whether_an_address_is_known(self, client, alice):
        wrong, unknown = log_in(client, password="a wrong password"), log_in(client, "charlie@example.com")
        assert (wrong.status, wrong.code) == (401, "invalid_credentials")
        assert wrong.headers["www-authenticate"] == 'Bearer realm="orderly"'
        assert wrong.headers.keys() == unknown.headers.keys()
        assert {**wrong.json, "request_id": ""} == {**unknown.json, "request_id": ""}

    def test_only_the_right_password_learns_that_an_account_is_disabled(self, client, sign_in):
        user = sign_in("alice").user
        sign_in("carol").post(f"/v1/users/{user.id}/disable")
        disabled = log_in(client)
        assert (disabled.status, disabled.code) == (403, "account_disabled")
        assert log_in(client, password="a wrong password").code == "invalid_credentials"

    def test_an_erased_account_is_unknown(self, client, sign_in):
        sign_in("alice").delete("/v1/me")
        assert log_in(client).code == "invalid_credentials"

    def test_an_old_hash_is_renewed_and_nobody_sees_it(self, client, database):
        older = PasswordHasher(memory_cost=8192, time_cost=1, parallelism=1).hash(PASSWORD)
        with database.writing() as session:
            make_user(session, password_hash=older)
            session.commit()
        me = client.signed_in(log_in(client).json["access_token"]).get("/v1/me").json
        assert (me["version"], me["created_at"]) == (1, me["updated_at"])
        with database.reading() as session:
            assert users.find_credentials(session, email="alice@example.com").password_hash.startswith(
                "$argon2id$v=19$m=19456,t=2,p=1$"
            )
        assert log_in(client).status == 201

    def test_what_is_wrong_is_told_without_its_value(self, client):
        answer = client.post("/v1/tokens", {"email": "canary", "password": "", "token": "canary"})
        assert (answer.status, answer.errors.keys()) == (400, {"/email", "/password", "/token"})
        assert b"canary" not in answer.body

    def test_the_query_is_no_place_for_a_password(self, client):
        answer = client.post("/v1/tokens?password=canary", {"email": "a@b.example", "password": "x"})
        assert (answer.status, answer.errors) == (400, {"password": "unknown"})


class TestAccessToken:
    @pytest.fixture
    def signed(self, database, alice):
        """Alice's claims, changed and signed."""
        with database.writing() as session:
            started = make_session(session, users.get(session, alice.id, users.Caller(alice.id, "", frozenset())))
            session.commit()
        token, _ = Tokens(SECRET).access_token(alice.id, started.session.id)
        claims = jwt.decode(token, SECRET, algorithms=["HS256"], audience="orderly")

        def signed(secret=SECRET, algorithm="HS256", typ="at+jwt", without=(), **changes):
            changed = {name: value for name, value in {**claims, **changes}.items() if name not in without}
            return jwt.encode(changed, secret, algorithm, headers={"typ": typ})

        return signed

    def test_what_the_forgeries_are_made_from_is_good(self, client, signed):
        assert client.signed_in(signed()).get("/v1/me").status == 200

    @pytest.mark.parametrize("name", ["exp", "iat", "iss", "aud", "sub", "sid", "jti"])
    def test_every_claim_is_needed(self, client, signed, name):
        assert client.signed_in(signed(without=[name])).get("/v1/me").code == "invalid_token"

    @pytest.mark.parametrize(
        ("name", "seconds"), [("exp", -31), ("iat", 31), ("nbf", 31), ("iat", 10**9), ("exp", -(10**9))]
    )
    def test_a_token_is_good_in_its_time_only(self, client, signed, name, seconds):
        token = signed(**{name: int(datetime.now(UTC).timestamp()) + seconds})
        assert client.signed_in(token).get("/v1/me").code == "invalid_token"

    @pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")  # of HS512
    @pytest.mark.parametrize(
        "changes",
        [
            {"exp": "9999999999"},
            {"exp": 9999999999.5},
            {"exp": 1e308},
            {"exp": True},
            {"exp": None},
            {"exp": []},
            {"iat": "1"},
            {"aud": "another"},
            {"aud": ["orderly"]},
            {"aud": ["orderly", "another"]},
            {"iss": "another"},
            {"sub": "usr_01kg9ys7g0e4ma4jz41b93y214"},
            {"sub": ""},
            {"sub": "\x00"},
            {"sid": "ses_01kgeppnx0e60tak362xesvjfr"},
            {"sid": "' OR 1=1--"},
            {"jti": ""} | {"sid": ""},
            {"typ": "JWT"},
            {"typ": "at+JWT2"},
            {"algorithm": "HS512"},
            {"secret": SECRET[::-1]},
        ],
    )
    def test_a_forgery_is_refused(self, client, signed, changes):
        answer = client.signed_in(signed(**changes)).get("/v1/me")
        assert (answer.status, answer.code) == (401, "invalid_token")
        assert answer.headers["www-authenticate"] == 'Bearer realm="orderly", error="invalid_token"'

    @pytest.mark.parametrize("name", ["sub", "iss", "jti", "sid"])
    @pytest.mark.parametrize("value", [1, None, {}, ["orderly"]])
    def test_a_claim_that_is_no_text_is_refused(self, client, signed, name, value):
        # PyJWT itself would not sign such a `sub` or `iss`.
        payload = base64url_decode(signed().split(".")[1])
        claims = {**json.loads(payload), name: value}
        token = jwt.PyJWS().encode(json.dumps(claims).encode(), SECRET, "HS256", {"typ": "at+jwt"})
        assert client.signed_in(token).get("/v1/me").code == "invalid_token"

    def test_a_token_without_a_signature_is_refused(self, client, signed):
        head, payload, _ = signed().split(".")
        unsigned = jwt.encode({}, None, "none", headers={"typ": "at+jwt"}).split(".")[0]
        for token in (f"{unsigned}.{payload}.", f"{head}.{payload}.", f"{head}.{payload}"):
            assert client.signed_in(token).get("/v1/me").code == "invalid_token"

    def test_somebody_elses_session_does_not_fit(self, client, sign_in, signed):
        charlie = sign_in("charlie")
        assert client.signed_in(signed(sub=charlie.user.id)).get("/v1/me").code == "invalid_token"

    def test_it_ends_after_ten_minutes(self, client, alice, after):
        tokens = log_in(client).json
        with after(seconds=595):
            assert works(client, tokens)
        with after(seconds=615):
            assert not works(client, tokens)

    @pytest.mark.parametrize(
        "headers",
        [
            [],
            [("Authorization", "")],
            [("Authorization", "Bearer")],
            [("Authorization", "Bearer ")],
            [("Authorization", "Basic YWxpY2U6eA==")],
            [("Authorization", "Bearer a b")],
            [("Authorization", "Bearer \xff")],
            [("Authorization", "{token}")],
            [("Authorization", "Token {token}")],
            [("Authorization", "Bearer {token} {token}")],
            [("Authorization", "Bearer {token},")],
            [("Authorization", "Bearer {token}"), ("Authorization", "Bearer {token}")],
            [("Authorization", "Bearer {token}, Bearer {token}")],
            [("X-API-Key", "{token}")],
            [("X-API-Key", "")],
            [("Cookie", "access_token={token}")],
        ],
    )
    def test_a_credential_has_one_place_and_one_form(self, client, signed, headers):
        filled = [(name, value.format(token=signed())) for name, value in headers]
        answer = client.get("/v1/me", filled)
        assert (answer.status, answer.code) in {
            (401, "unauthenticated"),
            (401, "invalid_token"),
            (400, "ambiguous_credentials"),
        }

    def test_the_url_is_no_place_for_a_credential(self, client, signed):
        for name in ("access_token", "api_key", "token"):
            assert client.get(f"/v1/me?{name}={signed()}").status == 401

    def test_the_scheme_may_be_in_any_case(self, client, signed):
        assert client.get("/v1/me", {"Authorization": f"bearer {signed()}"}).status == 200


class TestRefreshToken:
    @pytest.fixture
    def tokens(self, client, alice):
        return log_in(client).json

    def test_each_pair_gives_the_next(self, client, tokens):
        answer = renew(client, tokens["refresh_token"])
        assert answer.status == 201
        assert answer.json["refresh_token"] != tokens["refresh_token"]
        assert works(client, answer.json)
        assert works(client, tokens)
        renewed(client, answer.json["refresh_token"])

    def test_after_a_lost_answer_the_same_token_is_taken_again(self, client, tokens):
        second = renewed(client, tokens["refresh_token"])
        third = renewed(client, tokens["refresh_token"])
        assert renew(client, second).code == "invalid_token"
        renewed(client, third)

    def test_a_reuse_ends_the_session_with_its_access_tokens(self, client, tokens):
        second = renew(client, tokens["refresh_token"]).json
        third = renew(client, second["refresh_token"]).json
        answer = renew(client, tokens["refresh_token"])
        assert (answer.status, answer.code) == (401, "token_reused")
        assert "www-authenticate" in answer.headers
        for each in (tokens, second, third):
            assert not works(client, each)
            assert renew(client, each["refresh_token"]).code == "invalid_token"

    def test_after_the_grace_the_parent_is_a_reuse(self, client, tokens, after):
        second = renewed(client, tokens["refresh_token"])
        with after(seconds=REUSED):
            assert renew(client, tokens["refresh_token"]).code == "token_reused"
            assert renew(client, second).code == "invalid_token"
        assert not works(client, tokens)

    def test_a_reuse_leaves_the_other_sessions(self, client, tokens):
        other = log_in(client).json
        renewed(client, renewed(client, tokens["refresh_token"]))
        assert renew(client, tokens["refresh_token"]).code == "token_reused"
        assert works(client, other)
        renewed(client, other["refresh_token"])

    def test_a_used_token_stays_used_when_the_clock_goes_back(self, client, tokens, after):
        second = renewed(client, renewed(client, tokens["refresh_token"]))
        with after(hours=-1):
            assert renew(client, tokens["refresh_token"]).code == "token_reused"
            assert renew(client, second).code == "invalid_token"

    @pytest.mark.parametrize("days", [14, 31])
    def test_a_session_that_is_not_used_ends(self, client, tokens, after, days):
        with after(days=days):
            assert renew(client, tokens["refresh_token"]).code == "invalid_token"

    def test_a_session_ends_after_thirty_days_in_any_case(self, client, tokens, after):
        token = tokens["refresh_token"]
        for days in (13, 26):
            with after(days=days):
                token = renewed(client, token)
        with after(days=30):
            assert renew(client, token).code == "invalid_token"

    def test_an_unknown_token_is_invalid(self, client, tokens):
        answer = renew(client, "x" * 43)
        assert (answer.status, answer.code) == (401, "invalid_token")

    def test_an_access_token_does_not_renew(self, client, tokens):
        assert renew(client, tokens["access_token"]).status in (400, 401)

    def test_a_refresh_token_does_not_act(self, client, tokens):
        assert client.signed_in(tokens["refresh_token"]).get("/v1/me").code == "invalid_token"

    @pytest.mark.parametrize("token", ["", "short", "x" * 129, "x" * 42 + "!", "x" * 42 + "\0", None, 1, ["x" * 43]])
    def test_a_malformed_token_is_told_apart(self, client, token):
        answer = renew(client, token)
        assert (answer.status, answer.code) == (400, "validation_error")


class TestRevokeCurrentToken:
    def test_signing_out_ends_access_and_refresh_at_once(self, client, alice):
        tokens = log_in(client).json
        me = client.signed_in(tokens["access_token"])
        answer = me.delete("/v1/tokens/current")
        assert (answer.status, answer.body) == (204, b"")
        assert me.get("/v1/me").code == "invalid_token"
        assert renew(client, tokens["refresh_token"]).code == "invalid_token"
        assert me.delete("/v1/tokens/current").status == 401

    def test_other_sessions_go_on(self, client, alice):
        here, there = log_in(client).json, log_in(client).json
        client.signed_in(here["access_token"]).delete("/v1/tokens/current")
        assert works(client, there)

    def test_a_key_has_no_session_to_end(self, sign_in):
        alice = sign_in("alice")
        secret = alice.post("/v1/api-keys", {"name": "a key", "scopes": ["me:read", "me:write"]}).json["secret"]
        answer = alice.with_key(secret).delete("/v1/tokens/current")
        assert (answer.status, answer.code) == (403, "forbidden")

    def test_it_is_for_those_who_are_signed_in(self, client):
        assert client.delete("/v1/tokens/current").code == "unauthenticated"


class TestLimits:
    @pytest.fixture
    def limited(self, database):
        """Somebody who calls a service that counts."""
        app = recorded(create_app(make_settings(database_url=url_of(database), rate_limits=True)))
        yield Client(app)
        asyncio.run(shut_down(app))

    def test_guessing_at_a_password_is_slowed_and_does_not_lock_its_owner_out(self, limited, alice):
        answers = [log_in(limited, password="a wrong password") for _ in range(11)]
        assert [answer.code for answer in answers] == ["invalid_credentials"] * 10 + ["rate_limited"]
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert log_in(limited, "charlie@example.com").code == "invalid_credentials"
        elsewhere = Client(limited.app, address="192.0.2.7")
        assert log_in(elsewhere).status == 201

    def test_no_header_makes_a_caller_somebody_else(self, limited):
        counted = [
            limited.post("/v1/tokens/refresh", {"refresh_token": "x" * 43}, {"X-Forwarded-For": f"192.0.2.{number}"})
            for number in range(61)
        ]
        assert [answer.code for answer in counted] == ["invalid_token"] * 60 + ["rate_limited"]
