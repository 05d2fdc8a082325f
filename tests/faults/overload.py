"""More clients than the service can serve.

The excess is rejected quickly, the others are served, and afterwards everything works.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.raw_http import Broken, Client, Unsent
from tests.faults.shop import Shop
from tests.faults.shutdown import workers_of

MIX = ("order", "read", "read", "list")


@dataclass
class Load:
    """The outcome of the requests."""

    accepted: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def note(self, status: int, seconds: float) -> None:
        """Record a response."""
        self.counts[str(status)] += 1
        (self.refused if status in (429, 503) else self.accepted).append(seconds)

    def summary(self) -> dict[str, Any]:
        """Return the figures."""
        return {
            "statuses": dict(self.counts),
            "accepted p99 s": _percentile(self.accepted, 0.99),
            "refused p99 s": _percentile(self.refused, 0.99),
            "refused slowest s": max(self.refused, default=None),
        }


async def overload(shop: Shop, clients: int, seconds: float) -> dict[str, Any]:
    """Run this many clients at three times the normal rate.

    The normal rate is that of 16 clients that wait for each response.
    """
    with shop.serve() as service:
        [worker] = workers_of(service)
        sustainable = len((await run(shop, service.url, 16, 5, rate=None)).accepted) / 5
        before, memory = await run(shop, service.url, 2, 5, rate=None), memory_of(worker)
        load = await run(shop, service.url, clients, seconds, rate=3 * sustainable)
        grown = memory_of(worker) - memory
        await asyncio.sleep(min(10.0, seconds / 2))
        after = await run(shop, service.url, 2, 5, rate=None)
    return {
        "sustainable /s": sustainable,
        "sent /s": sum(load.counts.values()) / seconds,
        **load.summary(),
        "p99 before s": _percentile(before.accepted, 0.99),
        "p99 after s": _percentile(after.accepted, 0.99),
        "memory growth MiB": grown,
    }


async def login_flood(shop: Shop, per_second: float, seconds: float) -> dict[str, Any]:
    """Send this many wrong passwords a second.

    Meanwhile 20 users work at a human pace. Rate limits are off, as if the passwords came from everywhere.
    """
    with shop.serve() as service:
        end = time.monotonic() + seconds
        flood, work = Load(), Load()
        guesses = [_guess(service.url, flood, end, 50 / per_second, n / per_second) for n in range(50)]
        people = [_act(shop, service.url, n, work, end, 0.5) for n in range(20)]
        await asyncio.gather(*guesses, *people)
    return {
        "guesses": dict(flood.counts),
        "refused slowest s": max(flood.refused, default=None),
        "people": dict(work.counts),
        "people p99 s": _percentile(work.accepted, 0.99),
    }


async def run(shop: Shop, url: str, clients: int, seconds: float, *, rate: float | None) -> Load:
    """Run clients for a duration.

    Without a rate, a client sends its next request immediately after a response.
    """
    load, end = Load(), time.monotonic() + seconds
    pause = clients / rate if rate else 0.0
    await asyncio.gather(*(_act(shop, url, n, load, end, pause) for n in range(clients)))
    return load


async def _act(shop: Shop, url: str, n: int, load: Load, end: float, pause: float) -> None:
    """Run one client: a request every `pause` seconds.

    After a slower response the next request follows immediately.
    """
    await asyncio.sleep(pause * (n % 20) / 20)
    with Client(url, {"Authorization": f"Bearer {shop.tokens[n % len(shop.tokens)]}"}) as client:
        turn, at = n, time.monotonic()
        while time.monotonic() < end:
            try:
                response = await _request(client, shop, MIX[turn % len(MIX)])
                load.note(response.status, response.seconds)
            except (Unsent, Broken) as error:
                load.counts[type(error).__name__] += 1
            turn, at = turn + 1, at + pause
            await asyncio.sleep(max(0.0, at - time.monotonic()))


async def _request(client: Client, shop: Shop, kind: str) -> Any:
    if kind == "order":
        return await client("POST", "/v1/orders", {"lines": [{"product_id": shop.products[0], "quantity": 1}]})
    if kind == "read":
        return await client("GET", f"/v1/products/{shop.products[1]}")
    return await client("GET", "/v1/orders?limit=20")


async def _guess(url: str, load: Load, end: float, pause: float, delay: float) -> None:
    await asyncio.sleep(delay)
    with Client(url) as client:
        at = time.monotonic()
        while time.monotonic() < end:
            body = {"email": "buyer-0@example.com", "password": "a wrong password"}
            response = await client("POST", "/v1/tokens", body)
            load.note(response.status, response.seconds)
            at += pause
            await asyncio.sleep(max(0.0, at - time.monotonic()))


def _percentile(values: list[float], share: float) -> float | None:
    return sorted(values)[int(len(values) * share)] if values else None


def memory_of(process: int) -> float:
    """MiB that a process has in memory."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024
