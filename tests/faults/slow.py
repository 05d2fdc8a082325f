"""Clients that hold connections: they send slowly, or nothing, or do not read; honest ones come through meanwhile."""

import asyncio
import resource
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from tests.faults.ends import workers_of
from tests.faults.shop import Shop
from tests.faults.wire import Client

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
FILES = 1024
"""What `ulimit -n` says."""
LARGE = b"GET /openapi.yaml HTTP/1.1\r\nHost: shop.test\r\n\r\n"
PROMISED = (
    b"POST /v1/tokens HTTP/1.1\r\nHost: shop.test\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n"
)


async def say_nothing(_: Streams) -> None:
    """Connect only."""


async def dribble_a_header(streams: Streams) -> None:
    """A byte of the header each second."""
    await _dribble(streams, b"GET /v1/products HTTP/1.1\r\nHost: shop.test\r\nX-Slow: ")


async def dribble_a_body(streams: Streams) -> None:
    """A byte of the body each second."""
    await _dribble(streams, PROMISED)


async def stop_reading(streams: Streams) -> None:
    """Ask for something large again and again, and take none of it."""
    for _ in range(20):
        streams[1].write(LARGE)


ATTACKS: dict[str, Callable[[Streams], Awaitable[None]]] = {
    "connect only": say_nothing,
    "slow header": dribble_a_header,
    "slow body": dribble_a_body,
    "slow reader": stop_reading,
}


async def attack(shop: Shop, name: str, attackers: int, seconds: float) -> dict[str, Any]:
    """How long honest requests took while so many attackers were at it, and when those were cut."""
    with shop.serve() as service:
        for process in (service.process.pid, *workers_of(service)):
            resource.prlimit(process, resource.RLIMIT_NOFILE, (FILES, FILES))
        began = time.monotonic()
        cuts: list[float] = []
        crowd = [asyncio.create_task(_attacker(service.url, ATTACKS[name], cuts, began)) for _ in range(attackers)]
        await asyncio.sleep(0.5)
        honest = await _shop_honestly(service.url, shop.products[0], began + seconds)
        for task in crowd:
            task.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)
    honest.sort()
    return {
        "honest requests": len(honest),
        "p99 s": honest[int(len(honest) * 0.99)],
        "slowest s": honest[-1],
        "cut": len(cuts),
        "last cut s": max(cuts, default=None),
    }


async def _attacker(url: str, act: Callable[[Streams], Awaitable[None]], cuts: list[float], began: float) -> None:
    host, port = url.removeprefix("http://").split(":")
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=raw, limit=2**10)
    try:
        with suppress(OSError):
            await act((reader, writer))
            if act is stop_reading:
                while not writer.is_closing():
                    await asyncio.sleep(0.5)
            else:
                await reader.read()
        cuts.append(time.monotonic() - began)
    finally:
        writer.transport.abort()


async def _dribble(streams: Streams, head: bytes) -> None:
    streams[1].write(head)
    answered = asyncio.ensure_future(streams[0].read())
    try:
        while not answered.done():
            streams[1].write(b"1")
            await asyncio.wait([answered], timeout=1)
    finally:
        answered.cancel()


async def _shop_honestly(url: str, product: str, until: float) -> list[float]:
    """The seconds that requests took, each on a new connection; all are answered."""
    taken = []
    while time.monotonic() < until:
        began = time.perf_counter()
        with Client(url) as client:
            answer = await client("GET", f"/v1/products/{product}")
        assert answer.status == 200
        taken.append(time.perf_counter() - began)
        await asyncio.sleep(0.02)
    return taken
