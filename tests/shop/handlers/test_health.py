"""What load balancers and orchestrators ask."""

import asyncio

import pytest

from tests.applications import create_shop
from tests.asgi import Client, shut_down
from tests.contract_coverage.capture import recorded
from tests.settings import make_settings


class TestGetLiveness:
    def test_the_process_answers(self, client):
        answer = client.get("/v1/health/live")
        assert (answer.status, answer.json) == (200, {"status": "ok"})

    def test_a_credential_is_not_asked_for_nor_looked_at(self, client):
        assert client.signed_in("nonsense").get("/v1/health/live").status == 200

    def test_unknown_parameters_are_refused(self, client):
        assert client.get("/v1/health/live?verbose=1").errors == {"verbose": "unknown"}


class TestGetReadiness:
    def test_the_service_is_ready(self, client):
        answer = client.get("/v1/health/ready")
        assert (answer.status, answer.json["status"]) == (200, "ok")

    @pytest.mark.parametrize("url", ["sqlite:////nowhere/orderly.db", "postgresql://nobody@127.0.0.1:1/nothing"])
    def test_without_its_database_it_says_so_and_lives(self, url):
        app = recorded(create_shop(make_settings(database_url=url)))
        without = Client(app)
        answer = without.get("/v1/health/ready")
        assert (answer.status, answer.code) == (503, "unavailable")
        assert "database" in answer.json["detail"]
        assert int(answer.headers["retry-after"]) >= 1
        assert without.get("/v1/health/live").status == 200
        asyncio.run(shut_down(app))
