"""The ledger of the stock."""

from collections.abc import Callable

from db.products import MAX_STOCK, Product
from db.stock_ledger import StockAdjustment
from orderly.database.database import Database
from tests.asgi import Client
from tests.shop.handlers.products.conftest import count_rows


class TestStockAdjustments:
    def test_adjustments_add_up_to_the_stock(
        self, bob: Client, client: Client, create_product: Callable[..., Product]
    ) -> None:
        product = create_product()
        target = f"/v1/products/{product.id}/stock-adjustments"
        for delta, reason in ((5, "delivery"), (-3, "broken")):
            made = bob.post(target, {"delta": delta, "reason": reason})
            assert (made.status, made.json["user_id"], made.json["delta"]) == (201, bob.user.id, delta)
        listed = bob.get(target).json["data"]
        assert [(e["delta"], e["reason"]) for e in listed] == [(-3, "broken"), (5, "delivery"), (10, "initial stock")]
        assert client.get(f"/v1/products/{product.id}").json["stock"] == 12

    def test_the_stock_has_a_minimum_and_a_maximum(
        self, bob: Client, client: Client, create_product: Callable[..., Product], database: Database
    ) -> None:
        product = create_product(stock=MAX_STOCK - 1)
        target = f"/v1/products/{product.id}/stock-adjustments"
        assert bob.post(target, {"delta": -MAX_STOCK, "reason": "fire"}).code == "insufficient_stock"
        assert bob.post(target, {"delta": 2, "reason": "delivery"}).code == "stock_limit"
        assert bob.post(target, {"delta": 1 - MAX_STOCK, "reason": "fire"}).status == 201
        assert bob.post(target, {"delta": MAX_STOCK, "reason": "delivery"}).status == 201
        assert (client.get(f"/v1/products/{product.id}").json["stock"], count_rows(database, StockAdjustment.id)) == (
            MAX_STOCK,
            3,
        )
