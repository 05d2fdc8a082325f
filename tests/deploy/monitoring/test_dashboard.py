"""A Prometheus server scrapes a service with two workers.

Its sums are right, and every query of the dashboard returns values.
"""

import json
import math
import re
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from orderly.database.database import Database
from tests.deploy.monitoring.prometheus_server import MONITORING, Prometheus, prometheus
from tests.redis_server import Redis, redis_server
from tests.serving import served
from tests.shop.application import migrate
from tests.shop.factories import PASSWORD, make_product, make_user

pytestmark = pytest.mark.needs("prometheus", "redis-server")

PATIENCE = 30
"""Seconds after which a figure that Prometheus has not got will never come."""
MUG = {"sku": "MUG", "name": "Mug", "price": {"amount": 1250, "currency": "EUR"}}


class Customer:
    """A client that causes something of everything counted, and knows the counts."""

    def __init__(self, url: str, nameless: str) -> None:
        self.url, self.nameless = f"{url}/v1", nameless
        self.responses: Counter[tuple[str, str, int]] = Counter()
        given = self.send("POST", "/tokens", json={"email": "bob@example.com", "password": PASSWORD}).json()
        self.own = {"Authorization": f"Bearer {given['access_token']}", "Idempotency-Key": "mug"}

    def send(self, method: str, path: str, **given: Any) -> httpx.Response:
        """Send a request on a new connection, for either worker."""
        response = httpx.request(method, self.url + path, timeout=10, **given)
        self.responses[method, path, response.status_code] += 1
        return response

    def go_round(self) -> None:
        self.send("GET", "/me", headers=self.own)
        self.send("POST", "/products", headers=self.own, json=MUG)
        self.send("GET", f"/products/{self.nameless}")
        while self.send("POST", "/tokens/refresh", json={"refresh_token": "x" * 43}).status_code != 429:
            pass


def fill(path: Path) -> str:
    """Create staff, and a product without a name; return its id.

    No valid response can be made of this product.
    """
    with closing(Database(f"sqlite:///{path}")) as database, database.writing() as session:
        make_user(session, "bob")
        nameless = make_product(session).id
        session.commit()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("UPDATE products SET name = ''")
    return nameless


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with redis_server(tmp_path_factory.mktemp("redis")) as redis:
        yield redis


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, redis: Redis) -> Iterator[tuple[Customer, Prometheus]]:
    """A customer of a service, and the Prometheus that watches it."""
    folder = tmp_path_factory.mktemp("monitoring")
    url = f"sqlite:///{folder / 'orderly.db'}"
    migrate(url)
    nameless = fill(folder / "orderly.db")
    with served(folder, url, workers=2, redis_url=redis.url) as service, prometheus(folder, service) as watching:
        yield Customer(service.url, nameless), watching


def queries() -> Iterator[str]:
    """Yield the queries of the dashboard, as Grafana sends them."""
    for panel in json.loads((MONITORING / "dashboard.json").read_text())["panels"]:
        for target in panel["targets"]:
            yield target["expr"].replace("$instance", ".*").replace("$__rate_interval", "10s")


def until(missing: Callable[..., Any]) -> None:
    """Try until nothing is missing any more; fail with what is."""
    end = time.monotonic() + PATIENCE
    while left := missing():
        assert time.monotonic() < end, left
        time.sleep(0.2)


def test_every_query_of_the_dashboard_returns_values(scene: tuple[Customer, Prometheus]) -> None:
    customer, watching = scene
    missing = set(queries())

    def still_missing() -> set[str]:
        customer.go_round()
        for query in list(missing):
            if not all(map(math.isnan, watching.query(query))):  # some operations were never called
                missing.remove(query)
        return missing

    until(still_missing)


def test_sums_over_both_workers_are_right(scene: tuple[Customer, Prometheus]) -> None:
    customer, watching = scene
    for _ in range(10):
        customer.go_round()
    seen = customer.responses
    sums = {
        'orderly_requests_total{operation="get_me", method="GET", status="200"}': seen["GET", "/me", 200],
        'orderly_request_duration_seconds_count{operation="get_me"}': seen["GET", "/me", 200],
        'orderly_idempotent_replays_total{operation="create_product"}': seen["POST", "/products", 201] - 1,
        'orderly_response_validation_failures_total{operation="get_product"}': seen[
            "GET", f"/products/{customer.nameless}", 500
        ],
        'orderly_rate_limited_total{operation="refresh_token"}': seen["POST", "/tokens/refresh", 429],
        "orderly_processes": 2,
        'orderly_threads{pool="requests"}': 8,
        'orderly_database_connections{engine="write"}': 2,
        "orderly_ready": 1,
    }
    assert min(sums.values()) > 0
    until(lambda: {query: now for query, value in sums.items() if (now := watching.query(query)) != [value]})


def test_every_alert_uses_metrics_of_the_service(scene: tuple[Customer, Prometheus]) -> None:
    _, watching = scene
    until(lambda: not watching.query("orderly_ready"))
    known = set(watching.http.get("/api/v1/label/__name__/values").json()["data"])
    assert {name for rule in watching.rules() for name in re.findall(r"orderly_\w+", rule["query"])} <= known
    until(lambda: [rule for rule in watching.rules() if rule["health"] != "ok"])


def test_unresponsive_redis_raises_an_alert(scene: tuple[Customer, Prometheus], redis: Redis) -> None:
    customer, watching = scene
    redis.process.send_signal(signal.SIGSTOP)

    def unseen() -> bool:
        customer.send("GET", "/products?q=nothing")
        return not watching.query("orderly_rate_limiter_degraded > 0")

    until(unseen)
    redis.process.send_signal(signal.SIGCONT)
    until(lambda: watching.query("orderly_rate_limiter_degraded > 0"))
