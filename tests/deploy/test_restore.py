"""A shop restored from its backup.

Every order from before the backup exists, and followers of the feed miss nothing afterwards.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import make_url, select

from db.orders import Order
from orderly.clock import new_id
from orderly.database.database import Database
from tests.faults.cluster import own_postgresql
from tests.faults.load import buying
from tests.faults.raw_http import Client
from tests.faults.shop import Shop, shop_on
from tests.requirements import program
from tests.serving import ROOT, environment, served
from tests.shop import invariants

PROGRAMS = ("postgresql-server", "postgresql-client")
SETTLES_WITHIN = 30
"""Seconds. The feed waits for every transaction of the server, those of other tests too."""


class OnSqlite:
    """`orderly backup` while it serves; stop, copy, start."""

    def __init__(self, folder: Path) -> None:
        self.copy = folder / "copy.db"

    def back_up(self, shop: Shop) -> None:
        run([sys.executable, "-m", "orderly", "backup", str(self.copy)], database_url=shop.url)

    @contextmanager
    def restored(self, shop: Shop) -> Iterator[str]:
        """Yield the URL of the restored shop."""
        shop.database.close()
        for each in shop.file.parent.glob(f"{shop.file.name}-*"):
            each.unlink()
        shop.file.write_bytes(self.copy.read_bytes())
        yield shop.url


class OnPostgresql:
    """A PostgreSQL shop: `pg_dump` while it serves, `pg_restore` into another server.

    The transactions of the other server have lower numbers.
    """

    def __init__(self, folder: Path) -> None:
        self.dump = folder / "shop.dump"

    def back_up(self, shop: Shop) -> None:
        run([client("pg_dump"), "--format=custom", f"--file={self.dump}", plain(shop.url)])

    @contextmanager
    def restored(self, shop: Shop) -> Iterator[str]:
        """Yield the URL of the restored shop."""
        with TemporaryDirectory() as folder, own_postgresql(Path(folder) / "cluster") as cluster:
            into = f"--dbname={plain(cluster.url)}"
            run([client("pg_restore"), "--no-owner", "--exit-on-error", into, str(self.dump)])
            run([sys.executable, "-m", "orderly", "db", "upgrade"], database_url=cluster.url)
            yield cluster.url


Way = OnSqlite | OnPostgresql


def run(command: list[str], **settings: object) -> None:
    subprocess.run(command, cwd=ROOT, env=environment(**settings), check=True, stdout=subprocess.DEVNULL)


def client(name: str) -> str:
    return str(program(name, "postgresql-client"))


def plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def follow(client: Client, until: str, cursor: str | None = None) -> tuple[list[str], str | None]:
    """Follow the feed after a cursor until an order appears.

    Returns the events and the next cursor.
    """
    seen: list[str] = []
    end = time.monotonic() + SETTLES_WITHIN
    while until not in seen:
        assert time.monotonic() < end, f"{until} has not come"
        page = (await client("GET", "/v1/events?limit=100" + (f"&after={cursor}" if cursor else ""))).json
        seen += [event["subject_id"] for event in page["data"]]
        cursor = page["next_cursor"] or cursor
    return seen, cursor


async def order(url: str, shop: Shop) -> str:
    body = {"lines": [{"product_id": shop.products[0], "quantity": 1}]}
    with Client(url, {"Authorization": f"Bearer {shop.tokens[0]}"}) as client:
        response = await client("POST", "/v1/orders", body, Idempotency_Key=new_id("key"))
    return str(response.json["id"])


async def backed_up(shop: Shop, way: Way, bob: dict[str, str]) -> tuple[dict[str, str], str | None]:
    """Return the orders acknowledged before the backup.

    With them comes a follower's cursor from beyond the backup.
    """
    with served(shop.folder, shop.url, rate_limits="off") as service:
        async with buying(shop, service.url) as history:
            await history.until("ordered", 50)
            before = {key: order for key, orders in history.orders().items() for order in orders}
            await asyncio.to_thread(way.back_up, shop)
        lost = [await order(service.url, shop) for _ in range(3)]
        with Client(service.url, bob) as client:
            _, cursor = await follow(client, until=lost[-1])
    return before, cursor


@pytest.mark.parametrize(
    ("kind", "backup"),
    [
        ("sqlite", OnSqlite),
        pytest.param("postgresql", OnPostgresql, marks=pytest.mark.needs("postgresql", *PROGRAMS)),
    ],
)
def test_restored_shop_has_its_orders_and_continues(kind: str, backup: type[Way], tmp_path: Path) -> None:
    with shop_on(kind) as shop:
        way, bob = backup(tmp_path), {"Authorization": f"Bearer {shop.staff_token}"}
        before, cursor = asyncio.run(backed_up(shop, way, bob))
        with way.restored(shop) as url, served(tmp_path, url, rate_limits="off") as service:
            database = Database(url)
            with database.reading() as session:
                there = {row.note: row.id for row in session.execute(select(Order.note, Order.id))}
                invariants.check(session)
            database.close()
            assert len(before) >= 50
            assert before.items() <= there.items()

            async def go_on() -> list[str]:
                new = await order(service.url, shop)
                with Client(service.url, bob) as client:
                    return [new, *(await follow(client, until=new, cursor=cursor))[0]]

            new, *seen = asyncio.run(go_on())
            assert seen == [new]
