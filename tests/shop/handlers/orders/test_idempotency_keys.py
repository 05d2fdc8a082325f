"""Repeated orders; the engine's tests prove Idempotency-Key for any operation."""

from collections.abc import Callable
from typing import Any

from db.events import Event
from db.orders import Order
from tests.asgi import Client
from tests.shop.handlers.orders.conftest import KEY, wanting


class TestIdempotencyKeys:
    def test_a_repeated_order_buys_once(
        self,
        alice: Client,
        create_product: Callable[..., str],
        stock_of: Callable[[str], Any],
        count_rows: Callable[..., Any],
    ) -> None:
        mug = create_product()

        first, second = (alice.post("/v1/orders", wanting((mug, 2)), KEY) for _ in range(2))

        assert second.json == first.json
        assert stock_of(mug) == 8
        assert count_rows(Order.id) == count_rows(Event.id, Event.type == "order.created") == 1

    def test_an_order_that_was_short_of_stock_may_be_repeated(
        self, alice: Client, bob: Client, create_product: Callable[..., str]
    ) -> None:
        mug = create_product(stock=0)
        assert alice.post("/v1/orders", wanting((mug, 2)), KEY).code == "insufficient_stock"

        bob.post(f"/v1/products/{mug}/stock-adjustments", {"delta": 5, "reason": "delivery"})

        assert alice.post("/v1/orders", wanting((mug, 2)), KEY).status == 201

    def test_a_key_of_one_path_is_not_one_of_another(self, bob: Client, order: str) -> None:
        assert bob.post(f"{order}/pay", {"reference": "bank-1"}, KEY).status == 200

        assert bob.post(f"{order}/fulfil", {}, KEY).code == "idempotency_key_reused"
