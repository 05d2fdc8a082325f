"""Metrics, of one process and of several."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
from prometheus_client import CollectorRegistry

from orderly.database.database import Database
from orderly.http.messages import ASGIApp
from orderly.observability.metrics import FOLDER, Metrics, remove_dead_processes
from orderly.observability.readiness import ReadinessCollector
from orderly.observability.saturation import SaturationMetrics
from orderly.pipeline.thread_pool import WorkerPool
from tests.asgi import Client, shut_down
from tests.engine.application import HANDLERS, create
from tests.engine.conftest import Serve
from tests.engine.server.conftest import READY
from tests.serving import served
from tests.settings import make_settings

LINE = re.compile(r"^(orderly_\w+)(?:\{(.*)\})? (\S+)$", re.M)


def samples(text: str) -> dict[tuple[str, str], float]:
    return {(name, labels): float(value) for name, labels, value in LINE.findall(text)}


@pytest.fixture
def counted(client: Client) -> Callable[..., Any]:
    """A function that returns how much a sample grows during a call."""

    def counted(name: str, labels: str, call: Callable[..., Any]) -> Any:
        before = samples(client.get("/metrics").body.decode()).get((name, labels), 0.0)
        call()
        return samples(client.get("/metrics").body.decode()).get((name, labels), 0.0) - before

    return counted


@pytest.mark.parametrize(
    ("name", "labels", "request_"),
    [
        ("requests_total", 'method="PUT",operation="put_caller",status="401"', ("PUT", "/v1/callers")),
        ("requests_total", 'method="none",operation="none",status="404"', ("PWN", "/v1/nowhere")),
        ("request_duration_seconds_count", 'operation="get_newest_tree"', ("GET", "/v1/trees/newest")),
    ],
)
def test_requests_are_counted_by_operation_and_status(
    client: Client, counted: Callable[..., Any], name: str, labels: str, request_: tuple[str, str]
) -> None:
    assert counted(f"orderly_{name}", labels, lambda: client(*request_)) == 1


def test_replays_are_counted(alice: Client, counted: Callable[..., Any]) -> None:
    def twice() -> None:
        for _ in range(2):
            alice.post("/v1/things", {"name": "cup"}, {"Idempotency-Key": "k"})

    assert counted("orderly_idempotent_replays_total", 'operation="create_thing"', twice) == 1


def test_requests_beyond_a_limit_are_counted(serve: Serve) -> None:
    alice = serve(HANDLERS, rate_limits=True).signed_in("alice")

    for _ in range(11):
        alice("PUT", "/v1/quotas")

    found = samples(alice.get("/metrics").body.decode())
    assert found["orderly_rate_limited_total", 'operation="put_quota",per="caller"'] == 1


def test_a_service_with_its_database_is_ready(client: Client) -> None:
    assert samples(client.get("/metrics").body.decode())["orderly_ready", ""] == 1


def test_a_service_without_its_database_is_not_ready() -> None:
    app = create(make_settings(database_url="postgresql://nobody@127.0.0.1:1/nothing"))

    assert samples(Client(app).get("/metrics").body.decode())["orderly_ready", ""] == 0
    asyncio.run(shut_down(app))


def test_a_frozen_database_is_not_ready_after_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orderly.observability.readiness.READINESS_TIMEOUT", 0.01)
    thawed = Event()
    [family] = ReadinessCollector(Mock(check_ready=thawed.wait)).collect()
    thawed.set()
    assert [sample.value for sample in family.samples] == [0]


def test_threads_and_connections_have_gauges(database: Database) -> None:
    registry, workers = CollectorRegistry(), WorkerPool(2, queue=8)
    saturation = SaturationMetrics(registry, {"requests": workers}, database.engines, None)
    go_on = Event()

    async def scene() -> None:
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


def test_gauges_of_a_killed_process_go_and_counters_stay(tmp_path: Path) -> None:
    environment = {**os.environ, FOLDER: str(tmp_path)}
    subprocess.run([sys.executable, "-c", KILLED], env=environment, timeout=30)
    assert len(list(tmp_path.iterdir())) == 2
    remove_dead_processes(tmp_path)
    [left] = tmp_path.iterdir()
    assert left.name.startswith("counter_")


def test_other_networks_get_no_metrics(application: ASGIApp, client: Client) -> None:
    answer = Client(application, address="203.0.113.7").get("/metrics")
    assert (answer.status, answer.code) == (404, "not_found")


def test_a_bug_of_a_page_is_500(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Metrics, "render", lambda _: 1 / 0)
    answer = client.get("/metrics")
    assert (answer.status, answer.code) == (500, "internal_error")
    assert "ZeroDivisionError" not in answer.body.decode()


def test_several_processes_count_together(tmp_path: Path) -> None:
    with served(tmp_path, "", workers=2, application=READY) as service:
        for _ in range(40):
            httpx.get(f"{service.url}/v1/health/ready")  # each on a connection of its own: to one worker or the other
        found = samples(httpx.get(f"{service.url}/metrics").text)

    assert found["orderly_ready", ""] == 1
    # The service calls itself before it reports that it is ready.
    assert found["orderly_requests_total", 'method="GET",operation="get_readiness",status="200"'] >= 40
