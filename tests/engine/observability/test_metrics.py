"""What Prometheus scrapes, from one process and from several."""

import asyncio
import os
import re
import subprocess
import sys
from threading import Event
from unittest.mock import Mock

import httpx
import pytest
from prometheus_client import CollectorRegistry

from orderly.observability.metrics import FOLDER, Metrics, remove_dead_processes
from orderly.observability.readiness import ReadinessCollector
from orderly.observability.saturation import SaturationMetrics
from orderly.pipeline.thread_pool import WorkerPool
from tests.applications import create_shop
from tests.asgi import Client, shut_down
from tests.conftest import url_of
from tests.contract_coverage.capture import recorded
from tests.serving import served
from tests.shop.application import migrate
from tests.shop.factories import make_settings

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

    assert counted("orderly_idempotent_replays_total", labels, twice) == 1


def test_requests_beyond_a_limit_are_counted(database):
    app = recorded(create_shop(make_settings(database_url=url_of(database))))
    hasty = Client(app)
    answers = [hasty.post("/v1/tokens/refresh", {"refresh_token": "x" * 43}).status for _ in range(61)]
    found = samples(hasty.get("/metrics").body.decode())
    asyncio.run(shut_down(app))
    assert found["orderly_rate_limited_total", 'operation="refresh_token",per="address"'] == answers.count(429) == 1


def test_a_scrape_tells_whether_the_service_is_ready(application, client):
    assert samples(client.get("/metrics").body.decode())["orderly_ready", ""] == 1
    app = create_shop(make_settings(database_url="postgresql://nobody@127.0.0.1:1/nothing"))
    assert samples(Client(app).get("/metrics").body.decode())["orderly_ready", ""] == 0
    asyncio.run(shut_down(app))


def test_a_scrape_waits_no_longer_than_a_moment_for_a_database_that_is_frozen(monkeypatch):
    monkeypatch.setattr("orderly.observability.readiness.READINESS_TIMEOUT", 0.01)
    thawed = Event()
    [family] = ReadinessCollector(Mock(check_ready=thawed.wait)).collect()
    thawed.set()
    assert [sample.value for sample in family.samples] == [0]


def test_how_full_threads_and_connections_are_is_told(database):
    registry, workers = CollectorRegistry(), WorkerPool(2, queue=8)
    saturation = SaturationMetrics(registry, {"requests": workers}, database.engines, None)
    go_on = Event()

    async def scene():
        tasks = [asyncio.create_task(workers.run(go_on.wait)) for _ in range(5)]
        await asyncio.sleep(0)
        with database.connect():
            saturation.collect()
        go_on.set()
        await asyncio.gather(*tasks)

    asyncio.run(scene())
    workers.close()
    of_pool, of_engine = {"pool": "requests"}, {"engine": "write"}
    gauges = [("threads", of_pool), ("threads_busy", of_pool), ("queue_capacity", of_pool), ("queue_length", of_pool)]
    gauges += [("database_connections_in_use", of_engine), ("database_connections", of_engine)]
    connections = 1 if database.is_sqlite else 20
    values = [registry.get_sample_value(f"orderly_{name}", labels) for name, labels in gauges]
    assert values == [2, 2, 8, 3, 1, connections]


KILLED = """
import os, signal
from prometheus_client import Counter, Gauge
Gauge("orderly_processes", "", multiprocess_mode="livesum").set(1)
Counter("orderly_idempotent_replays", "").inc()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_held_is_forgotten_and_what_it_counted_is_not(tmp_path):
    environment = {**os.environ, FOLDER: str(tmp_path)}
    subprocess.run([sys.executable, "-c", KILLED], env=environment, timeout=30)
    assert len(list(tmp_path.iterdir())) == 2
    remove_dead_processes(tmp_path)
    [left] = tmp_path.iterdir()
    assert left.name.startswith("counter_")


def test_strangers_find_no_metrics(application, client):
    answer = Client(application, address="203.0.113.7").get("/metrics")
    assert (answer.status, answer.code) == (404, "not_found")


def test_a_bug_of_a_page_is_told_as_a_fault(client, monkeypatch):
    monkeypatch.setattr(Metrics, "render", lambda _: 1 / 0)
    answer = client.get("/metrics")
    assert (answer.status, answer.code) == (500, "internal_error")
    assert "ZeroDivisionError" not in answer.body.decode()


def test_several_processes_count_together(tmp_path):
    url = f"sqlite:///{tmp_path / 'orderly.db'}"
    migrate(url)
    with served(tmp_path, url, workers=2) as service:
        for _ in range(40):
            httpx.get(f"{service.url}/v1/health/live")  # each on a connection of its own: of one or of the other
        found = samples(httpx.get(f"{service.url}/metrics").text)
    assert found["orderly_ready", ""] == 1
    # The service asks itself once, before it says that it serves.
    assert found["orderly_requests_total", 'method="GET",operation="get_liveness",status="200"'] >= 40
