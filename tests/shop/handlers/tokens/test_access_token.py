"""Access tokens: claims, lifetime and forgeries."""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from jwt.utils import base64url_decode

from db import users
from db.access_tokens import AccessTokens
from db.users import User
from orderly import Caller
from orderly.database.database import Database
from tests.asgi import Client
from tests.settings import SECRET
from tests.shop.api_helpers import log_in
from tests.shop.factories import make_session
from tests.shop.handlers.tokens.conftest import works


class TestAccessToken:
    @pytest.fixture
    def signed(self, database: Database, alice: User) -> Callable[..., str]:
        """Alice's claims, changed and signed."""
        with database.writing() as session:
            started = make_session(session, users.get(session, alice.id, Caller(alice.id)))
            session.commit()
        token, _ = AccessTokens(SECRET).issue(alice.id, started.session.id)
        claims = jwt.decode(token, SECRET, algorithms=["HS256"], audience="orderly")

        def signed(
            secret: str = SECRET,
            algorithm: str = "HS256",
            typ: str = "at+jwt",
            without: Sequence[Any] = (),
            **changes: Any,
        ) -> str:
            changed = {name: value for name, value in {**claims, **changes}.items() if name not in without}
            return jwt.encode(changed, secret, algorithm, headers={"typ": typ})

        return signed

    def test_the_base_of_the_forgeries_is_valid(self, client: Client, signed: Callable[..., str]) -> None:
        assert client.signed_in(signed()).get("/v1/me").status == 200

    @pytest.mark.parametrize("name", ["exp", "iat", "iss", "aud", "sub", "sid", "jti"])
    def test_every_claim_is_required(self, client: Client, signed: Callable[..., str], name: str) -> None:
        assert client.signed_in(signed(without=[name])).get("/v1/me").code == "invalid_token"

    @pytest.mark.parametrize(
        ("name", "seconds"), [("exp", -31), ("iat", 31), ("nbf", 31), ("iat", 10**9), ("exp", -(10**9))]
    )
    def test_a_token_out_of_its_time_is_invalid(
        self, client: Client, signed: Callable[..., str], name: str, seconds: int
    ) -> None:
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
    def test_a_forgery_is_invalid(self, client: Client, signed: Callable[..., str], changes: dict[str, Any]) -> None:
        response = client.signed_in(signed(**changes)).get("/v1/me")
        assert (response.status, response.code) == (401, "invalid_token")
        assert response.headers["www-authenticate"] == 'Bearer realm="orderly", error="invalid_token"'

    @pytest.mark.parametrize("name", ["sub", "iss", "jti", "sid"])
    @pytest.mark.parametrize("value", [1, None, {}, ["orderly"]])
    def test_a_claim_that_is_not_a_string_is_invalid(
        self, client: Client, signed: Callable[..., str], name: str, value: Any
    ) -> None:
        # PyJWT itself would not sign such a `sub` or `iss`.
        payload = base64url_decode(signed().split(".")[1])
        claims = {**json.loads(payload), name: value}
        token = jwt.PyJWS().encode(json.dumps(claims).encode(), SECRET, "HS256", {"typ": "at+jwt"})
        assert client.signed_in(token).get("/v1/me").code == "invalid_token"

    def test_a_token_without_a_signature_is_invalid(self, client: Client, signed: Callable[..., str]) -> None:
        head, payload, _ = signed().split(".")
        unsigned = jwt.encode({}, "", "none", headers={"typ": "at+jwt"}).split(".")[0]
        for token in (f"{unsigned}.{payload}.", f"{head}.{payload}.", f"{head}.{payload}"):
            assert client.signed_in(token).get("/v1/me").code == "invalid_token"

    def test_the_session_of_another_user_is_invalid(
        self, client: Client, sign_in: Callable[..., Client], signed: Callable[..., str]
    ) -> None:
        charlie = sign_in("charlie")
        assert client.signed_in(signed(sub=charlie.user.id)).get("/v1/me").code == "invalid_token"

    def test_access_token_expires_after_ten_minutes(
        self, client: Client, alice: User, time_passes: Callable[..., AbstractContextManager[None]]
    ) -> None:
        tokens = log_in(client).json
        with time_passes(seconds=595):
            assert works(client, tokens)
        with time_passes(seconds=615):
            assert not works(client, tokens)
