"""Clients that hold connections.

They send slowly, send nothing, or do not read. The requests of other clients succeed meanwhile.
"""

import asyncio
import resource
import socket
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.faults.overload import memory_of
from tests.faults.raw_http import Client
from tests.faults.shop import Shop
from tests.faults.shutdown import workers_of

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
FILES = 1024
"""The limit of `ulimit -n`."""
HONEST = 5
"""Connections that honest clients may have at a moment."""
WITHIN = 60
"""Seconds until an attacker that is still connected counts as never cut."""
LARGE = b"GET /openapi.yaml HTTP/1.1\r\nHost: shop.test\r\n\r\n"
PROMISED = (
    b"POST /v1/tokens HTTP/1.1\r\nHost: shop.test\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n"
)


async def say_nothing(_: Streams) -> None:
    """Connect only."""


async def dribble_a_header(streams: Streams) -> None:
    """Send a byte of the header each second."""
    await _dribble(streams, b"GET /v1/products HTTP/1.1\r\nHost: shop.test\r\nX-Slow: ")


async def dribble_a_body(streams: Streams) -> None:
    """Send a byte of the body each second."""
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


async def attack(shop: Shop, names: Iterable[str], attackers: int) -> dict[str, Any]:
    """Run this many attackers of each kind until all are cut.

    Returns the times of the requests of other clients meanwhile.
    """
    with shop.serve() as service:
        [worker] = workers_of(service)
        for process in (service.process.pid, worker):
            resource.prlimit(process, resource.RLIMIT_NOFILE, (FILES, FILES))
        before, memory = _connections(worker), memory_of(worker)
        crowd = [asyncio.create_task(_attacker(service.url, ATTACKS[name])) for name in names for _ in range(attackers)]
        honest = asyncio.create_task(_shop_honestly(service.url, shop.products[0]))
        try:
            most, seconds = await _until_cut(worker, before + HONEST, len(crowd))
            grown = memory_of(worker) - memory
        finally:
            for task in (*crowd, honest):
                task.cancel()
            taken, *_ = await asyncio.gather(honest, *crowd, return_exceptions=True)
    assert isinstance(taken, list), taken
    return {
        "held": most,
        "last cut s": seconds,
        "honest requests": len(taken),
        "p99 s": sorted(taken)[int(len(taken) * 0.99)],
        "slowest s": max(taken),
        "memory growth MiB": grown,
    }


async def _until_cut(worker: int, usual: int, attackers: int) -> tuple[int, float]:
    """Wait until no attacker has a connection.

    Returns the highest number of connections, and the seconds.
    """
    began, most = time.monotonic(), 0
    async with asyncio.timeout(WITHIN):
        while (held := _connections(worker)) > usual or most < attackers:
            most = max(most, held)
            await asyncio.sleep(0.1)
    return most, time.monotonic() - began


def _connections(process: int) -> int:
    """Return the number of sockets of a process.

    A client that does not read does not notice that it was cut, so the process of the service is inspected.
    """
    files = Path(f"/proc/{process}/fd").iterdir()
    found = 0
    for file in files:
        with suppress(OSError):  # closed meanwhile
            found += str(file.readlink()).startswith("socket:")
    return found


async def _attacker(url: str, act: Callable[[Streams], Awaitable[None]]) -> None:
    host, port = url.removeprefix("http://").split(":")
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=raw, limit=2**10)
    try:
        with suppress(OSError):
            await act((reader, writer))
        await asyncio.Event().wait()
    finally:
        writer.transport.abort()


async def _dribble(streams: Streams, head: bytes) -> None:
    streams[1].write(head)
    reading = asyncio.ensure_future(streams[0].read())
    try:
        while not reading.done():
            streams[1].write(b"1")
            await asyncio.wait([reading], timeout=1)
    finally:
        reading.cancel()


async def _shop_honestly(url: str, product: str) -> list[float]:
    """Return the seconds of requests on new connections, until cancelled; all succeed."""
    taken = []
    with suppress(asyncio.CancelledError):
        while True:
            began = time.perf_counter()
            with Client(url) as client:
                response = await client("GET", f"/v1/products/{product}")
            assert response.status == 200
            taken.append(time.perf_counter() - began)
            await asyncio.sleep(0.02)
    return taken
