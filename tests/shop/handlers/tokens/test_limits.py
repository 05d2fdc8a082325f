"""Whoever guesses is slowed down."""

import asyncio

import pytest

from tests.applications import create_shop
from tests.asgi import Client, shut_down
from tests.conftest import url_of
from tests.contract_coverage.capture import recorded
from tests.settings import make_settings
from tests.shop.api_helpers import log_in


class TestLimits:
    @pytest.fixture
    def limited(self, database):
        """Somebody who calls a service that counts."""
        app = recorded(create_shop(make_settings(database_url=url_of(database), rate_limits=True)))
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
