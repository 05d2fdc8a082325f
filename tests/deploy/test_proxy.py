"""The proxy's own responses, when no service is available."""

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from orderly.validation.schemas import SchemaCompiler
from tests.deploy.proxy import proxied
from tests.faults.raw_http import Client, Response, Unsent
from tests.serving import Served, free_port
from tests.shop.application import CONTRACT

pytestmark = pytest.mark.needs("haproxy")

PROBLEM = SchemaCompiler(CONTRACT).compile(CONTRACT.root["components"]["schemas"]["Problem"])


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Served]:
    """A proxy of services that are not there."""
    with proxied(tmp_path, *(f"http://127.0.0.1:{free_port()}" for _ in range(2)), wait=False) as proxy:
        yield proxy


def get(url: str, target: str) -> Response:
    async def send() -> Response:
        while True:
            try:
                with Client(url) as client:
                    return await client("GET", target)
            except Unsent:  # it has just been started
                await asyncio.sleep(0.02)

    return asyncio.run(asyncio.wait_for(send(), 10))


def test_proxy_without_a_service_responds_as_declared(proxy: Served) -> None:
    response = get(proxy.url, "/v1/products")
    assert (response.status, response.headers["content-type"]) == (503, "application/problem+json")
    assert int(response.headers["retry-after"]) >= 1
    assert list(PROBLEM.iter_errors(response.json)) == []
    assert response.json["status"] == 503
    assert response.json["title"] == CONTRACT.errors[response.json["code"]]["title"]


def test_log_has_a_json_line_for_each_request_without_query(proxy: Served) -> None:
    response = get(proxy.url, "/v1/products?q=secret")
    proxy.process.send_signal(signal.SIGUSR1)  # a graceful stop: it writes its log first
    proxy.process.wait(10)
    lines = [json.loads(line) for line in proxy.log.read_text().splitlines() if line.startswith("{")]
    assert [(line["id"], line["path"], line["status"]) for line in lines] == [
        (response.json["request_id"], "/v1/products", 503)
    ]
