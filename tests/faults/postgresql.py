"""Faults of PostgreSQL while clients buy; the checker ends each scenario."""

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
    """Stop PostgreSQL, alternately fast and immediate; start it after rejected requests."""
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
    """Fill the disk of PostgreSQL; the server keeps running."""
    return await while_harmed(shop, lambda: fill(disk), lambda: _make_room(cluster, disk), seconds)


async def fill_log(shop: Shop, cluster: Cluster, disk: Path, seconds: float = 0) -> Figures:
    """Fill the disk of the write-ahead log, so that the server exits.

    It is started again with free space.
    """

    def harm() -> None:
        fill(disk)
        assert any(_breaks(cluster) for _ in range(10_000))

    return await while_harmed(shop, harm, lambda: _make_room(cluster, disk), seconds)


async def fail_over(shop: Shop, primary: Cluster, standby: Cluster, seconds: float = 0) -> Figures:
    """Stop the primary and promote its standby.

    The service finds the new primary without a new setting.
    """
    dies = partial(primary.control, "stop", "-m", "immediate")
    return await while_harmed(shop, dies, partial(standby.control, "promote"), seconds)


def _breaks(cluster: Cluster) -> bool:
    """Write to the write-ahead log; return whether the server exited.

    Otherwise the statement fails.
    """
    try:
        cluster.run_sql("SELECT pg_logical_emit_message(true, 'ballast', repeat('x', 100000))")
    except psycopg.errors.DiskFull:
        return False
    except psycopg.OperationalError:
        return True
    return False


def _make_room(cluster: Cluster, disk: Path) -> None:
    empty(disk)
    cluster.revive()
