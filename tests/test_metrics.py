"""What Prometheus scrapes, from one process and from several."""

import re

import httpx
import pytest

from db import migrations
from tests.asgi import Client
from tests.serving import served

LINE = re.compile(r"^(orderly_\w+)(?:\{(.*)\})? (\S+)$", re.M)


def samples(text):
    return {(name, labels): float(value) for name, labels, value in LINE.findall(text)}


@pytest.fixture
def counted(client):
    """How much a sample grows during a call."""

    def counted(name, labels, call):
        before = samples(client.get("/metrics").body.decode()).get((name, labels), 0.0)
        call()
        return samples(client.get("/metrics").body.decode()).get((name, labels), 0.0) - before

    return counted


def test_requests_are_counted_by_operation_and_status(client, counted):
    labels = 'method="GET",operation="get_me",status="401"'
    assert counted("orderly_requests_total", labels, lambda: client.get("/v1/me")) == 1
    labels = 'method="none",operation="none",status="404"'
    assert counted("orderly_requests_total", labels, lambda: client("PWN", "/v1/nowhere")) == 1
    labels = 'operation="get_liveness"'
    assert counted("orderly_request_duration_seconds_count", labels, lambda: client.get("/v1/health/live")) == 1


def test_replays_are_counted(sign_in, counted):
    bob = sign_in("bob")
    mug = {"sku": "M", "name": "Mug", "price": {"amount": 1, "currency": "EUR"}}
    labels = 'operation="create_product"'

    def twice():
        answers = [bob.post("/v1/products", mug, {"Idempotency-Key": "k"}) for _ in range(2)]
        assert [answer.status for answer in answers] == [201, 201]

    assert counted("orderly_replays_total", labels, twice) == 1


def test_strangers_find_no_metrics(application, client):
    answer = Client(application, address="203.0.113.7").get("/metrics")
    assert (answer.status, answer.code) == (404, "not_found")


def test_several_processes_count_together(tmp_path):
    url = f"sqlite:///{tmp_path / 'orderly.db'}"
    migrations.upgrade(url)
    with served(tmp_path, url, workers=2) as service:
        for _ in range(40):
            httpx.get(f"{service.url}/v1/health/live")  # each on a connection of its own: of one or of the other
        found = samples(httpx.get(f"{service.url}/metrics").text)
    # The service asks itself once, before it says that it serves.
    assert found["orderly_requests_total", 'method="GET",operation="get_liveness",status="200"'] >= 40
