"""How cost grows: `python -m tests.bench.growth [rows|lines|contract|connections]...`, all of them if none is named."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import orjson
import yaml
from sqlalchemy import Engine, event, text

from db import catalogue, migrations
from db.base import new_id
from db.page import Listing
from db.session import Database
from openapi.app import create_app
from openapi.contract import DEFAULT_PATH, Contract
from openapi.message import App
from tests.asgi import Client
from tests.bench import peer, shop
from tests.bench.measure import measure
from tests.factories import make_settings

ROWS = 1_000_000
LINES = (1, 10, 100)
OPERATIONS = (40, 200, 1000)
CONNECTIONS = (1, 4, 16, 64)
INSERT = """
INSERT INTO products (id, sku, name, search, price_amount, currency, stock, version, created_at, updated_at)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)
SELECT printf('prd_%026d', i), printf('S-%d', i), printf('Mug %d', i), printf('s-%d', i), i % 90000, 'EUR', i % 40, 1,
       datetime(1700000000 + i, 'unixepoch') || '.000000', datetime(1700000000 + i, 'unixepoch') || '.000000' FROM n
"""


def cost(work: Callable[[], object], times: int = 200) -> float:
    """Microseconds of CPU for one, the median of five rounds."""
    rounds = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - began) / times * 1e6)
    return median(rounds)


def rows(folder: Path) -> None:
    """A page of 20 near the front of a million products, and one at the end."""
    url = f"sqlite:///{folder / 'rows.db'}"
    migrations.upgrade(url)
    database = Database(url)
    with database.writing() as session:
        session.execute(text(INSERT), {"rows": ROWS})
        session.commit()
    listing = Listing(catalogue.EVERYTHING, catalogue.ORDERS["created_at"], lambda row: {"id": row.id})
    with database.reading() as session:
        one = text("SELECT created_at, id FROM products ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET :at")
        for at in (20, ROWS - 40):
            created, last = session.execute(one, {"at": at}).one()
            key = (f"{created.replace(' ', 'T')}+00:00", last)
            print(
                f"  page of 20 after row {at:9,}: {cost(lambda key=key: listing.page(session, 20, key)):6.0f} us of CPU"
            )
    database.close()


def lines(folder: Path) -> None:
    """Orders of more and more lines."""
    its = shop.fill(f"sqlite:///{folder / 'lines.db'}")
    client = Client(create_app(make_settings(database_url=its.url, rate_limits=False))).signed_in(its.token)
    heard: list[str] = []
    event.listen(Engine, "before_cursor_execute", lambda *given: heard.append(given[2]))
    for count in LINES:
        body = {"lines": [{"product_id": product_id, "quantity": 1} for product_id in its.ids[:count]]}
        spent = cost(lambda body=body: client.post("/v1/orders", body, {"Idempotency-Key": new_id("key")}), 10)
        heard.clear()
        assert client.post("/v1/orders", body, {"Idempotency-Key": new_id("key")}).status == 201
        print(
            f"  order of {count:3} lines: {len(heard)} statements, {spent:6.0f} us of CPU, {spent / count:5.0f} a line"
        )


def contract(_: Path) -> None:
    """Contracts of more and more operations, each in a process of its own."""
    for count in OPERATIONS:
        command = [sys.executable, "-W", "ignore", "-m", "tests.bench.growth", "one-contract", str(count)]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="")


def one_contract(count: int) -> None:
    """Load a contract of so many operations, and call the last one."""
    document = yaml.safe_load(DEFAULT_PATH.read_bytes())
    operations = sum(len(item.keys() - {"parameters"}) for item in document["paths"].values())
    for number in range(count - operations):
        copied = orjson.loads(orjson.dumps(document["paths"]["/products/{product_id}"]["get"]))
        copied["operationId"] = f"get_product_{number}"
        document["paths"][f"/more-{number}/{{product_id}}"] = {"get": copied}
    source = yaml.safe_dump(document, sort_keys=False).encode()
    before, began = _memory(), time.process_time()
    read = Contract(source)
    parsed = time.process_time()
    app = create_app(make_settings(rate_limits=False), read, lambda _: lambda: {"status": "ok"})
    made = time.process_time()
    grown = _memory() - before
    spent = asyncio.run(_look_up(app, f"/v1/more-{count - operations - 1}/x" if count > operations else "/v1/none"))
    print(
        f"  {count:4} operations: read in {parsed - began:5.2f} s, made in {made - parsed:5.2f} s, "
        f"{grown:4.0f} MiB, {spent:4.0f} us of CPU for a request to the last one"
    )


async def _look_up(app: App, path: str) -> float:
    client, rounds = Client(app), []
    for _ in range(5):
        began = time.process_time()
        for _ in range(300):
            await client.call("PUT", path)  # 405 at once: found, and nothing else done
        rounds.append((time.process_time() - began) / 300 * 1e6)
    return median(rounds)


def connections(folder: Path) -> None:
    """More and more connections, to one worker and to two."""
    its = shop.fill(f"sqlite:///{folder / 'connections.db'}")
    for workers in (1, 2):
        with peer.running(peer.SERVICE, its.url, folder, workers=workers) as server:
            for count in CONNECTIONS:
                found = measure(server, its, "product", seconds=2, run=new_id("run"), connections=count)
                print(
                    f"  {workers} worker(s) on one core, {count:2} connections: {found.rate:6.0f} requests/s, "
                    f"p50 {found.p50:6.1f} ms, p99 {found.p99:6.1f} ms, {found.cpu:5.0f} us of CPU, {found.wrong} wrong"
                )


def _memory() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


ALL = {"rows": rows, "lines": lines, "contract": contract, "connections": connections}


def main(names: list[str]) -> None:
    """Measure what is asked for."""
    for name in names or ALL:
        print(f"{name}:")
        with TemporaryDirectory(prefix="orderly-growth-") as folder:
            ALL[name](Path(folder))


if __name__ == "__main__":
    if sys.argv[1:2] == ["one-contract"]:
        one_contract(int(sys.argv[2]))
    else:
        main(sys.argv[1:])
