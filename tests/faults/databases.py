"""Faults of the database while clients buy; the checker ends each scenario."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url, text

from orderly.database.database import Database
from tests.faults.checker import check
from tests.faults.injection import allow_writing, empty, fill, forbid_writing, migrate_twice
from tests.faults.load import buying
from tests.faults.raw_http import Client
from tests.faults.shop import Shop
from tests.serving import Served, wait_until_ready
from tests.shop.application import REVISIONS

Figures = dict[str, Any]
SOME = 20
"""Orders by which the clients show that they buy, or buy again."""


async def kill_backends(shop: Shop, times: int) -> Figures:
    """PostgreSQL ends every connection of the service once a second."""
    url = make_url(shop.url)
    server = url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
    killed = 0
    with shop.serve() as service, psycopg.connect(server, autocommit=True) as admin:
        async with buying(shop, service.url) as history:
            for _ in range(times):
                await history.until("ordered", SOME)
                [(count,)] = admin.execute(end, [url.database])
                killed += count
                await asyncio.sleep(1)
            await history.until("ordered", SOME)
    assert killed >= times
    return {**check(shop), "backends killed": killed}


async def lock_file(shop: Shop, seconds: float | None = None) -> Figures:
    """Hold SQLite's write lock for some seconds, or until a rejected request."""
    with shop.serve() as service:
        async with buying(shop, service.url) as history:
            await history.until("ordered", SOME)
            with closing(sqlite3.connect(shop.file, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                await (asyncio.sleep(seconds) if seconds else history.until("503"))
                other.execute("ROLLBACK")
            await history.until("ordered", SOME)
    return check(shop)


async def full_disk(shop: Shop, seconds: float = 0) -> Figures:
    """Fill the disk of the SQLite file."""
    disk = shop.file.parent
    return await while_harmed(shop, lambda: fill(disk), lambda: empty(disk), seconds)


async def immutable_file(shop: Shop, seconds: float = 0) -> Figures:
    """Make the SQLite file immutable."""
    return await while_harmed(shop, lambda: forbid_writing(shop.file), lambda: allow_writing(shop.file), seconds)


async def missing_file(shop: Shop, seconds: float = 0) -> Figures:
    """Move the SQLite file away, and back."""
    away = shop.file.with_name("away.db")
    return await while_harmed(shop, lambda: shop.file.rename(away), lambda: away.rename(shop.file), seconds)


async def migrate_at_once(urls: Iterable[str], folder: Path) -> Figures:
    """Start two migrations of a new database; one waits for the other."""
    figures = {}
    for url in urls:
        ends = await asyncio.to_thread(migrate_twice, url, folder)
        exits = [code for code, _ in ends]
        assert exits == [0, 0], ends
        assert (found := _revisions(url)) == [REVISIONS[-1]], found
        figures[make_url(url).get_backend_name()] = exits
    return figures


async def while_harmed(shop: Shop, harm: Callable[[], Any], heal: Callable[[], Any], seconds: float) -> Figures:
    """Make writing impossible during a fault.

    Requests are rejected and readiness fails meanwhile. Everything works again after the repair.
    """
    with shop.serve() as service:
        async with buying(shop, service.url) as history:
            await history.until("ordered", SOME)
            await history.until("followed")
            await asyncio.to_thread(harm)
            try:
                await history.until("503")
                await _not_ready(service)
                await asyncio.sleep(seconds)
                live = await _status(service, "/v1/health/live")
            finally:
                await asyncio.to_thread(heal)
            began = time.monotonic()
            await asyncio.to_thread(wait_until_ready, service)
            healed = time.monotonic() - began
            await history.until("ordered", SOME)
            refused = history.counts["503"]
            await history.until("ordered", SOME)
            await history.until("followed")
    assert live == 200
    assert history.counts["503"] == refused, history.summary()
    return {**check(shop), "ready again after s": healed}


def _revisions(url: str) -> list[str]:
    database = Database(url)
    with database.connect() as connection:
        found = list(connection.scalars(text("SELECT version_num FROM alembic_version")))
    database.close()
    return found


async def _not_ready(service: Served) -> None:
    async with asyncio.timeout(30):
        while await _status(service, "/v1/health/ready") != 503:
            await asyncio.sleep(0.05)


async def _status(service: Served, path: str) -> int:
    with Client(service.url) as client:
        return (await client("GET", path)).status
