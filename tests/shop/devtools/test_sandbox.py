"""Sandbox: seeded data and deterministic time."""

import asyncio
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from orderly.contract.model import Contract
from orderly.contract.operation import Operation
from orderly.devtools.sandbox import sandbox as sandboxes
from orderly.devtools.sandbox.clock import STEP
from orderly.devtools.sandbox.devserver import create_devserver
from orderly.devtools.sandbox.sandbox import Sandbox, create_sandbox, sandbox_settings
from orderly.pipeline.handler_resolver import HandlerResolver
from orderly.times import parse_time
from tests.asgi import Client, shut_down
from tests.settings import make_settings
from tests.shop.application import APPLICATION, CONTRACT
from tests.shop.devtools.conftest import start_sandbox
from tests.shop.factories import PASSWORD

EXAMPLES = CONTRACT.document["components"]["examples"]


class TestContents:
    def test_every_role_has_a_user(self, people: dict[str, Any]) -> None:
        assert {role: person.get("/v1/me").json["role"] for role, person in people.items()} == {
            role: role for role in CONTRACT.roles
        }

    def test_users_sign_in_with_the_listed_password(self, sandbox: Sandbox, people: dict[str, Any]) -> None:
        for account in sandbox.accounts:
            body = {"email": account.email, "password": account.password}
            assert Client(sandbox.app).post("/v1/tokens", body).status == 201

    def test_examples_exist_with_their_ids(self, people: dict[str, Any]) -> None:
        shown = EXAMPLES["ProductPage"]["value"]["data"]
        assert [row["id"] for row in people["customer"].get("/v1/products").json["data"]] == [r["id"] for r in shown]
        order = EXAMPLES["OrderPage"]["value"]["data"][0]
        stored = people["customer"].get(f"/v1/orders/{order['id']}").json
        assert [line["id"] for line in stored["lines"]] == [line["id"] for line in order["lines"]]

    def test_an_order_reduces_the_stock(self, people: dict[str, Any]) -> None:
        product = people["customer"].get("/v1/products").json["data"][0]
        lines = [{"product_id": product["id"], "quantity": 1}]
        assert people["customer"].post("/v1/orders", {"lines": lines}).status == 201
        left = people["customer"].get(f"/v1/products/{product['id']}").json["stock"]
        assert left == product["stock"] - 1

    def test_reset_restores_ids_and_tokens(self, people: dict[str, Any]) -> None:
        def ids() -> list[str]:
            return [row["id"] for row in people["staff"].get("/v1/events").json["data"]]

        before = ids()
        people["staff"].post("/v1/products", {"sku": "NEW-1", "name": "New", "price": {"amount": 1, "currency": "EUR"}})
        assert ids() != before
        people["staff"].post("/sandbox/reset")
        assert ids() == before


SECRETS = re.compile(rb'"(?:access_token|refresh_token|secret|next_cursor)":"[^"]*"')
"""Members that differ also in the sandbox; a cursor is signed with a secret."""


class TestTime:
    def test_examples_have_their_times(self, people: dict[str, Any]) -> None:
        for order in EXAMPLES["OrderPage"]["value"]["data"]:
            assert people["customer"].get(f"/v1/orders/{order['id']}").json == order
        assert people["customer"].get("/v1/me").json == EXAMPLES["UserCreated"]["value"]

    def test_responses_after_a_reset_are_identical(self, people: dict[str, Any]) -> None:
        first = record(people)
        assert people["staff"].post("/sandbox/reset").status == 204
        assert record(people) == first

    def test_another_sandbox_has_the_same_times_and_ids(self, people: dict[str, Any], tmp_path: Path) -> None:
        other = start_sandbox(tmp_path)
        others = {account.role: Client(other.app).signed_in(account.token) for account in other.accounts}
        assert record(others) == record(people)
        asyncio.run(shut_down(other.app))

    def test_reading_changes_no_later_result(self, people: dict[str, Any]) -> None:
        def create() -> Any:
            sku = {"sku": "NEW-1", "name": "New", "price": {"amount": 1, "currency": "EUR"}}
            return people["staff"].post("/v1/products", sku).json

        created = create()
        people["staff"].post("/sandbox/reset")
        for path in ("/v1/products", "/docs", "/v1/nothing"):
            people["staff"].get(path)
        assert create() == created

    def test_reset_restores_rate_limits(self, tmp_path: Path) -> None:
        sandbox = create_sandbox(sandbox_settings(make_settings(rate_limits=True), tmp_path), APPLICATION)
        asyncio.run(sandbox.fill())
        limit = next(o for o in CONTRACT.operations if o.operation_id == "create_order").rate_limits[0].limit
        for _ in range(2):
            response = Client(sandbox.app).signed_in(sandbox.accounts[0].token).post("/v1/orders", {})
            assert f"r={limit - 1};" in response.headers["ratelimit"]
            assert Client(sandbox.app).post("/sandbox/reset").status == 204
        asyncio.run(shut_down(sandbox.app))

    def test_each_write_is_a_second_later(self, people: dict[str, Any]) -> None:
        def order() -> datetime:
            lines = [{"product_id": EXAMPLES["ProductCreated"]["value"]["id"], "quantity": 1}]
            return parse_time(people["customer"].post("/v1/orders", {"lines": lines}).json["created_at"])

        assert order() + STEP == order()

    def test_created_objects_have_valid_ids_in_order(self, people: dict[str, Any]) -> None:
        price = {"amount": 1, "currency": "EUR"}
        for sku in ("NEW-1", "NEW-2"):
            created = people["staff"].post("/v1/products", {"sku": sku, "name": "New", "price": price}).json
            assert people["customer"].get(f"/v1/products/{created['id']}").status == 200
        ids = [row["id"] for row in people["customer"].get("/v1/products").json["data"]]
        assert (ids[0], ids) == (created["id"], sorted(ids, reverse=True))

    def test_service_beside_a_sandbox_has_the_real_clock(
        self, people: dict[str, Any], sign_in: Callable[..., Client]
    ) -> None:
        assert abs(sign_in("alice").user.created_at - datetime.now(UTC)) < timedelta(minutes=1)


def record(people: dict[str, Any]) -> list[Any]:
    """Return the responses to a series of requests, without secrets."""
    customer, staff, admin = (people[role] for role in ("customer", "staff", "admin"))
    mug = EXAMPLES["ProductCreated"]["value"]["id"]
    responses = [
        customer.post("/v1/orders", {"lines": [{"product_id": mug, "quantity": 2}]}, {"Idempotency-Key": "k"}),
        customer.post("/v1/orders", {"lines": [{"product_id": mug, "quantity": 2}]}, {"Idempotency-Key": "k"}),
        customer.post("/v1/orders", {"lines": []}),
        customer.post("/v1/api-keys", {"name": "key", "scopes": ["orders:read"]}),
        customer.get("/v1/nothing"),
    ]
    order = responses[0].headers["location"]
    responses += [
        staff.post(f"{order}/pay", {"reference": "bank-1"}),
        staff.post(f"{order}/fulfil"),
        admin.post(f"{order}/refund", {"amount": 1}),
        admin.post(f"/v1/users/{customer.get('/v1/me').json['id']}/disable"),
        admin.post("/v1/users", {"email": "dora@example.com", "password": PASSWORD, "name": "Dora"}),
        admin.post("/v1/tokens", {"email": "dora@example.com", "password": PASSWORD}),
    ]
    dora = admin.signed_in(responses[-1].json["access_token"])
    responses += [
        dora.get("/v1/me/sessions"),
        *(staff.get(f"/v1/{what}?limit=100") for what in ("orders", "products", "users", "events", "me/sessions")),
    ]
    return [(response.status, response.raw_headers, SECRETS.sub(b"", response.body)) for response in responses]


class TestInvalidExamples:
    @pytest.mark.parametrize("invalid", [None, "yesterday", 1770285600, {}], ids=str)
    def test_invalid_times_and_objects_are_not_seeded(self, tmp_path: Path, invalid: Any) -> None:
        document = deepcopy(CONTRACT.document)
        orders = document["components"]["examples"]["OrderPage"]["value"]["data"]
        orders[0]["created_at"] = orders[1]["paid_at"] = invalid
        orders.append(invalid)
        sandbox = start_sandbox(tmp_path, Contract(orjson.dumps(document)))
        seeded = Client(sandbox.app).signed_in(sandbox.accounts[0].token).get("/v1/orders").json["data"]
        assert {each["id"]: each["status"] for each in seeded} == {
            orders[0]["id"]: "pending",
            orders[1]["id"]: "pending",
            orders[2]["id"]: "fulfilled",
            orders[3]["id"]: "cancelled",
            orders[4]["id"]: "refunded",
        }
        asyncio.run(shut_down(sandbox.app))


class TestOperationWithoutHandler:
    @pytest.fixture
    def suppliers(self, tmp_path: Path) -> Iterator[dict[str, Any]]:
        """Users of a sandbox with operations without handlers."""
        document = deepcopy(CONTRACT.document)
        text = orjson.dumps(document["paths"]["/products"]).decode()
        for old, new in {"products": "suppliers", "product": "supplier"}.items():
            text = text.replace(f'_{old}"', f'_{new}"').replace(f'["{old}"]', f'["{new}"]')
        document["paths"]["/suppliers"] = orjson.loads(text)
        links = document["paths"]["/suppliers"]["post"]["responses"]["201"].pop("links")
        document["paths"]["/suppliers"]["post"]["responses"]["201"]["links"] = {"it": next(iter(links.values()))}
        for method in document["paths"]["/suppliers"].values():
            for response in method["responses"].values():
                for link in response.get("links", {}).values():
                    link["operationId"] = "get_product"
        sandbox = start_sandbox(tmp_path, Contract(orjson.dumps(document)))
        yield {account.role: Client(sandbox.app).signed_in(account.token) for account in sandbox.accounts}
        asyncio.run(shut_down(sandbox.app))

    def test_response_is_the_example(self, suppliers: dict[str, Any]) -> None:
        shown = EXAMPLES["ProductPage"]["value"]
        assert suppliers["customer"].get("/v1/suppliers").json == shown

    def test_requests_are_authorized_and_validated(self, suppliers: dict[str, Any]) -> None:
        assert suppliers["customer"].post("/v1/suppliers", {}).code == "forbidden"
        assert suppliers["staff"].post("/v1/suppliers", {}).code == "validation_error"


def test_docs_page_has_the_scripts_of_enabled_features(tmp_path: Path, sandbox: Sandbox) -> None:
    page = Client(sandbox.app).get("/docs").body.decode()
    assert ("/docs/assets/sandbox.js" in page, "/docs/assets/reload.js" in page) == (True, False)
    assert Client(sandbox.app).get("/docs/assets/sandbox.js").status == 200
    plain = create_devserver(
        make_settings(database_url=f"sqlite:///{tmp_path}/a.db"),
        application=APPLICATION,
        sandbox=False,
        reload=False,
    )
    assert "sandbox.js" not in Client(plain).get("/docs").body.decode()


class NoHandlers(HandlerResolver):
    """A resolver of an application without handlers."""

    def __init__(self) -> None:
        pass

    def handler(self, operation: Operation) -> None:
        """Return no handler."""


def test_each_response_has_its_own_copy_of_the_example() -> None:
    operation = next(o for o in CONTRACT.operations if o.operation_id == "get_order")
    handler = sandboxes.ExampleResolver(NoHandlers()).handler(operation)
    first = handler()
    expected = deepcopy(first)
    first.clear()
    assert handler() == expected
