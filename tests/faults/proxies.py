"""Faults of Redis and of the clock."""

import signal
from collections import Counter
from typing import Any

from tests.faults.clock import Clock
from tests.faults.raw_http import Client, Response
from tests.faults.shop import Shop
from tests.redis_server import Redis
from tests.shop.factories import PASSWORD

Figures = dict[str, Any]


async def freeze_redis(shop: Shop, redis: Redis, harm: signal.Signals) -> Figures:
    """Stop or freeze Redis under two workers; each then counts alone."""
    with shop.serve(workers=2, rate_limits="on", redis_url=redis.url) as service:
        before = await _guess(service.url, "alice", 24)
        redis.process.send_signal(harm)
        after = await _guess(service.url, "charlie", 40)
    counts = Counter(response.status for response in after)
    assert Counter(response.status for response in before) == {401: 10, 429: 14}
    assert counts.keys() == {401, 429}
    assert 10 <= counts[401] <= 20
    return {"slowest before s": _slowest(before), "slowest after s": _slowest(after), "let in after": counts[401]}


async def move_clock(shop: Shop, clock: Clock) -> Figures:
    """Move the clock an hour forwards and two back.

    Tokens expire as they should, and a used token stays used.
    """
    with clock.serve(shop) as service, Client(service.url) as client:
        first = (await _log_in(client, PASSWORD)).json
        clock.shift(hours=1)
        late = await client("GET", "/v1/me", Authorization=f"Bearer {first['access_token']}")
        second = await client("POST", "/v1/tokens/refresh", {"refresh_token": first["refresh_token"]})
        clock.shift(hours=-1)
        early = await client("GET", "/v1/me", Authorization=f"Bearer {second.json['access_token']}")
        again = await client("POST", "/v1/tokens/refresh", {"refresh_token": first["refresh_token"]})
        guesses = [await _log_in(client, "a wrong password") for _ in range(12)]
        waits = [int(response.headers["retry-after"]) for response in guesses if response.status == 429]
    statuses = (late.status, second.status, early.status)
    assert statuses == (401, 201, 401), statuses
    assert (again.status, again.json["code"]) == (401, "token_reused")
    assert min(waits) >= 1
    assert max(waits) <= 60
    return {"used token again": again.json["code"], "waits": sorted(set(waits))}


async def _guess(url: str, name: str, times: int) -> list[Response]:
    """Guess at a password on new connections.

    So all workers get some of the guesses.
    """
    responses = []
    for _ in range(times):
        with Client(url) as client:
            responses.append(await _log_in(client, "a wrong password", name))
    return responses


async def _log_in(client: Client, password: str, name: str = "buyer-0") -> Response:
    return await client("POST", "/v1/tokens", {"email": f"{name}@example.com", "password": password})


def _slowest(responses: list[Response]) -> float:
    return max(response.seconds for response in responses)
