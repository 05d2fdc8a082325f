"""`make bench`: the service beside its peers on the same work.

One run measures all of them; the rounds alternate between the servers.
"""

import json
import sys
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from benchmarks import peer, shop
from benchmarks.measure import Figures, measure, middle
from benchmarks.peer import Running
from benchmarks.plot import draw
from benchmarks.shop import Shop
from orderly.clock import new_id

WORK = ("health", "product", "page", "order", "invalid")
ROUNDS, SECONDS = 3, 2
STARTS, PAIRS = 5, 8
WARM_UP = 1
Pair = tuple[Running, Shop]
Table = dict[str, dict[str, Figures]]


def responses(server: Running, shop: Shop) -> dict[str, Any]:
    """Return a server's responses to each kind of work.

    Generated ids, cursors and extra members, which differ by design, are left out.
    """
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {shop.token}"}, timeout=30) as client:
        page = client.get("/v1/products?limit=20").json()
        reported = {
            "health": client.get("/v1/health/live").json(),
            "product": client.get(f"/v1/products/{shop.ids[5]}").json(),
            "page": [page["data"], page["has_more"], page["next_cursor"] is not None],
        }
        if server.peer.orders:
            lines = [{"product_id": product_id, "quantity": 2} for product_id in shop.ids[:3]]
            made = client.post("/v1/orders", json={"lines": lines}, headers={"Idempotency-Key": new_id("key")})
            order = made.json()
            line = [
                {name: each[name] for name in ("product_id", "sku", "quantity", "unit_price")}
                for each in order["lines"]
            ]
            reported["order"] = [made.status_code, order["total"], order["status"], line]
            reported["invalid"] = client.post("/v1/orders", json={"lines": [{"product_id": "x"}]}).status_code in (
                400,
                422,
            )
    return reported


def check_equal(servers: list[Pair]) -> None:
    """Exit unless all servers return the same."""
    expected = responses(*servers[0])
    for server, its in servers[1:]:
        reported = responses(server, its)
        for work, response in reported.items():
            if response != expected[work]:
                raise SystemExit(f"{server.peer.name} responds to {work} differently:\n{response}\n{expected[work]}")


def compare(servers: list[Pair], work: tuple[str, ...], label: str = "") -> Table:
    """Measure all servers on all kinds of work, alternately."""
    found: dict[str, dict[str, list[Figures]]] = defaultdict(lambda: defaultdict(list))
    for number in range(ROUNDS):
        for kind in work:
            for server, its in servers:
                if kind in ("order", "invalid") and not server.peer.orders:
                    continue
                if number == 0:
                    measure(server, its, kind, seconds=WARM_UP, run=new_id("warm"))
                figures = measure(server, its, kind, seconds=SECONDS, run=new_id("run"))
                found[kind + label][server.peer.name].append(figures)
    return {kind: {name: middle(each) for name, each in of.items()} for kind, of in found.items()}


def report(table: Table) -> None:
    """Print the figures, with the rate as a multiple of FastAPI's."""
    for work, of in table.items():
        print(f"\n{work:26}  requests/s     p50 ms     p99 ms   CPU us  x FastAPI (CPU)  wrong")
        base = of["FastAPI"]
        for name, each in of.items():
            figures = f"{each.rate:10.0f} {each.p50:10.2f} {each.p99:10.1f} {each.cpu:8.0f}"
            print(f"  {name:24}  {figures} {each.rate / base.rate:10.2f} {base.cpu / each.cpu:6.2f} {each.wrong:6}")


def report_start(servers: list[Pair], folder: Path) -> None:
    """Print the start-up time and the memory of each server.

    The time ends with its first 200; the memory is that after the work.
    """
    starts: dict[str, list[float]] = defaultdict(list)
    for _ in range(STARTS):
        for server, its in servers:
            with peer.running(server.peer, its.url, folder) as begun:
                starts[server.peer.name].append(begun.start)
    print(f"\n{'':26}  first 200 (s)  worker (MiB)  all processes, shared once (MiB)")
    for server, _ in servers:
        name = server.peer.name
        print(f"  {name:24}  {median(starts[name]):13.2f}  {server.memory():12.0f}  {server.own_memory():12.0f}")


def report_check(stack: ExitStack, first: Shop, folder: Path) -> None:
    """Print the cost of response validation.

    The service is measured with it and without it, alternately.
    """
    shops = [shop.copy(first, folder / f"check-{number}.db") for number in range(2)]
    checked, unchecked = serve(stack, (peer.SERVICE, peer.UNCHECKED), shops, folder)
    print(f"\n{'response validation':26}  CPU us with it  without  ratio")
    for work in ("product", "page"):
        with_it, without = pairs(checked, unchecked, work)
        print(f"  {work:24}  {with_it:14.1f}  {without:7.1f}  {with_it / without:5.3f}")


def pairs(one: Pair, other: Pair, work: str) -> tuple[float, float]:
    """Return the CPU of two servers for a request, as medians.

    Each is measured right after the other, many times.
    """
    found: tuple[list[float], list[float]] = [], []
    for _ in range(PAIRS):
        for (server, its), figures in zip((one, other), found, strict=True):
            figures.append(measure(server, its, work, seconds=SECONDS, run=new_id("run")).cpu)
    return median(found[0][1:]), median(found[1][1:])  # the first warms up


def serve(stack: ExitStack, peers: tuple[peer.Peer, ...], shops: list[Shop], folder: Path) -> list[Pair]:
    """Start each peer on a shop of its own."""
    return [
        (stack.enter_context(peer.running(each, its.url, folder)), its) for each, its in zip(peers, shops, strict=True)
    ]


def on_sqlite(folder: Path) -> Table:
    """Measure everything on SQLite."""
    first = shop.fill(f"sqlite:///{folder / 'shop.db'}")
    shops = [shop.copy(first, folder / f"{number}.db") for number in range(len(peer.ALL))]
    with ExitStack() as stack:
        servers = serve(stack, peer.ALL, shops, folder)
        check_equal(servers)
        table = compare(servers, WORK)
        report(table)
        report_start(servers, folder)
    with ExitStack() as stack:
        report_check(stack, first, folder)
    return table


def on_postgresql(folder: Path) -> Table:
    """Measure the order again, on PostgreSQL."""
    peers = tuple(each for each in peer.ALL if each.orders)
    with ExitStack() as stack:
        shops = [stack.enter_context(shop.on_postgresql(new_id("orderly_bench"))) for _ in peers]
        servers = serve(stack, peers, shops, folder)
        table = compare(servers, ("order",), ", PostgreSQL")
        report(table)
    return table


def main(plot: Path) -> None:
    """Run all, and draw the figures."""
    began = time.monotonic()
    with TemporaryDirectory(prefix="orderly-bench-") as name:
        table = on_sqlite(Path(name)) | on_postgresql(Path(name))
    draw(table, plot)
    print(
        f"\n{ROUNDS} rounds of {SECONDS} s each, medians; the plot is {plot}; {time.monotonic() - began:.0f} s in all"
    )
    print(json.dumps({work: {name: round(each.rate) for name, each in of.items()} for work, of in table.items()}))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "bench.png"))
