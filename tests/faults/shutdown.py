"""The service killed and stopped while clients buy.

Each scenario ends with the checker and returns its figures.
"""

import asyncio
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.faults.checker import check
from tests.faults.load import buying
from tests.faults.raw_http import Client
from tests.faults.shop import Shop
from tests.serving import Served, wait_until_ready

Figures = dict[str, Any]
CRASH_LOOP = 6.0
"""Granian ends if a worker dies within 5.5 seconds of its predecessor: it takes it for one that cannot start."""


def workers_of(service: Served) -> list[int]:
    """Return the process ids of the workers."""
    found = subprocess.run(["pgrep", "-P", str(service.process.pid)], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


async def kill_service(shop: Shop, kills: int, orders: int) -> Figures:
    """Kill the service with SIGKILL; start another on the same port."""
    ready: list[float] = []
    with shop.serve() as first:
        service = first
        try:
            async with buying(shop, first.url) as history:
                for at in _moments(kills, orders):
                    await history.reach("ordered", at)
                    service.process.kill()
                    service.process.wait()
                    began = time.monotonic()
                    service = first.again(shop.folder, shop.url, rate_limits="off")
                    await asyncio.to_thread(wait_until_ready, service)
                    ready.append(time.monotonic() - began)
                await history.reach("ordered", orders)
        finally:
            service.end()
    return {**check(shop), "kills": kills, "ready again after s": sorted(ready)[len(ready) // 2], "at most": max(ready)}


async def kill_worker(shop: Shop, kills: int, orders: int, workers: int = 2) -> Figures:
    """kill -9 of one of the workers; the service starts another one."""
    with shop.serve(workers=workers) as service:
        async with buying(shop, service.url) as history:
            for at in _moments(kills, orders):
                await history.reach("ordered", at)
                victim = random.choice(workers_of(service))  # noqa: S311  # the worker to kill, not a secret
                os.kill(victim, signal.SIGKILL)
                await _replaced(service, victim, workers)
                if kills > 1:
                    await asyncio.sleep(CRASH_LOOP)
            await history.until("ordered", 50)
        assert len(workers_of(service)) == workers
    return {**check(shop), "kills": kills}


async def stop_service(shop: Shop, stops: int, orders: int = 50) -> Figures:
    """Stop the service under clients that do not retry.

    Every sent request gets a response.
    """
    exits: list[float] = []
    for _ in range(stops):
        with shop.serve() as service:
            async with buying(shop, service.url, retry=False) as history:
                await history.until("ordered", orders)
                exits.append(await _exit(service))
    figures = check(shop)
    assert history.counts["broken"] == 0, figures
    return {**figures, "stops": stops, "slowest exit s": max(exits)}


async def stop_with_half_sent(shop: Shop, shutdown_delay: int = 2) -> Figures:
    """SIGTERM with requests in flight, idle connections and requests that never end."""
    with shop.serve(shutdown_delay=shutdown_delay) as service:
        host, port = service.url.removeprefix("http://").split(":")
        idle = [await asyncio.open_connection(host, int(port)) for _ in range(50)]
        half = [await asyncio.open_connection(host, int(port)) for _ in range(5)]
        for _, writer in half:
            writer.write(b"POST /v1/orders HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 100\r\n\r\n{")
        async with buying(shop, service.url, retry=False) as history:
            await history.until("ordered", 20)
            exit_ = asyncio.create_task(_exit(service))
            probe = await _refusal(service)
            took = await exit_
        for _, writer in idle + half:
            writer.transport.abort()
    figures = check(shop)
    assert (probe, history.counts["broken"]) == ((503, "close"), 0), (probe, figures)
    return {**figures, "exit s": took}


async def stop_frozen(shop: Shop) -> Figures:
    """Stop the service while it replaces two frozen workers (SIGHUP)."""
    with shop.serve(workers=2) as service:
        for worker in workers_of(service):
            os.kill(worker, signal.SIGSTOP)
        service.process.send_signal(signal.SIGHUP)
        workers = await _grown(service, 3)
        took = await _exit(service)
    async with asyncio.timeout(5):
        while any(_lives(worker) for worker in workers):
            await asyncio.sleep(0.05)
    return {"exit s": took}


def _moments(times: int, orders: int) -> list[int]:
    """Return random moments, in orders, one within each of several equal parts."""
    part = orders // times
    return [n * part + random.randint(1, part) for n in range(times)]  # noqa: S311


async def _replaced(service: Served, victim: int, workers: int) -> None:
    async with asyncio.timeout(30):
        while len(alive := workers_of(service)) < workers or victim in alive:
            await asyncio.sleep(0.05)


async def _grown(service: Served, workers: int) -> list[int]:
    """Return the workers, once this many exist."""
    async with asyncio.timeout(30):
        while len(alive := workers_of(service)) < workers:
            await asyncio.sleep(0.05)
    return alive


def _lives(process: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    stat = Path(f"/proc/{process}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


async def _exit(service: Served) -> float:
    """Stop the service; return the seconds until its successful exit."""
    began = time.monotonic()
    service.process.terminate()
    assert await asyncio.to_thread(service.process.wait, 35) == 0
    took = time.monotonic() - began
    assert took < 30
    return took


async def _refusal(service: Served) -> tuple[int, str | None]:
    """Return the first failed response of readiness, and its Connection header."""
    while True:
        with Client(service.url) as client:
            response = await client("GET", "/v1/health/ready")
        if response.status != 200:
            return response.status, response.headers.get("connection")
