"""Liveness and readiness."""

import asyncio

import pytest

from tests.applications import create_shop
from tests.asgi import Client, shut_down
from tests.contract_coverage.capture import recorded
from tests.settings import make_settings


class TestGetLiveness:
    def test_the_process_is_live(self, client: Client) -> None:
        response = client.get("/v1/health/live")
        assert (response.status, response.json) == (200, {"status": "ok"})


class TestGetReadiness:
    def test_the_service_is_ready(self, client: Client) -> None:
        response = client.get("/v1/health/ready")
        assert (response.status, response.json["status"]) == (200, "ok")

    @pytest.mark.parametrize("url", ["sqlite:////nowhere/orderly.db", "postgresql://nobody@127.0.0.1:1/nothing"])
    def test_without_its_database_it_is_live_and_not_ready(self, url: str) -> None:
        app = recorded(create_shop(make_settings(database_url=url)))
        without = Client(app)
        response = without.get("/v1/health/ready")
        assert (response.status, response.code) == (503, "unavailable")
        assert "database" in response.json["detail"]
        assert int(response.headers["retry-after"]) >= 1
        assert without.get("/v1/health/live").status == 200
        asyncio.run(shut_down(app))
