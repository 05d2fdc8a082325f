"""Simultaneous orders.

Nothing is oversold and nothing is ordered twice, in every set-up.
"""

import json
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import Select, func, select

from db.events import Event
from db.products import Product
from orderly.clock import new_id
from orderly.database.database import Database
from tests.concurrency import together
from tests.e2e.shop import Headers, Shop

REFUSALS = {
    "sqlite": (
        "CREATE TRIGGER refused BEFORE INSERT ON idempotency_records BEGIN SELECT RAISE(ABORT, 'refused'); END",
        "DROP TRIGGER refused",
    ),
    "postgresql": (
        "ALTER TABLE idempotency_records ADD CONSTRAINT refused CHECK (false) NOT VALID",
        "ALTER TABLE idempotency_records DROP CONSTRAINT refused",
    ),
}


@pytest.fixture
def alice(shop: Shop) -> Headers:
    return shop.sign_in("customer")[0]


@pytest.fixture
def bob(shop: Shop) -> Headers:
    return shop.sign_in("staff")[0]


@pytest.fixture
def crowd(shop: Shop) -> list[Headers]:
    """The headers of 64 buyers."""
    return shop.sign_in(*["customer"] * 64)


@pytest.fixture
def key() -> dict[str, Any]:
    return {"Idempotency-Key": new_id("key")}


def order(client: httpx.Client, headers: dict[str, Any] | Headers, *lines: tuple[str, int]) -> httpx.Response:
    return client.post("/v1/orders", json=ordering(*lines), headers=headers)


def ordering(*lines: tuple[str, int]) -> dict[str, Any]:
    return {"lines": [{"product_id": product_id, "quantity": quantity} for product_id, quantity in lines]}


def ordered(client: httpx.Client, headers: Headers | dict[str, Any], *lines: tuple[str, int]) -> httpx.Response:
    """Place an order that must succeed; return the response."""
    response = order(client, headers, *lines)
    assert response.status_code == 201, response.text
    return response


def settled(client: httpx.Client, headers: dict[str, Any], *lines: tuple[str, int]) -> httpx.Response:
    """Place an order with a key; return the response.

    The request is repeated while another one holds the key.
    """
    response = order(client, headers, *lines)
    while response.status_code == 409 and response.json()["code"] == "idempotency_key_in_flight":
        response = order(client, headers, *lines)
    return response


def codes(responses: list[httpx.Response]) -> Counter[str | int]:
    return Counter(response.json().get("code", response.status_code) for response in responses)


def left(product_id: str) -> Select[int]:
    return select(Product.stock).where(Product.id == product_id)


def events_of(kind: str, *order_ids: str) -> Select[int]:
    return select(func.count(Event.id)).where(Event.type == f"order.{kind}", Event.subject_id.in_(order_ids))


class TestStock:
    def test_64_buyers_of_10_pieces_get_10(self, shop: Shop, client: httpx.Client, crowd: list[Headers]) -> None:
        [mug] = shop.create_products(10)
        responses = together([partial(order, client, buyer, (mug, 1)) for buyer in crowd])
        assert codes(responses) == {201: 10, "insufficient_stock": 54}
        assert shop.read(left(mug)) == 0

    def test_500_buyers_of_37_pieces_leave_none_unsold(
        self, shop: Shop, client: httpx.Client, crowd: list[Headers]
    ) -> None:
        [mug] = shop.create_products(37)
        quantities = [1 + n % 3 for n in range(500)]
        acts = [partial(order, client, crowd[n % 64], (mug, quantity)) for n, quantity in enumerate(quantities)]
        responses = together(acts)
        assert codes(responses).keys() == {201, "insufficient_stock"}
        rest, got = shop.read(left(mug)), [response.status_code == 201 for response in responses]
        assert sum(quantity for quantity, bought in zip(quantities, got, strict=True) if bought) == 37 - rest
        assert all(quantity > rest for quantity, bought in zip(quantities, got, strict=True) if not bought)

    def test_500_orders_of_two_products_in_either_order_succeed(
        self, shop: Shop, client: httpx.Client, crowd: list[Headers]
    ) -> None:
        one, other = shop.create_products(1000, 1000)
        pairs = [((one, 1), (other, 1)), ((other, 1), (one, 1))]
        acts = [partial(order, client, crowd[n % 64], *pairs[n % 2]) for n in range(500)]
        responses = together(acts)
        assert codes(responses) == {201: 500}
        assert (shop.read(left(one)), shop.read(left(other))) == (500, 500)


class TestKeys:
    def test_32_posts_with_one_key_make_one_order(
        self, shop: Shop, client: httpx.Client, alice: Headers, key: dict[str, Any]
    ) -> None:
        [mug] = shop.create_products(100)
        responses = together([partial(order, client, {**alice, **key}, (mug, 1))] * 32)
        assert codes(responses).keys() <= {201, "idempotency_key_in_flight"}
        assert len({response.content for response in responses if response.status_code == 201}) == 1
        assert order(client, {**alice, **key}, (mug, 1)).headers["Idempotency-Replayed"] == "true"
        assert shop.read(left(mug)) == 99

    def test_retry_after_a_closed_connection_orders_once(
        self, shop: Shop, client: httpx.Client, crowd: list[Headers], key: dict[str, Any]
    ) -> None:
        [mug] = shop.create_products(100)
        bought = []
        for buyer in crowd[:8]:
            send_and_hang_up(shop.service.url, {**buyer, **key}, ordering((mug, 1)))
            bought.append(settled(client, {**buyer, **key}, (mug, 1)))
        assert codes(bought) == {201: 8}
        assert len({response.json()["id"] for response in bought}) == 8
        assert shop.read(left(mug)) == 92

    def test_order_without_its_idempotency_record_is_rolled_back(
        self, shop: Shop, client: httpx.Client, alice: Headers, key: dict[str, Any]
    ) -> None:
        [mug] = shop.create_products(10)
        with keeping_refused(shop.database):
            response = order(client, {**alice, **key}, (mug, 1))
        assert (response.status_code, shop.read(left(mug))) == (500, 10)
        again = ordered(client, {**alice, **key}, (mug, 1))
        assert "Idempotency-Replayed" not in again.headers
        assert shop.read(left(mug)) == 9

    def test_same_key_of_another_user_is_independent(
        self, shop: Shop, client: httpx.Client, alice: Headers, key: dict[str, Any]
    ) -> None:
        [charlie], [mug] = shop.sign_in("customer"), shop.create_products(10)
        hers, his = (ordered(client, {**headers, **key}, (mug, 1)) for headers in (alice, charlie))
        assert "Idempotency-Replayed" not in his.headers
        assert his.json()["id"] != hers.json()["id"]
        assert shop.read(left(mug)) == 8


class TestStates:
    def test_20_patches_with_one_etag_are_one_change(self, shop: Shop, client: httpx.Client, alice: Headers) -> None:
        made = ordered(client, alice, (shop.create_products(10)[0], 1))
        change = partial(client.patch, made.headers["Location"], headers={**alice, "If-Match": made.headers["ETag"]})
        responses = together([partial(change, json={"note": f"Note {n}"}) for n in range(20)])
        assert codes(responses) == {200: 1, "precondition_failed": 19}
        assert shop.read(events_of("updated", made.json()["id"])) == 1

    def test_20_cancellations_restock_once(
        self, shop: Shop, client: httpx.Client, alice: Headers, bob: Headers
    ) -> None:
        [mug] = shop.create_products(10)
        made = ordered(client, alice, (mug, 4))
        cancel = partial(client.post, f"{made.headers['Location']}/cancel")
        responses = together([partial(cancel, headers=headers) for headers in [alice, bob] * 10])
        assert codes(responses) == {200: 20}
        assert len({response.content for response in responses}) == 1
        assert shop.read(events_of("cancelled", made.json()["id"])) == 1
        assert shop.read(left(mug)) == 10

    def test_concurrent_transitions_leave_one_legal_state(
        self, shop: Shop, client: httpx.Client, alice: Headers, bob: Headers
    ) -> None:
        [mug] = shop.create_products(600)
        made = together([partial(ordered, client, alice, (mug, 2))] * 300, crowd=6)
        rivals = [(cancel, alice), (pay, bob), (fulfil, bob)]
        turns = [rivals, rivals[1:] + rivals[:1]]  # each is the first to come at every other order
        acts = [
            partial(act, client, headers, response) for n, response in enumerate(made) for act, headers in turns[n % 2]
        ]
        assert codes(together(acts, crowd=6)).keys() == {200, "invalid_transition"}
        ids = [response.json()["id"] for response in made]
        cancelled = shop.read(events_of("cancelled", *ids))  # reading checks that each history is a legal one
        assert 0 < cancelled < 300
        assert cancelled + shop.read(events_of("paid", *ids)) == 300
        assert shop.read(left(mug)) == 2 * cancelled


def cancel(client: httpx.Client, headers: dict[str, str], made: httpx.Response) -> httpx.Response:
    return client.post(f"{made.headers['Location']}/cancel", headers=headers)


def pay(client: httpx.Client, headers: Headers, made: httpx.Response) -> httpx.Response:
    reference = f"bank-{made.json()['id']}"
    return client.post(f"{made.headers['Location']}/pay", json={"reference": reference}, headers=headers)


def fulfil(client: httpx.Client, headers: Headers, made: httpx.Response) -> httpx.Response:
    return client.post(f"{made.headers['Location']}/fulfil", json={}, headers=headers)


@contextmanager
def keeping_refused(database: Database) -> Iterator[None]:
    """Make the table of idempotency records reject inserts.

    SQLite does so by a trigger, PostgreSQL by a constraint that is never true.
    """
    begin, end = REFUSALS[database.url.get_backend_name()]
    execute(database, begin)
    try:
        yield
    finally:
        execute(database, end)


def execute(database: Database, statement: str) -> None:
    with database.connect() as connection, connection.begin():
        connection.exec_driver_sql(statement)


def send_and_hang_up(url: str, headers: dict[str, Any], body: dict[str, Any]) -> None:
    content = json.dumps(body).encode()
    given = {"Host": "shop.test", "Content-Type": "application/json", "Content-Length": str(len(content)), **headers}
    lines = ["POST /v1/orders HTTP/1.1", *(f"{name}: {value}" for name, value in given.items()), "", ""]
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) as connection:
        connection.sendall("\r\n".join(lines).encode() + content)
