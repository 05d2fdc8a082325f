"""One shop behind the proxy with two services, as on two machines."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.rolling import roll
from tests.deploy.two_machines import Two, two_services
from tests.faults.raw_http import Client, Response

pytestmark = pytest.mark.needs("postgresql", "redis-server", "haproxy")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """Both, with the contract's limits."""
    with two_services(tmp_path_factory.mktemp("two")) as two:
        yield two


@pytest.fixture
def at(two: Two) -> Callable[..., Response]:
    """A customer's request to the first (0) or the second (1) service.

    For example `at(0, "GET", "/v1/me")`.
    """

    def at(n: int, *request: Any, buyer: int = 0, **headers: Any) -> Response:
        return sent(two.services[n].url, *request, Authorization=f"Bearer {two.shop.tokens[buyer]}", **headers)

    return at


def sent(url: str, method: str, target: str, body: dict[str, Any] | None = None, **headers: Any) -> Response:
    async def send() -> Response:
        with Client(url) as client:
            return await client(method, target, body, **headers)

    return asyncio.run(send())


def test_rolling_restart_under_load_fails_no_request(tmp_path: Path) -> None:
    with two_services(tmp_path, rate_limits="off") as two:
        figures = asyncio.run(roll(two, rounds=1))
    assert figures["responses"].keys() == {"ordered", "paid", "cancelled"}, figures


def test_rate_limit_is_shared_by_both_services(two: Two) -> None:
    guess = {"email": "nobody@example.com", "password": "a wrong password"}
    statuses = [sent(two.services[n % 2].url, "POST", "/v1/tokens", guess).status for n in range(24)]
    assert Counter(statuses) == {401: 10, 429: 14}


def test_forged_forwarding_headers_do_not_change_the_client(two: Two) -> None:
    def guess(address: str, **headers: Any) -> int:
        place = two.proxy.url.removeprefix("http://")
        with closing(HTTPConnection(place, timeout=30, source_address=(address, 0))) as connection:
            body = json.dumps({"email": "somebody@example.com", "password": "a wrong password"})
            connection.request("POST", "/v1/tokens", body, {"Content-Type": "application/json", **headers})
            return connection.getresponse().status

    assert [guess("127.0.0.2", **{"X-Forwarded-For": f"192.0.2.{n}"}) for n in range(11)] == [401] * 10 + [429]
    assert guess("127.0.0.3") == 401


def test_token_revoked_at_one_is_rejected_by_the_other(at: Callable[..., Response]) -> None:
    assert at(1, "GET", "/v1/me", buyer=1).status == 200
    assert at(0, "DELETE", "/v1/tokens/current", buyer=1).status == 204
    assert at(1, "GET", "/v1/me", buyer=1).status == 401


def test_retry_at_the_other_service_gets_the_first_response(two: Two, at: Callable[..., Response]) -> None:
    order = {"lines": [{"product_id": two.shop.products[0], "quantity": 1}]}
    first, second = (at(n, "POST", "/v1/orders", order, Idempotency_Key="once") for n in range(2))
    assert (first.status, second.status) == (201, 201)
    assert second.headers["idempotency-replayed"] == "true"
    assert second.json == first.json


def test_cursor_of_one_service_is_valid_at_the_other(at: Callable[..., Response]) -> None:
    first = at(0, "GET", "/v1/products?limit=1").json
    second = at(1, "GET", f"/v1/products?limit=1&cursor={first['next_cursor']}").json
    assert first["data"] != second["data"] != []
