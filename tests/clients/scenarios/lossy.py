"""Two hundred orders through a faulty proxy, from threads and tasks."""

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor

from orderly_client import resume
from orderly_client.api.orders import create_order
from orderly_client.models import Order, OrderCreate, OrderLineCreate, Tokens

args = json.loads(sys.argv[1])
alice = resume(args["url"], Tokens.from_dict(args["tokens"][0]))


def order(_: int) -> Order:
    """Order one item."""
    return create_order.sync(client=alice, body=OrderCreate(lines=[OrderLineCreate(args["product_id"], 1)]))


async def buy() -> list[Order]:
    """Order ten times in sequence."""
    body = OrderCreate(lines=[OrderLineCreate(args["product_id"], 1)])
    return [await create_order.asyncio(client=alice, body=body) for _ in range(10)]


async def buy_together() -> list[list[Order]]:
    """Order a hundred times from ten tasks."""
    return await asyncio.gather(*(buy() for _ in range(10)))


with ThreadPoolExecutor(10) as threads:
    orders = list(threads.map(order, range(100)))
orders += [order for bought in asyncio.run(buy_together()) for order in bought]
assert len({order.id for order in orders}) == 200
