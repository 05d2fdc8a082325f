"""The transitions of an order: cancelled, or paid, fulfilled and refunded."""

from collections.abc import Callable
from typing import Any

import pytest

from db.events import Event
from db.products import MAX_STOCK
from orderly.clock import now
from orderly.times import parse_time
from tests.asgi import Client
from tests.shop.handlers.orders.conftest import ADDRESS, ANY, pay, place


class TestCancelOrder:
    def test_the_stock_is_restored_once(
        self,
        alice: Client,
        create_product: Callable[..., str],
        stock_of: Callable[[str], Any],
        count_rows: Callable[..., Any],
    ) -> None:
        mug = create_product()
        order = place(alice, (mug, 4)).headers["location"]
        first, second = (alice.post(f"{order}/cancel") for _ in range(2))
        assert (first.status, first.json["status"], stock_of(mug)) == (200, "cancelled", 10)
        assert (second.status, second.json, count_rows(Event.id, Event.type == "order.cancelled")) == (
            200,
            first.json,
            1,
        )

    @pytest.mark.parametrize("way", ["cancel", "refund"])
    def test_stock_beyond_the_maximum_is_a_conflict(
        self, carol: Client, create_product: Callable[..., str], stock_of: Callable[[str], Any], way: str
    ) -> None:
        mug = create_product()
        order = place(carol, (mug, 4)).headers["location"]
        room = MAX_STOCK - stock_of(mug)
        assert carol.post(f"/v1/products/{mug}/stock-adjustments", {"delta": room, "reason": "delivery"}).status == 201
        assert way == "cancel" or pay(carol, order).status == 200
        response = carol.post(f"{order}/{way}", {"restock": True} if way == "refund" else None)
        assert (response.status, response.code, stock_of(mug)) == (409, "stock_limit", MAX_STOCK)

    def test_a_paid_order_is_not_cancelled(self, alice: Client, bob: Client, order: str) -> None:
        pay(bob, order)
        assert alice.post(f"{order}/cancel").code == "invalid_transition"


class TestPayOrder:
    def test_a_payment_is_recorded(self, bob: Client, order: str) -> None:
        paid = pay(bob, order)
        assert (paid.status, paid.json["status"], paid.json["payment_reference"]) == (200, "paid", "bank-1")
        assert parse_time(paid.json["paid_at"]) <= now()

    def test_one_payment_pays_one_order(self, alice: Client, bob: Client, create_product: Callable[..., str]) -> None:
        first, second = (place(alice, (create_product(), 1)).headers["location"] for _ in range(2))
        assert pay(bob, first).status == 200
        assert pay(bob, second).code == "payment_reference_taken"
        assert bob.get(second).json["status"] == "pending"


class TestFulfilOrder:
    def test_a_paid_order_is_fulfilled(self, bob: Client, order: str) -> None:
        pay(bob, order)
        sent = bob.post(f"{order}/fulfil", {"tracking": "RR123456785IE"})
        assert (sent.status, sent.json["status"], sent.json["tracking"]) == (200, "fulfilled", "RR123456785IE")

    def test_the_body_may_be_left_out(self, bob: Client, order: str) -> None:
        pay(bob, order)
        sent = bob.post(f"{order}/fulfil")
        assert (sent.status, sent.json["tracking"]) == (200, None)


class TestRefundOrder:
    def test_a_refund_without_an_amount_is_of_the_total(self, bob: Client, carol: Client, order: str) -> None:
        total = pay(bob, order).json["total"]
        refunded = carol.post(f"{order}/refund")
        assert (refunded.status, refunded.json["status"], refunded.json["refunded"]) == (200, "refunded", total)

    def test_a_refund_beyond_the_total_is_a_conflict(self, bob: Client, carol: Client, order: str) -> None:
        total = pay(bob, order).json["total"]["amount"]
        assert carol.post(f"{order}/refund", {"amount": total + 1}).code == "refund_too_large"

    @pytest.mark.parametrize(("restock", "left"), [(True, 10), (False, 6)])
    def test_a_partial_refund_may_restore_the_stock(
        self,
        alice: Client,
        bob: Client,
        carol: Client,
        create_product: Callable[..., str],
        stock_of: Callable[[str], Any],
        restock: bool,
        left: int,
    ) -> None:
        mug = create_product()
        order = place(alice, (mug, 4)).headers["location"]
        pay(bob, order)
        refunded = carol.post(f"{order}/refund", {"amount": 1, "restock": restock})
        assert (refunded.json["refunded"], stock_of(mug)) == ({"amount": 1, "currency": "EUR"}, left)
        assert carol.post(f"{order}/refund", {"amount": 1}).code == "invalid_transition"


class TestArchivedProducts:
    def test_orders_of_archived_products_continue(
        self,
        alice: Client,
        bob: Client,
        carol: Client,
        create_product: Callable[..., str],
        stock_of: Callable[[str], Any],
    ) -> None:
        mug = create_product()
        orders = [place(alice, (mug, 2)).headers["location"] for _ in range(3)]
        assert bob.delete(f"/v1/products/{mug}", ANY).status == 204
        assert [alice.get(order).status for order in orders] == [200] * 3
        assert alice.post(f"{orders[0]}/cancel").status == 200
        assert [pay(bob, order, order).status for order in orders[1:]] == [200, 200]
        assert bob.post(f"{orders[1]}/fulfil").status == 200
        assert carol.post(f"{orders[2]}/refund", {"restock": True}).status == 200
        assert stock_of(mug) == 8


class TestDeleteMe:
    def test_an_account_with_open_orders_is_not_deleted(self, alice: Client, bob: Client, order: str) -> None:
        alice.patch(order, {"note": "Ring twice", "shipping_address": ADDRESS, "metadata": {"cart": "7"}}, ANY)
        assert alice.delete("/v1/me").code == "open_orders"
        pay(bob, order)
        assert alice.delete("/v1/me").code == "open_orders"
        bob.post(f"{order}/fulfil")
        assert alice.delete("/v1/me").status == 204
        left = bob.get(order).json
        assert (left["status"], left["user_id"]) == ("fulfilled", alice.user.id)
        assert (left["note"], left["shipping_address"], left["metadata"]) == (None, None, {})
