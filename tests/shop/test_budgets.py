"""Budgets of requests: statements, function calls and memory.

A change that needs more raises the budget here, in the same commit, where a reviewer sees it. One that needs less
lowers it.
"""

import asyncio
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, insert
from structlog.testing import capture_logs

from db import catalogue
from db.products import Product
from orderly.clock import new_id
from orderly.database.database import Database
from orderly.pipeline.thread_pool import WorkerPool
from orderly.validation import schemas
from tests.asgi import Client
from tests.shop.factories import make_caller, make_order, make_product
from tests.statements import listen

STATEMENTS = {
    "GET /v1/health/live": 0,
    "GET /v1/products": 1,
    "GET /v1/products/{product}": 1,
    "GET /v1/me": 2,
    "GET /v1/me/sessions": 2,
    "GET /v1/orders": 3,
    "GET /v1/orders/{order}": 3,
    "POST /v1/orders": 7,
    "POST /v1/orders invalid": 1,
}
"""SQL statements of a request, BEGIN and COMMIT excepted: the same on both databases."""
CALLS = {
    "GET /v1/health/live": 230,
    "GET /v1/products/{product}": 415,
    "GET /v1/products": 635,
    "POST /v1/orders": 1600,
}
"""Calls of Python functions in a request, ours and the libraries', on SQLite."""
PAGE_OF_100 = 400
"""KiB that a request for 100 products allocates at its highest."""


@dataclass
class Shopper:
    """A client with a product, an order and unused idempotency keys."""

    client: Client
    product: str
    order: str
    keys: Iterator[int] = field(default_factory=count)


@pytest.fixture
def alice(sign_in: Callable[..., Client], database: Database, monkeypatch: pytest.MonkeyPatch) -> Shopper:
    """Alice with an order, served in the thread of the test."""

    async def run(_: Any, work: Any, *args: Any) -> Any:
        return work(*args)

    monkeypatch.setattr(WorkerPool, "run", run)
    client = sign_in("alice")
    with database.writing() as session:
        product = make_product(session, stock=1000)
        row = {column.key: getattr(product, column.key) for column in catalogue.COLUMNS}
        session.execute(insert(Product), [row | {"id": new_id("prd"), "sku": f"{n}", "search": ""} for n in range(101)])
        order = make_order(session, make_caller(client.user))
        session.commit()
    return Shopper(client, product.id, order.id)


def send(alice: Shopper, what: str) -> None:
    """Send a request as the budgets name it."""
    asyncio.run(send_async(alice, what))


async def send_async(alice: Shopper, what: str) -> None:
    """Send the request from within an event loop."""
    method, target, *invalid = what.format(product=alice.product, order=alice.order).split(" ")
    lines = [{"product_id": alice.product, "quantity": 0 if invalid else 1}]
    body, headers = (
        ({"lines": lines}, {"Idempotency-Key": f"key-{next(alice.keys)}"}) if method == "POST" else (None, {})
    )
    response = await alice.client.call(method, target, body, headers)
    assert response.status == (400 if invalid else 201 if body else 200), response


def calls_of(alice: Shopper, what: str) -> int:
    """Return the number of Python functions that a request calls."""
    calls = 0

    def hear(_frame: Any, kind: Any, _argument: Any) -> None:
        nonlocal calls
        calls += kind == "call"

    async def counted() -> None:
        with capture_logs():  # how a line looks on a terminal is not counted
            sys.setprofile(hear)
            try:
                await send_async(alice, what)
            finally:
                sys.setprofile(None)

    asyncio.run(counted())
    return calls


@pytest.mark.parametrize("what", STATEMENTS)
def test_a_request_takes_no_more_statements_than_before(alice: Shopper, what: str) -> None:
    send(alice, what)
    with listen(Engine) as statements:
        send(alice, what)
    budget = STATEMENTS[what]
    sent = "\n".join(statement for statement, _ in statements)
    assert len(statements) == budget, f"{what}: {budget} statements before, {len(statements)} now:\n{sent}"


@pytest.mark.parametrize("migrated", ["sqlite"], indirect=True)
@pytest.mark.parametrize("what", CALLS)
def test_a_request_calls_no_more_functions_than_before(alice: Shopper, what: str) -> None:
    for _ in range(3):
        send(alice, what)
    calls = min(calls_of(alice, what) for _ in range(3))
    assert calls <= CALLS[what], f"{what}: {CALLS[what]} calls before, {calls} now"


@pytest.mark.parametrize("migrated", ["sqlite"], indirect=True)
def test_no_validator_is_compiled_in_a_request(alice: Shopper, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []
    monkeypatch.setattr(schemas, "compile_schema", lambda *_: compiled.append(1))
    for what in STATEMENTS:
        send(alice, what)
    assert not compiled


@pytest.mark.parametrize("migrated", ["sqlite"], indirect=True)
def test_a_page_allocates_no_more_than_before(alice: Shopper) -> None:
    for _ in range(3):
        alice.client.get("/v1/products?limit=100")
    tracemalloc.start()
    try:
        alice.client.get("/v1/products?limit=100")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak / 1024 <= PAGE_OF_100, f"a page of 100: {PAGE_OF_100} KiB before, {peak / 1024:.0f} now"
