"""A PostgreSQL of one's own is taken away from the service while its clients buy; each act ends with the checker."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from tests.faults.checker import check
from tests.faults.cluster import Cluster
from tests.faults.databases import SOME, while_harmed
from tests.faults.injection import empty, fill
from tests.faults.load import buying
from tests.faults.shop import Shop

Figures = dict[str, Any]


async def stop(shop: Shop, cluster: Cluster, stops: int) -> Figures:
    """PostgreSQL is stopped, by turns fast and at once, and started again when clients were told so."""
    with shop.serve() as service:
        async with buying(shop, service.url) as history:
            for n in range(stops):
                await history.until("ordered", SOME)
                await asyncio.to_thread(cluster.control, "stop", "-m", ("fast", "immediate")[n % 2])
                await history.until("503")
                await asyncio.to_thread(cluster.control, "start")
            await history.until("ordered", SOME)
    return {**check(shop), "stops": stops}


async def fill_disk(shop: Shop, cluster: Cluster, disk: Path, seconds: float = 0) -> Figures:
    """The disk of PostgreSQL is full, and for as long as nothing can be written it goes on."""
    return await while_harmed(shop, lambda: fill(disk), lambda: _make_room(cluster, disk), seconds)


async def fill_log(shop: Shop, cluster: Cluster, disk: Path, seconds: float = 0) -> Figures:
    """Its log is full too, so that it ends itself; when there is room it is started again."""

    def harm() -> None:
        fill(disk)
        assert any(_breaks(cluster) for _ in range(10_000))

    return await while_harmed(shop, harm, lambda: _make_room(cluster, disk), seconds)


async def fail_over(shop: Shop, primary: Cluster, standby: Cluster, seconds: float = 0) -> Figures:
    """The primary dies, and its standby takes its place; the service is told nothing, and finds it."""
    dies = partial(primary.control, "stop", "-m", "immediate")
    return await while_harmed(shop, dies, partial(standby.control, "promote"), seconds)


def _breaks(cluster: Cluster) -> bool:
    """Write something to its log; whether it has ended because of that, rather than refused."""
    try:
        cluster.ask("SELECT pg_logical_emit_message(true, 'ballast', repeat('x', 100000))")
    except psycopg.errors.DiskFull:
        return False
    except psycopg.OperationalError:
        return True
    return False


def _make_room(cluster: Cluster, disk: Path) -> None:
    empty(disk)
    cluster.revive()
