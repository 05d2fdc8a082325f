"""What is done to the service while its clients buy; each ends with the checker and gives its figures."""

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from typing import Any

import psycopg
from sqlalchemy import make_url

from tests.factories import PASSWORD
from tests.faults import checker
from tests.faults.harm import Clock, Cluster, allow_writing, empty, fill, forbid_writing
from tests.faults.history import History, buy
from tests.faults.shop import Shop
from tests.faults.wire import Answer, Client
from tests.redis_server import Redis
from tests.serving import Served, wait_until_ready

Figures = dict[str, Any]


@asynccontextmanager
async def buying(shop: Shop, url: str, orders: int, *, retry: bool = True) -> AsyncIterator[History]:
    """Clients that buy during the block and, if they try again, until everything is bought."""
    history = History(shop.folder / f"history-{time.monotonic_ns()}.jsonl")
    task = asyncio.create_task(buy(url, shop.tokens, shop.products, orders, history, retry=retry))
    try:
        yield history
        if retry:
            await asyncio.wait_for(task, 300)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def workers_of(service: Served) -> list[int]:
    """The process ids of the workers."""
    found = subprocess.run(["pgrep", "-P", str(service.process.pid)], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


async def kill_service(shop: Shop, kills: int, orders: int) -> Figures:
    """kill -9 of the whole service, each time with another one started on the same port at once."""
    ready: list[float] = []
    with shop.serve() as first:
        async with buying(shop, first.url, orders) as history:
            service = first
            for _ in range(kills):
                await asyncio.sleep(random.uniform(0.3, 1.2))  # noqa: S311  # when to kill
                service.process.kill()
                service.process.wait()
                began = time.monotonic()
                service = await asyncio.to_thread(_start_again, shop, first)
                ready.append(time.monotonic() - began)
        made = checker.check(shop, history)
        if service is not first:
            service.process.send_signal(signal.SIGINT)
            service.process.wait(30)
    return {**_told(history), "orders": made, "kills": kills, "slowest start s": max(ready)}


async def kill_worker(shop: Shop, kills: int, orders: int, workers: int = 2, pause: float = 6.0) -> Figures:
    """kill -9 of one of the workers; the service starts another one."""
    with shop.serve(workers=workers) as service:
        async with buying(shop, service.url, orders) as history:
            for _ in range(kills):
                await asyncio.sleep(random.uniform(0.3, 0.6))  # noqa: S311
                os.kill(random.choice(workers_of(service)), signal.SIGKILL)  # noqa: S311
                await asyncio.sleep(pause)
        made = checker.check(shop, history)
        alive = len(workers_of(service))
    assert alive == workers
    return {**_told(history), "orders": made, "kills": kills, "longest gap s": history.gap}


async def stop_service(shop: Shop, stops: int, seconds: float = 1.0) -> Figures:
    """SIGTERM under clients that do not try again: no request that was sent goes without an answer."""
    figures: Figures = {"stops": stops, "orders": 0, "broken": 0, "slowest exit s": 0.0}
    for _ in range(stops):
        with shop.serve() as service:
            async with buying(shop, service.url, 100_000, retry=False) as history:
                await asyncio.sleep(seconds)
                service.process.terminate()
                began = time.monotonic()
                await asyncio.to_thread(service.process.wait, 35)
                figures["slowest exit s"] = max(figures["slowest exit s"], time.monotonic() - began)
                assert service.process.returncode == 0
            figures["orders"] = figures["orders"] + history.counts["ordered"]
            figures["broken"] += history.counts["broken"]
            _check_part(shop, history)
    return figures


async def stop_with_half_sent(shop: Shop, drain: int = 2) -> Figures:
    """SIGTERM with requests in flight, idle connections and requests that never end."""
    with shop.serve(drain=drain) as service:
        host, port = service.url.removeprefix("http://").split(":")
        idle = [await asyncio.open_connection(host, int(port)) for _ in range(50)]
        half = [await asyncio.open_connection(host, int(port)) for _ in range(5)]
        for _, writer in half:
            writer.write(b"POST /v1/orders HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 100\r\n\r\n{")
        async with buying(shop, service.url, 100_000, retry=False) as history:
            await asyncio.sleep(1)
            service.process.terminate()
            began = time.monotonic()
            await asyncio.sleep(0.2)
            probe = await _get(service.url, "/v1/health/ready")
            await asyncio.to_thread(service.process.wait, 35)
            took = time.monotonic() - began
        for _, writer in idle + half:
            writer.transport.abort()
    assert (service.process.returncode, probe.status, probe.headers["connection"]) == (0, 503, "close")
    _check_part(shop, history)
    return {"exit s": took, "broken": history.counts["broken"], "readiness": probe.status}


async def kill_backends(shop: Shop, seconds: float, orders: int) -> Figures:
    """PostgreSQL ends every connection of the service once a second."""
    url = make_url(shop.url)
    server = url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
    killed = 0
    with shop.serve() as service, psycopg.connect(server, autocommit=True) as admin:
        async with buying(shop, service.url, orders) as history:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                await asyncio.sleep(1)
                killed += admin.execute(end, [url.database]).fetchone()[0]
        made = checker.check(shop, history)
    assert history.counts["500"] == 0
    return {**_told(history), "orders": made, "backends killed": killed, "longest gap s": history.gap}


async def lock_file(shop: Shop, seconds: float, orders: int) -> Figures:
    """Somebody else holds SQLite's write lock for so long."""
    with shop.serve() as service:
        async with buying(shop, service.url, orders) as history:
            await asyncio.sleep(0.5)
            with closing(sqlite3.connect(str(make_url(shop.url).database), isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                await asyncio.sleep(seconds)
                other.execute("ROLLBACK")
        made = checker.check(shop, history)
    assert history.counts["500"] == 0
    return {**_told(history), "orders": made, "longest gap s": history.gap}


async def while_harmed(
    shop: Shop, harm: Callable[[Served], Any], heal: Callable[[Served], Any], seconds: float, orders: int
) -> Figures:
    """Something that makes writing impossible: 503 and not ready meanwhile; everything goes on when it is mended."""
    with shop.serve() as service:
        async with buying(shop, service.url, orders) as history:
            await asyncio.sleep(0.5)
            harm(service)
            await asyncio.sleep(seconds)
            ready = (await _get(service.url, "/v1/health/ready")).status
            live = (await _get(service.url, "/v1/health/live")).status
            heal(service)
            began = time.monotonic()
            await asyncio.to_thread(wait_until_ready, service)
            healed = time.monotonic() - began
        made = checker.check(shop, history)
    assert (ready, live, history.counts["500"]) == (503, 200, 0), (ready, live, history.counts)
    return {**_told(history), "orders": made, "ready again s": healed}


async def full_disk(shop: Shop, seconds: float, orders: int) -> Figures:
    """The disk of the SQLite file is full."""
    disk = shop.file.parent
    return await while_harmed(shop, lambda _: fill(disk), lambda _: empty(disk), seconds, orders)


async def immutable_file(shop: Shop, seconds: float, orders: int) -> Figures:
    """The SQLite file may not be written any more."""
    return await while_harmed(
        shop, lambda _: forbid_writing(shop.file), lambda _: allow_writing(shop.file), seconds, orders
    )


async def missing_file(shop: Shop, seconds: float, orders: int) -> Figures:
    """The SQLite file is moved away, and back."""
    away = shop.file.with_name("away.db")
    return await while_harmed(shop, lambda _: shop.file.rename(away), lambda _: away.rename(shop.file), seconds, orders)


async def stop_postgresql(shop: Shop, cluster: Cluster, stops: int, orders: int) -> Figures:
    """PostgreSQL is stopped, by turns fast and at once, and started again."""
    with shop.serve() as service:
        async with buying(shop, service.url, orders) as history:
            for n in range(stops):
                await asyncio.sleep(0.7)
                await asyncio.to_thread(cluster.control, "stop", "-m", ("fast", "immediate")[n % 2])
                await asyncio.sleep(0.5)
                await asyncio.to_thread(cluster.control, "start")
        made = checker.check(shop, history)
    assert history.counts["500"] == 0
    return {**_told(history), "orders": made, "stops": stops, "longest gap s": history.gap}


async def freeze_redis(shop: Shop, redis: Redis, harm: signal.Signals) -> Figures:
    """Two workers count together; when Redis is gone or frozen they go on, each by itself."""
    with shop.serve(workers=2, rate_limits="on", redis_url=redis.url) as service:
        before = await _guess(service.url, "alice", 24)
        redis.process.send_signal(harm)
        after = await _guess(service.url, "charlie", 40)
    counts = Counter(answer.status for answer in after)
    assert Counter(answer.status for answer in before) == {401: 10, 429: 14}
    assert counts.keys() == {401, 429}
    assert 10 <= counts[401] <= 20
    return {"slowest before s": _slowest(before), "slowest after s": _slowest(after), "let in after": counts[401]}


async def move_clock(shop: Shop, clock: Clock) -> Figures:
    """The clock jumps an hour forwards and two back: tokens end as they should, a used one stays used."""
    with shop.serve(rate_limits="on") as service, Client(service.url) as client:
        first = (await _log_in(client, PASSWORD)).json
        clock.shift(1)
        late = await client("GET", "/v1/me", Authorization=f"Bearer {first['access_token']}")
        second = await client("POST", "/v1/tokens/refresh", {"refresh_token": first["refresh_token"]})
        clock.shift(-1)
        early = await client("GET", "/v1/me", Authorization=f"Bearer {second.json['access_token']}")
        again = await client("POST", "/v1/tokens/refresh", {"refresh_token": first["refresh_token"]})
        guesses = [await _log_in(client, "a wrong password") for _ in range(12)]
        waits = [int(answer.headers["retry-after"]) for answer in guesses if answer.status == 429]
    statuses = (late.status, second.status, early.status)
    assert statuses == (401, 201, 401), statuses
    assert (again.status, again.json["code"]) == (401, "token_reused")
    assert min(waits) >= 1
    assert max(waits) <= 60
    return {"used token again": again.json["code"], "waits": sorted(set(waits))}


async def _guess(url: str, name: str, times: int) -> list[Answer]:
    """Guesses at a password, each by a connection of its own, so that all workers get some."""
    answers = []
    for _ in range(times):
        with Client(url) as client:
            answers.append(await _log_in(client, "a wrong password", name))
    return answers


async def _get(url: str, path: str) -> Answer:
    with Client(url) as client:
        return await client("GET", path)


async def _log_in(client: Client, password: str, name: str = "buyer-0") -> Answer:
    return await client("POST", "/v1/tokens", {"email": f"{name}@example.com", "password": password})


def _slowest(answers: list[Answer]) -> float:
    return max(answer.seconds for answer in answers)


def _start_again(shop: Shop, first: Served) -> Served:
    started = first.again(shop.folder, shop.url, rate_limits="off")
    wait_until_ready(started)
    return started


def _check_part(shop: Shop, history: History) -> None:
    """Clients that do not try again cannot know about their last orders: those have to be whole, not told."""
    every = History(shop.folder / "all.jsonl")
    with every.file.open("a") as file:
        file.write(history.file.read_text())
    checker.check(shop, every)


def _told(history: History) -> Figures:
    told = {name: count for name, count in sorted(history.counts.items()) if name != "begun"}
    return {"told": told, "slowest s": history.slowest}
