"""Two hundred orders, ten at a time, over a bad line."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

from orderly_client import resume
from orderly_client.api.orders import create_order
from orderly_client.models import Order, OrderCreate, OrderLineCreate, Tokens

given = json.loads(sys.argv[1])
alice = resume(given["url"], Tokens.from_dict(given["tokens"][0]))


def order(_: int) -> Order:
    """One order of one piece."""
    return create_order.sync(client=alice, body=OrderCreate(lines=[OrderLineCreate(given["product_id"], 1)]))


with ThreadPoolExecutor(10) as threads:
    orders = list(threads.map(order, range(200)))
assert len({order.id for order in orders}) == 200
