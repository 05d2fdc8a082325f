"""The slowest of 64 simultaneous orders for 10 pieces, by set-up.

Needs PostgreSQL as the tests do. Run it from the root: python -W ignore -m benchmarks.crowd
"""

import sys
from collections import Counter
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import httpx

from tests.concurrency import CROWD, together
from tests.e2e.shop import SET_UPS, Headers, Shop, open_shop

ROUNDS = 5
WITHIN = 3.0
"""Seconds that the slowest buyer may wait."""


def buy(client: httpx.Client, buyer: Headers, product_id: str) -> tuple[int, float]:
    """Return the status of an order, and its seconds."""
    begin = perf_counter()
    body = {"lines": [{"product_id": product_id, "quantity": 1}]}
    response = client.post("/v1/orders", json=body, headers=buyer)
    return response.status_code, perf_counter() - begin


def crowd(shop: Shop) -> list[tuple[int, float]]:
    """Run one crowd on new connections."""
    buyers, [product_id] = shop.sign_in(*["customer"] * CROWD), shop.create_products(10)
    with shop.client() as client:
        return together([partial(buy, client, buyer, product_id) for buyer in buyers])


def measure(set_up: str) -> float:
    """Print a set-up's figures; return the slowest response of all rounds."""
    with TemporaryDirectory() as folder, open_shop(set_up, Path(folder)) as shop:
        rounds = [crowd(shop) for _ in range(ROUNDS)]
    statuses = Counter(status for each in rounds for status, _ in each)
    slowest = [max(took for _, took in each) for each in rounds]
    print(
        f"{set_up}: {dict(statuses)}; slowest {median(slowest):.2f} s (median of {ROUNDS}), at most {max(slowest):.2f}"
    )
    return max(slowest)


def main() -> int:
    """Measure each set-up. The exit code is 1 if a response took too long."""
    slowest = max(measure(set_up) for set_up in SET_UPS)
    print(f"the slowest waited {slowest:.2f} s; {WITHIN:.0f} s are allowed")
    return int(slowest > WITHIN)


if __name__ == "__main__":
    sys.exit(main())
