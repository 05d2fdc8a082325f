"""Signing in."""

from collections.abc import Callable

import pytest
from argon2 import PasswordHasher

from db import users
from db.users import User
from orderly.database.database import Database
from tests.asgi import Client
from tests.shop.api_helpers import log_in
from tests.shop.factories import PASSWORD, make_user


class TestCreateToken:
    def test_sign_in_starts_a_session(self, client: Client, alice: User) -> None:
        response = log_in(client)
        assert response.status == 201
        tokens = response.json
        assert tokens.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
        assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 600)
        assert response.headers["cache-control"] == "no-store"
        assert client.signed_in(tokens["access_token"]).get("/v1/me").json["id"] == alice.id

    @pytest.mark.parametrize("email", ["ALICE@example.com", "alice@EXAMPLE.com"])
    def test_the_case_of_the_address_does_not_matter(self, client: Client, alice: User, email: str) -> None:
        assert log_in(client, email).status == 201

    def test_an_unknown_address_is_like_a_wrong_password(self, client: Client, alice: User) -> None:
        wrong, unknown = log_in(client, password="a wrong password"), log_in(client, "charlie@example.com")
        assert (wrong.status, wrong.code) == (401, "invalid_credentials")
        assert wrong.headers["www-authenticate"] == 'Bearer realm="orderly"'
        assert wrong.headers.keys() == unknown.headers.keys()
        assert {**wrong.json, "request_id": ""} == {**unknown.json, "request_id": ""}

    def test_a_disabled_account_shows_to_its_password_only(
        self, client: Client, sign_in: Callable[..., Client]
    ) -> None:
        user = sign_in("alice").user
        sign_in("carol").post(f"/v1/users/{user.id}/disable")
        disabled = log_in(client)
        assert (disabled.status, disabled.code) == (403, "account_disabled")
        assert log_in(client, password="a wrong password").code == "invalid_credentials"

    def test_an_old_hash_is_replaced_without_a_new_version(self, client: Client, database: Database) -> None:
        older = PasswordHasher(memory_cost=8192, time_cost=1, parallelism=1).hash(PASSWORD)
        with database.writing() as session:
            make_user(session, password_hash=older)
            session.commit()
        me = client.signed_in(log_in(client).json["access_token"]).get("/v1/me").json
        assert (me["version"], me["created_at"]) == (1, me["updated_at"])
        with database.reading() as session:
            record = users.find_password_record(session, email="alice@example.com")
        assert record is not None
        assert record.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert log_in(client).status == 201

    def test_errors_do_not_quote_values(self, client: Client) -> None:
        response = client.post("/v1/tokens", {"email": "canary", "password": "", "token": "canary"})
        assert (response.status, response.errors.keys()) == (400, {"/email", "/password", "/token"})
        assert b"canary" not in response.body
