"""Growth of cost: `python -m benchmarks.growth [rows|lines|contract|connections]...`.

All of them run if none is named. The program prints its figures, and draws them into `growth.png`.
"""

import asyncio
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import structlog
import yaml
from sqlalchemy import Engine, event, text

from benchmarks import peer, shop
from benchmarks.measure import measure
from benchmarks.plot import Panels, draw_growth
from db import catalogue
from orderly.clock import new_id
from orderly.contract.model import Contract
from orderly.database.database import Database
from orderly.database.pagination import Page
from orderly.http.messages import ASGIApp
from tests.applications import create_shop
from tests.asgi import Client
from tests.settings import make_settings
from tests.shop.application import CONTRACT_FILE, migrate

ROWS = 1_000_000
PLACES = (20, 1_000, 30_000, ROWS - 40)
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
    """Return the microseconds of CPU for one, the median of five rounds."""
    rounds = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - began) / times * 1e6)
    return median(rounds)


def rows(folder: Path) -> Panels:
    """Measure pages of 20 at both ends of a million products."""
    url = f"sqlite:///{folder / 'rows.db'}"
    migrate(url)
    database = Database(url)
    with database.writing() as session:
        session.execute(text(INSERT), {"rows": ROWS})
        session.commit()
    listing = Page(catalogue.ALL_PRODUCTS, lambda row: {"id": row.id}, catalogue.SORT_KEYS["created_at"], of_rows=True)
    found: dict[int, float] = {}
    with database.reading() as session:
        one = text("SELECT created_at, id FROM products ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET :at")
        for at in PLACES:
            row = session.execute(one, {"at": at}).one()
            key = (f"{row.created_at.replace(' ', 'T')}+00:00", row.id)
            found[at] = cost(partial(listing.rows, session.connection(), 20, key))
            print(f"  page of 20 after row {at:9,}: {found[at]:6.0f} us of CPU")
    database.close()
    return {"us of CPU for a page of 20, by row": {"page": found}}


def lines(folder: Path) -> Panels:
    """Measure orders of more and more lines."""
    its = shop.fill(f"sqlite:///{folder / 'lines.db'}")
    client = Client(create_shop(make_settings(database_url=its.url, rate_limits=False))).signed_in(its.token)
    statements: list[str] = []
    found: dict[int, float] = {}
    event.listen(Engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    for count in LINES:
        body = {"lines": [{"product_id": product_id, "quantity": 1} for product_id in its.ids[:count]]}

        def order(body: dict[str, Any] = body) -> None:
            client.post("/v1/orders", body, {"Idempotency-Key": new_id("key")})

        found[count] = spent = cost(order, 10)
        statements.clear()
        assert client.post("/v1/orders", body, {"Idempotency-Key": new_id("key")}).status == 201
        print(
            f"  order of {count:3} lines: {len(statements)} statements, "
            f"{spent:6.0f} us of CPU, {spent / count:5.0f} a line"
        )
    return {"us of CPU for an order, by lines": {"order": found}}


def contract(_: Path) -> Panels:
    """Measure contracts of more and more operations, each in a new process."""
    starts: dict[int, float] = {}
    look_ups: dict[int, float] = {}
    for count in OPERATIONS:
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.growth", "one-contract", str(count)]
        reported = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        starts[count], look_ups[count] = reported["read"] + reported["made"], reported["look_up"]
        print(
            f"  {count:4} operations: read in {reported['read']:5.2f} s, made in {reported['made']:5.2f} s, "
            f"{reported['memory']:4.0f} MiB, {reported['look_up']:4.0f} us of CPU for a request to the last one"
        )
    return {
        "s to read and make, by operations": {"start": starts},
        "us of CPU for a 405, by operations": {"look-up": look_ups},
    }


def one_contract(count: int) -> None:
    """Load a contract of this many operations, and call the last one.

    The figures are printed as JSON.
    """
    document = yaml.safe_load(CONTRACT_FILE.read_bytes())
    operations = sum(len(item.keys() - {"parameters"}) for item in document["paths"].values())
    for number in range(count - operations):
        copied = orjson.loads(orjson.dumps(document["paths"]["/products/{product_id}"]["get"]))
        copied["operationId"] = f"get_product_{number}"
        document["paths"][f"/more-{number}/{{product_id}}"] = {"get": copied}
    source = yaml.safe_dump(document, sort_keys=False).encode()
    before, began = _memory(), time.process_time()
    read = Contract(source)
    parsed = time.process_time()
    app = create_shop(make_settings(rate_limits=False), read, lambda _: lambda: {"status": "ok"})
    made = time.process_time()
    grown = _memory() - before
    spent = asyncio.run(_look_up(app, f"/v1/more-{count - operations - 1}/x" if count > operations else "/v1/none"))
    print(json.dumps({"read": parsed - began, "made": made - parsed, "memory": grown, "look_up": spent}))


async def _look_up(app: ASGIApp, path: str) -> float:
    client, rounds = Client(app), []
    for _ in range(5):
        began = time.process_time()
        for _ in range(300):
            await client.call("PUT", path)  # 405 at once: the path is found, and nothing else is done
        rounds.append((time.process_time() - began) / 300 * 1e6)
    return median(rounds)


def connections(folder: Path) -> Panels:
    """Measure more and more connections, to one worker and to two."""
    its = shop.fill(f"sqlite:///{folder / 'connections.db'}")
    rates: dict[str, dict[int, float]] = {}
    for workers in (1, 2):
        rates[f"{workers} worker(s)"] = its_rates = {}
        with peer.running(peer.SERVICE, its.url, folder, workers=workers) as server:
            print(f"  {workers} worker(s) at the start: {server.own_memory():.0f} MiB in all, shared ones once")
            for count in CONNECTIONS:
                found = measure(server, its, "product", seconds=2, run=new_id("run"), connections=count)
                its_rates[count] = found.rate
                print(
                    f"  {workers} worker(s) on one core, {count:2} connections: {found.rate:6.0f} requests/s, "
                    f"p50 {found.p50:6.1f} ms, p99 {found.p99:6.1f} ms, {found.cpu:5.0f} us of CPU, {found.wrong} wrong"
                )
    return {"requests/s on one core, by connections": rates}


def _memory() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


ALL = {"rows": rows, "lines": lines, "contract": contract, "connections": connections}


def main(names: list[str]) -> None:
    """Run the named measurements, and draw the figures."""
    panels: Panels = {}
    for name in names or ALL:
        print(f"{name}:")
        with TemporaryDirectory(prefix="orderly-growth-") as folder:
            panels |= ALL[name](Path(folder))
    draw_growth(panels, Path("growth.png"))


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if sys.argv[1:2] == ["one-contract"]:
        one_contract(int(sys.argv[2]))
    else:
        main(sys.argv[1:])
