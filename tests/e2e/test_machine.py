"""Random sequences of requests against a model of the shop.

The service responds by the rules, and its invariants hold after every step.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, initialize, invariant, multiple, rule
from hypothesis.stateful import run_state_machine_as_test as run
from sqlalchemy import select

from db.events import Event
from db.orders import Order
from db.products import Product
from orderly.clock import new_id
from tests.e2e.shop import Headers, Shop
from tests.requirements import needing_postgresql
from tests.shop import invariants
from tests.shop.conftest import empty

BOUNDED = settings(max_examples=20, stateful_step_count=30, deadline=None, database=None, phases=[Phase.generate])
"""Failures are reported without shrinking, which takes minutes at a served shop."""


@dataclass
class Buyer:
    """A user that orders until an admin disables the account."""

    headers: Headers
    id: str
    disabled: bool = False


@dataclass
class Thing:
    """A product as it should be."""

    path: str
    id: str
    stock: int
    price: int
    archived: bool = False


@dataclass
class Bought:
    """An order as it should be, and how it was made."""

    path: str
    id: str
    buyer: Buyer
    repeat: partial[httpx.Response]
    response: bytes
    ordered: Counter[str]
    total: int
    status: str = "pending"


@dataclass
class Expected:
    """The expected content of the database."""

    things: list[Thing] = field(default_factory=list)
    orders: list[Bought] = field(default_factory=list)
    events: Counter[tuple[str, str]] = field(default_factory=Counter)


class Life(RuleBasedStateMachine):
    """Buyers, bob and carol, each doing what comes into their mind."""

    buyers, things, orders = Bundle("buyers"), Bundle("things"), Bundle("orders")
    quantities = st.integers(1, 4)

    def __init__(self, shop: Shop, client: httpx.Client) -> None:
        super().__init__()
        empty(shop.database)
        self.shop, self.client = shop, client
        self.bob, self.carol = shop.sign_in("staff", "admin")
        self.expected = Expected()

    def call(
        self, method: str, path: str, caller: Headers, body: dict[str, Any] | None = None, **headers: Any
    ) -> httpx.Response:
        return self.client.request(method, path, json=body, headers={**caller, **headers})

    def recorded(self, kind: str, subject: Any) -> None:
        self.expected.events[kind, subject.id] += 1

    @initialize(target=buyers)
    def user_signs_up(self) -> MultipleResults[Any]:
        return self.another_user_signs_up()

    @rule(target=buyers)
    def another_user_signs_up(self) -> Buyer:
        [headers] = self.shop.sign_in("customer")
        return Buyer(headers, self.call("GET", "/v1/me", headers).json()["id"])

    @initialize(target=things, stock=st.integers(0, 10))
    def something_is_sold(self, stock: int) -> MultipleResults[Any]:
        return self.something_else_is_sold(stock, 250)

    @rule(target=things, stock=st.integers(0, 10), price=st.integers(1, 1000))
    def something_else_is_sold(self, stock: int, price: int) -> Thing:
        body = {"sku": new_id("sku"), "name": "Mug", "price": {"amount": price, "currency": "EUR"}, "stock": stock}
        made = expect(201, self.call("POST", "/v1/products", self.bob, body))
        self.expected.things.append(Thing(made.headers["Location"], made.json()["id"], stock, price))
        self.recorded("product.created", self.expected.things[-1])
        return self.expected.things[-1]

    @rule(thing=things, price=st.integers(1, 1000))
    def bob_asks_for_another_price(self, thing: Any, price: Any) -> None:
        body = {"price": {"amount": price, "currency": "EUR"}}
        response = self.call("PATCH", thing.path, self.bob, body, **{"If-Match": "*"})
        if thing.archived:
            expect("not_found", response)
            return
        expect(200, response)
        if price != thing.price:
            self.recorded("product.updated", thing)
        thing.price = price

    @rule(thing=things, delta=st.integers(-6, 6).filter(bool))
    def bob_adjusts_a_stock(self, thing: Any, delta: Any) -> None:
        response = self.call("POST", f"{thing.path}/stock-adjustments", self.bob, {"delta": delta, "reason": "counted"})
        if thing.archived or thing.stock + delta < 0:
            expect("not_found" if thing.archived else "insufficient_stock", response)
            return
        expect(201, response)
        thing.stock += delta
        self.recorded("stock.adjusted", thing)

    @rule(thing=things)
    def bob_archives(self, thing: Any) -> None:
        response = self.call("DELETE", thing.path, self.bob, None, **{"If-Match": "*"})
        if thing.archived:
            expect("not_found", response)
            return
        expect(204, response)
        thing.archived = True
        self.recorded("product.archived", thing)

    @rule(buyer=buyers)
    def carol_disables(self, buyer: Any) -> None:
        expect(200, self.call("POST", f"/v1/users/{buyer.id}/disable", self.carol))
        if not buyer.disabled:
            self.recorded("user.disabled", buyer)
        buyer.disabled = True

    @rule(target=orders, buyer=buyers, lines=st.lists(st.tuples(things, quantities), min_size=1, max_size=3))
    def user_orders(self, buyer: Any, lines: Any) -> MultipleResults[Any] | Bought:
        body = {"lines": [{"product_id": thing.id, "quantity": quantity} for thing, quantity in lines]}
        repeat = partial(self.call, "POST", "/v1/orders", buyer.headers, body, **{"Idempotency-Key": new_id("key")})
        ordered = merged(lines)
        outcome, response = self.outcome_of(buyer, ordered), repeat()
        expect(outcome, response)
        if outcome != 201:
            return multiple()
        self.take(ordered, -1)
        total = sum(thing.price * quantity for thing, quantity in lines)
        made = response.headers["Location"], response.json()["id"]
        self.expected.orders.append(Bought(*made, buyer, repeat, response.content, ordered, total))
        self.recorded("order.created", self.expected.orders[-1])
        return self.expected.orders[-1]

    def outcome_of(self, buyer: Any, ordered: Counter[str]) -> str | int:
        things = {thing.id: thing for thing in self.expected.things}
        if buyer.disabled:
            return "invalid_token"
        if any(things[id_].archived for id_ in ordered):
            return "product_unavailable"
        return "insufficient_stock" if any(things[id_].stock < n for id_, n in ordered.items()) else 201

    def take(self, ordered: Counter[str], sign: int = 1) -> None:
        for thing in self.expected.things:
            thing.stock += sign * ordered[thing.id]

    @rule(order=orders)
    def user_repeats_order(self, order: Any) -> None:
        again = order.repeat()
        if order.buyer.disabled:
            expect("invalid_token", again)
            return
        expect(201, again)
        assert (again.content, again.headers["Idempotency-Replayed"]) == (order.response, "true")

    @rule(order=orders, by_bob=st.booleans())
    def user_cancels(self, order: Any, by_bob: Any) -> None:
        caller = self.bob if by_bob else order.buyer.headers
        response = self.call("POST", f"{order.path}/cancel", caller)
        if order.buyer.disabled and not by_bob:
            expect("invalid_token", response)
        elif order.status == "cancelled":
            expect(200, response)
        elif self.moves(order, response, "cancelled", {"pending"}):
            self.take(order.ordered)

    @rule(order=orders, times=st.integers(1, 2))
    def bob_notes_a_payment(self, order: Any, times: Any) -> None:
        response = self.times(times, f"{order.path}/pay", self.bob, {"reference": order.id})
        self.moves(order, response, "paid", {"pending"})

    @rule(order=orders, times=st.integers(1, 2))
    def bob_sends(self, order: Any, times: Any) -> None:
        self.moves(order, self.times(times, f"{order.path}/fulfil", self.bob, {}), "fulfilled", {"paid"})

    @rule(order=orders, times=st.integers(1, 2), more=st.sampled_from([-1, 0, 1]), restock=st.booleans())
    def carol_gives_money_back(self, order: Any, times: Any, more: Any, restock: Any) -> None:
        body = {"amount": order.total + more or 1, "restock": restock}
        response = self.times(times, f"{order.path}/refund", self.carol, body)
        if order.status in ("paid", "fulfilled") and body["amount"] > order.total:
            expect("refund_too_large", response)
        elif self.moves(order, response, "refunded", {"paid", "fulfilled"}) and restock:
            self.take(order.ordered)

    def times(self, times: Any, path: str, caller: Headers, body: dict[str, Any]) -> httpx.Response:
        """Repeat a request with one key; the responses are equal."""
        key = {"Idempotency-Key": new_id("key")}
        responses = [self.call("POST", path, caller, body, **key) for _ in range(times)]
        assert len({response.status_code for response in responses}) == 1
        return responses[0]

    def moves(self, order: Any, response: httpx.Response, to: str, allowed: set[Any]) -> bool:
        """Return whether the order changed its state, as the allowed states require."""
        if order.status not in allowed:
            expect("invalid_transition", response)
            return False
        expect(200, response)
        order.status = to
        self.recorded(f"order.{to}", order)
        return True

    @invariant()
    def the_books_are_right(self) -> None:
        with self.shop.database.reading() as session:
            invariants.check(session)
            stocks = {row.id: row.stock for row in session.execute(select(Product.id, Product.stock))}
            found = session.execute(select(Order.id, Order.status, Order.total_amount))
            orders = {row.id: (row.status, row.total_amount) for row in found}
            events = Counter(
                (row.type, row.subject_id) for row in session.execute(select(Event.type, Event.subject_id))
            )
        assert stocks == {thing.id: thing.stock for thing in self.expected.things}
        assert orders == {order.id: (order.status, order.total) for order in self.expected.orders}
        assert events == self.expected.events


def merged(lines: Any) -> Counter[str]:
    ordered: Counter[str] = Counter()
    for thing, quantity in lines:
        ordered[thing.id] += quantity
    return ordered


def expect(outcome: int | str, response: httpx.Response) -> httpx.Response:
    """Check a response's status, or its problem's code; return the response."""
    problem = response.headers.get("Content-Type") == "application/problem+json"
    assert (response.json()["code"] if problem else response.status_code) == outcome, response.text
    return response


@pytest.mark.parametrize("shop", ["sqlite-1", needing_postgresql("postgresql-2")], indirect=True)
def test_random_requests_keep_the_invariants(shop: Shop, client: httpx.Client) -> None:
    run(lambda: Life(shop, client), settings=BOUNDED)  # type: ignore[arg-type]  # it takes any function
