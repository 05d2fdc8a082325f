"""Every value of the contract's enums, and every list."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from db.events import TYPES
from orderly.contract.operation import Operation
from orderly.database.database import Database
from tests.asgi import Client
from tests.shop.application import CONTRACT
from tests.shop.contract.scenarios import EXAMPLES, example_hash
from tests.shop.factories import PAST, make_adjustment, make_caller, make_key, make_order, make_product, make_session

SETTLES_WITHIN = 30
"""Seconds. The feed waits for every transaction of the server, those of other tests too."""
ANY = {"If-Match": "*"}
SCHEMAS = CONTRACT.document["components"]["schemas"]


@pytest.fixture
def carol(sign_in: Callable[..., Client]) -> Client:
    return sign_in("carol")


def order_by(client: Client, product_id: str) -> str:
    lines = [{"product_id": product_id, "quantity": 1}]
    return client.post("/v1/orders", {"lines": lines}).headers["location"]


@pytest.fixture
def everything(carol: Client, sign_in: Callable[..., Client]) -> None:
    """A shop with an event of every type."""
    alice = sign_in("alice", password_hash=example_hash())
    dave = {**EXAMPLES["UserCreateRequest"], "email": "dave@example.com"}
    account = carol.post("/v1/users", dave).headers["location"]
    product = carol.post("/v1/products", EXAMPLES["ProductCreateRequest"])
    mug = product.headers["location"]
    bought, dropped = (order_by(alice, product.json["id"]) for _ in range(2))
    responses = [
        carol.patch(mug, EXAMPLES["ProductPriceUpdateRequest"], ANY),
        carol.post(f"{mug}/stock-adjustments", EXAMPLES["StockAdjustmentCreateRequest"]),
        carol.delete(mug, ANY),
        alice.patch(bought, {"note": "Ring twice."}, ANY),
        carol.post(f"{bought}/pay", EXAMPLES["OrderPaymentRequest"]),
        carol.post(f"{bought}/fulfil", EXAMPLES["OrderFulfilmentRequest"]),
        carol.post(f"{bought}/refund", {}),
        alice.post(f"{dropped}/cancel"),
        carol.patch(account, {"name": "Dave"}, ANY),
        carol.post(f"{account}/disable"),
        carol.post(f"{account}/enable"),
        alice.delete("/v1/me"),
    ]
    assert {response.status for response in responses} == {200, 201, 204}


def test_each_event_type_occurs_and_can_be_filtered(everything: None, carol: Client) -> None:
    deadline = time.monotonic() + SETTLES_WITHIN
    while not carol.get("/v1/events?type=user.erased").json["data"] and time.monotonic() < deadline:
        time.sleep(0.01)
    pages = {each: carol.get(f"/v1/events?type={each}").json["data"] for each in TYPES}
    assert {each: {event["type"] for event in page} for each, page in pages.items()} == {each: {each} for each in TYPES}


def test_orders_can_be_filtered_by_each_status(carol: Client, database: Database) -> None:
    with database.writing() as session:
        made = {each: make_order(session, make_caller(carol.user), status=each).id for each in PAST}
        session.commit()
    found = {each: [order["id"] for order in carol.get(f"/v1/orders?status={each}").json["data"]] for each in PAST}
    assert found == {each: [order_id] for each, order_id in made.items()}
    assert PAST.keys() == set(SCHEMAS["OrderStatus"]["enum"])


@pytest.mark.parametrize("status", SCHEMAS["UserStatus"]["enum"])
def test_accounts_can_be_filtered_by_each_status(status: Any, carol: Client, sign_in: Callable[..., Client]) -> None:
    assert carol.post(f"/v1/users/{sign_in('alice').user.id}/disable").status == 200
    found = carol.get(f"/v1/users?status={status}").json["data"]
    assert [user["name"] for user in found] == [{"active": "Carol", "disabled": "Alice"}[status]]


def test_an_administrator_can_give_a_key_every_scope(carol: Client) -> None:
    made = carol.post("/v1/api-keys", {"name": "all", "scopes": SCHEMAS["Scope"]["enum"]})
    assert (made.status, made.json["scopes"]) == (201, sorted(SCHEMAS["Scope"]["enum"]))
    assert set(SCHEMAS["Scope"]["enum"]) == set().union(*CONTRACT.roles.values())


@pytest.fixture
def two_of_each(carol: Client, database: Database) -> str:
    """The id of a product, with two rows in each list."""
    with database.writing() as session:
        for _ in range(2):
            product = make_product(session)
            make_adjustment(session, product)
            make_session(session, carol.user)
            make_key(session, carol.user)
            make_order(session, make_caller(carol.user))
        session.commit()
    return product.id


LISTS = [o for o in CONTRACT.operations if any(p.name == "cursor" for p in o.parameters)]


@pytest.mark.parametrize("operation", LISTS, ids=lambda operation: operation.operation_id)
def test_every_list_has_pages(operation: Operation, carol: Client, two_of_each: str) -> None:
    target = CONTRACT.base_path + operation.path.format(product_id=two_of_each)

    first = carol.get(f"{target}?limit=1")
    second = carol.get(first.headers["link"][1:].partition(">")[0])

    assert [len(page.json["data"]) for page in (first, second)] == [1, 1]
    assert first.json["data"] != second.json["data"]
