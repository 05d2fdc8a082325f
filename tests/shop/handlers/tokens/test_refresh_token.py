"""Refresh tokens, and signing out."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from db.users import User
from tests.asgi import Client
from tests.shop.api_helpers import log_in
from tests.shop.handlers.tokens.conftest import renew, renewed, works

REUSED = 11
"""Seconds: longer than the grace in which a used token is accepted again."""


class TestRefreshToken:
    @pytest.fixture
    def tokens(self, client: Client, alice: User) -> Any:
        return log_in(client).json

    def test_each_pair_gives_the_next(self, client: Client, tokens: Any) -> None:
        response = renew(client, tokens["refresh_token"])
        assert response.status == 201
        assert response.json["refresh_token"] != tokens["refresh_token"]
        assert works(client, response.json)
        assert works(client, tokens)
        renewed(client, response.json["refresh_token"])

    def test_after_a_lost_response_the_token_works_again(self, client: Client, tokens: Any) -> None:
        second = renewed(client, tokens["refresh_token"])
        third = renewed(client, tokens["refresh_token"])
        assert renew(client, second).code == "invalid_token"
        renewed(client, third)

    def test_a_reuse_ends_the_session_with_its_access_tokens(self, client: Client, tokens: Any) -> None:
        second = renew(client, tokens["refresh_token"]).json
        third = renew(client, second["refresh_token"]).json
        response = renew(client, tokens["refresh_token"])
        assert (response.status, response.code) == (401, "token_reused")
        assert "www-authenticate" in response.headers
        for each in (tokens, second, third):
            assert not works(client, each)
            assert renew(client, each["refresh_token"]).code == "invalid_token"

    def test_after_the_grace_the_parent_is_a_reuse(
        self, client: Client, tokens: Any, time_passes: Callable[..., AbstractContextManager[None]]
    ) -> None:
        second = renewed(client, tokens["refresh_token"])
        with time_passes(seconds=REUSED):
            assert renew(client, tokens["refresh_token"]).code == "token_reused"
            assert renew(client, second).code == "invalid_token"
        assert not works(client, tokens)

    def test_a_reuse_leaves_the_other_sessions(self, client: Client, tokens: Any) -> None:
        other = log_in(client).json
        renewed(client, renewed(client, tokens["refresh_token"]))
        assert renew(client, tokens["refresh_token"]).code == "token_reused"
        assert works(client, other)
        renewed(client, other["refresh_token"])

    def test_a_refresh_token_is_no_access_token(self, client: Client, tokens: Any) -> None:
        assert client.signed_in(tokens["refresh_token"]).get("/v1/me").code == "invalid_token"


class TestRevokeCurrentToken:
    def test_signing_out_ends_access_and_refresh_at_once(self, client: Client, alice: User) -> None:
        tokens = log_in(client).json
        me = client.signed_in(tokens["access_token"])
        response = me.delete("/v1/tokens/current")
        assert (response.status, response.body) == (204, b"")
        assert me.get("/v1/me").code == "invalid_token"
        assert renew(client, tokens["refresh_token"]).code == "invalid_token"
        assert me.delete("/v1/tokens/current").status == 401
